"""Searching without an index."""

from __future__ import annotations

import numpy as np
import pytest
from genesis.storage.exact_search import exact_search
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.vectors import vector_of


@given(st.lists(st.integers(0, 8), max_size=30), st.integers(0, 40))
def test_it_orders_as_sorting_everything_does(seeds: list[int], count: int) -> None:
    vectors = [(number, vector_of(seed)) for number, seed in enumerate(seeds)]
    query = np.frombuffer(vector_of(3), "<f4")
    scored = [(float(np.frombuffer(v, "<f4") @ query), n) for n, v in vectors]
    found = exact_search(list(reversed(vectors)), vector_of(3), count)
    best = sorted(scored, key=lambda row: (-round(row[0], 5), row[1]))[:count]
    assert [number for number, _ in found] == [number for _, number in best]
    assert [score for _, score in found] == pytest.approx([s for s, _ in best], abs=1e-5)


def test_equal_similarities_are_ordered_by_id_also_at_the_last_place() -> None:
    vectors = [(number, vector_of(1)) for number in (9, 4, 7, 2)]
    assert [number for number, _ in exact_search(vectors, vector_of(1), 2)] == [2, 4]


def test_a_vector_of_another_dimension_is_refused() -> None:
    with pytest.raises(ValueError, match="16 dimensions"):
        exact_search([(1, vector_of(1)), (2, vector_of(2, 8))], vector_of(1), 5)
