"""The embedder of a home: found late, loaded once, and never believed without looking."""

from __future__ import annotations

import math
import struct
import sys
import threading
from collections.abc import Callable, Sequence

import pytest
from genesis.contracts.embedders import Embedder
from genesis.errors import EmbedderError
from genesis.minds.embedding import Embedding, given_vector
from genesis.testing.embedders import DIMENSION, HASHING, hash_texts
from hypothesis import given
from hypothesis import strategies as st

LOADED: list[str] = []
ANSWERS: dict[str, object] = {}


def load_counted() -> Callable[[Sequence[str]], object]:
    LOADED.append("once")
    return lambda texts: [[3.0, 4.0] for _ in texts]


def load_odd() -> Callable[[Sequence[str]], object]:
    return lambda texts: ANSWERS["now"]


def load_raising() -> Callable[[Sequence[str]], object]:
    def embed(texts: Sequence[str]) -> object:
        raise RuntimeError("out of memory")

    return embed


def load_nothing() -> None:
    return None


def embedding(function: str, chosen: str | None = None) -> Embedding:
    sys.modules.setdefault("tests.minds.test_embedding", sys.modules[__name__])
    load = f"tests.minds.test_embedding:{function}"
    return Embedding(lambda: [Embedder(name="two", dimension=2, load=load)], chosen)


def floats(vector: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(vector) // 4}f", vector)


def test_vectors_are_little_endian_floats_of_unit_length() -> None:
    (vector,) = embedding("load_counted").embed(["text"])
    assert floats(vector) == pytest.approx((0.6, 0.8))


def test_no_text_needs_no_embedder() -> None:
    assert Embedding(list, None).embed([]) == []


def test_without_an_embedder_the_error_says_what_to_install() -> None:
    with pytest.raises(EmbedderError, match="pip install genesis-minilm"):
        Embedding(list, None).embed(["text"])


def test_an_unknown_choice_names_those_that_are_there() -> None:
    with pytest.raises(EmbedderError, match=r"'three' is not installed.*one of: two"):
        embedding("load_counted", "three").embed(["text"])


def test_the_chosen_embedder_is_used_and_otherwise_the_first() -> None:
    offered = [HASHING, Embedder(name="two", dimension=2, load="a:b")]
    assert Embedding(lambda: offered, None).name == "test-hashing"
    assert Embedding(lambda: offered, "two").dimension == 2


def test_it_is_loaded_once_by_many_threads_and_not_before_the_first_text() -> None:
    LOADED.clear()
    shared = embedding("load_counted")
    assert (shared.name, LOADED) == ("two", [])
    threads = [threading.Thread(target=shared.embed, args=(["text"],)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert LOADED == ["once"]


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ([[1.0, 0.0]], "1 x 2 numbers in place of 2 x 2"),
        ([[1.0, 0.0, 0.0]] * 2, "2 x 3 numbers"),
        ([[1.0, math.nan]] * 2, "not finite"),
        ([[1.0, math.inf]] * 2, "not finite"),
        ([[0.0, 0.0]] * 2, "zero"),
        ([[1.0], [1.0, 2.0]], "no table"),
        ("nonsense", "no table"),
        (None, "in place of"),
    ],
)
def test_what_is_no_answer_is_an_error_that_names_the_embedder(answer: object, what: str) -> None:
    ANSWERS["now"] = answer
    with pytest.raises(EmbedderError, match=what) as raised:
        embedding("load_odd").embed(["one", "two"])
    assert "embedder two" in str(raised.value)


@pytest.mark.parametrize(
    ("function", "what"),
    [
        ("load_raising", "RuntimeError: out of memory"),
        ("load_missing", "cannot be loaded"),
        ("load_nothing", "gave no function"),
    ],
)
def test_an_embedder_that_fails_is_named_with_what_it_said(function: str, what: str) -> None:
    with pytest.raises(EmbedderError, match=what):
        embedding(function).embed(["text"])


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_the_embedder_for_tests_gives_unit_vectors_of_any_text(texts: list[str]) -> None:
    for vector in hash_texts(texts):
        assert len(vector) == DIMENSION
        assert math.hypot(*vector) == pytest.approx(1)


def test_the_embedder_for_tests_finds_what_shares_words() -> None:
    cat, cats, rain = hash_texts(["the cat sleeps", "sleeping cats", "heavy rain in Porto"])
    alike = sum(a * b for a, b in zip(cat, cats, strict=True))
    assert alike > sum(a * b for a, b in zip(cat, rain, strict=True)) + 0.2


@pytest.mark.parametrize("wrong", [b"", b"abc", [], [[1.0]], ["x"], [math.nan], [0.0], 3])
def test_what_is_no_vector_of_a_caller_is_told(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"vector|array|bytes|list"):
        given_vector(wrong)


def test_a_callers_vector_may_be_a_list_bytes_or_an_array() -> None:
    import numpy as np

    expected = struct.pack("<2f", 0.6, 0.8)
    for one in ([3, 4], struct.pack("<2f", 3, 4), np.array([3.0, 4.0])):
        assert given_vector(one) == expected
