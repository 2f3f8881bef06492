"""Codes of vectors: none that is among the nearest may be left out."""

from __future__ import annotations

import numpy as np
from genesis.storage.exact_search import exact_search
from genesis.storage.vector_codes import code_length, encode, possible_nearest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.storage.vectors import vector_of

BASE = np.linspace(-1, 1, 6)
# Steps smaller than those of a code, so that codes alone would order them wrongly.
STEPS = arrays.arrays(np.int8, st.tuples(st.integers(1, 40), st.just(6)))


def unit(row: np.ndarray) -> bytes:
    return (row / np.linalg.norm(row)).astype("<f4").tobytes()


@given(STEPS, st.sampled_from([1e-5, 1e-4, 1e-2]), st.integers(1, 12), st.integers(1, 7))
def test_the_nearest_are_among_the_possible_ones_however_alike_they_are(
    steps: np.ndarray, size: float, count: int, part: int
) -> None:
    vectors = [(number, unit(BASE + row * size)) for number, row in enumerate(steps)]
    query = vectors[0][1]
    codes = [(number, encode(vector)) for number, vector in vectors]
    parts = [codes[start : start + part] for start in range(0, len(codes), part)]
    possible = possible_nearest(parts, query, count)
    assert {number for number, _ in exact_search(vectors, query, count)} <= set(possible)
    assert possible == sorted(possible)


def test_of_a_thousand_vectors_few_have_to_be_read() -> None:
    codes = [(number, encode(vector_of(number, 384))) for number in range(1000)]
    found = possible_nearest([codes], vector_of(5, 384), 10)
    assert len(found) < 40
    assert 5 in found


def test_a_code_has_a_quarter_of_the_bytes() -> None:
    assert len(encode(vector_of(1, 384))) == code_length(384) == 392


def test_nothing_is_possible_among_nothing() -> None:
    assert possible_nearest([], vector_of(1), 3) == []
