"""Fields of foreign rows: whatever stands in them, what comes out can be stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from genesis.clock import as_datetime, parse_time
from genesis.importing.fields import Fields, read_time, with_more
from genesis.importing.rows import Occurrences
from hypothesis import given
from hypothesis import strategies as st

ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(),
    st.lists(st.integers(), max_size=3), st.dictionaries(st.text(), st.text(), max_size=3),
    st.text(alphabet="\0\ud800\udcffa\"{}[]:,1eN"),
)  # fmt: skip


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


@given(ANYTHING)
def test_whatever_a_field_holds_the_row_can_be_stored(value: object) -> None:
    row = {"x": value}
    for text in (Fields(row).text("x") or "", with_more(Fields(row).json("x"), "more", {})):
        assert "\0" not in text
        text.encode()
    json.loads(with_more(Fields(row).json("x"), "more", Fields(row).rest()), parse_constant=refuse)
    assert 0 <= Fields(row).number("x", 0.5, 0, 1) <= 1
    assert Fields(row).count("x") >= 0
    moment = Fields(row).time("x")
    assert moment is None or parse_time(moment) == moment


@given(st.integers(631_152_000, 4_102_444_800))
def test_a_moment_is_the_same_in_every_form(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    naive = moment.replace(tzinfo=None)
    expected = parse_time(moment)
    forms = [
        seconds, seconds * 1000, seconds * 1_000_000, float(seconds), moment.isoformat(),
        moment.strftime("%Y-%m-%d %H:%M:%S"), moment.strftime("%Y-%m-%d %H:%M:%S.000000"),
    ]  # fmt: skip
    forms.append(str(seconds))
    assert {read_time(form, is_utc=True) for form in forms} == {expected}
    local = read_time(naive.isoformat(sep=" "), is_utc=False)
    assert as_datetime(local) == naive.astimezone(UTC)


@pytest.mark.parametrize(
    "value", ["", "soon", True, [1], float("nan"), float("inf"), 10**400, "99"]
)
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"time|isoformat|NaN"):
        read_time(value, is_utc=True)


def test_what_nobody_asked_for_is_kept() -> None:
    fields = Fields({"a": 1, "b": None, "c": '{"d": 2}', "e": "text"})
    fields.number("a", 0)
    assert fields.rest() == {"c": {"d": 2}, "e": "text"}
    assert fields.notes == []
    assert Fields({"e": "text"}).json("e") == "text"


@given(st.lists(st.sampled_from(["a", "b"])))
def test_equal_entries_have_names_of_their_own_that_do_not_change(entries: list[str]) -> None:
    names = Occurrences()
    first = [names.name([entry]) for entry in entries]
    assert len(set(first)) == len(entries)
    again = Occurrences()
    assert [again.name([entry]) for entry in [*entries, "a"]][: len(entries)] == first
