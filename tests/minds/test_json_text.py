"""JSON that is read is an object, and JSON that is written reads as the same."""

from __future__ import annotations

import json

import pytest
from genesis.minds.json_text import check_values, format_object, parse_object
from hypothesis import given
from hypothesis import strategies as st

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode()))
def test_any_bytes_are_an_object_or_an_explained_error(data: bytes) -> None:
    try:
        found: object = parse_object(data)
    except ValueError as error:
        found = str(error)
    assert isinstance(found, dict) or str(found).startswith(("it ", "the key "))


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_what_passes_the_check_is_read_as_it_was_written(value: dict[str, object]) -> None:
    try:
        check_values(value)
    except ValueError:
        assert any(word in json.dumps(value) for word in ("NaN", "Infinity"))
        return
    assert json.dumps(parse_object(format_object(value))) == json.dumps(value)


@pytest.mark.parametrize("value", [float("nan"), b"", {1: 2}, {"a": [set()]}])
def test_a_value_without_a_name_is_refused_in_a_whole_sentence(value: object) -> None:
    with pytest.raises(ValueError, match=r"^(it|a\[0\]) (is|has) "):
        check_values(value)
