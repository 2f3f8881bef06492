"""Two programs save one mind: neither undoes what the other changed."""

from __future__ import annotations

from copy import deepcopy

from genesis.minds.saving import merge_changes
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

leaves = st.one_of(st.none(), st.integers(0, 3), st.lists(st.integers(0, 2), max_size=2))
sections = st.recursive(
    st.dictionaries(st.sampled_from("abc"), leaves, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), st.one_of(leaves, inner), max_size=3),
    max_leaves=8,
)


@given(sections, sections)
def test_without_another_program_my_file_is_what_i_have(
    base: dict[str, JsonValue], mine: dict[str, JsonValue]
) -> None:
    assert merge_changes(base, mine, deepcopy(base)) == mine


@given(sections, sections)
def test_a_program_that_changed_nothing_changes_nothing(
    base: dict[str, JsonValue], theirs: dict[str, JsonValue]
) -> None:
    assert merge_changes(base, deepcopy(base), theirs) == theirs


@given(sections, sections)
def test_what_both_agree_on_is_taken(
    base: dict[str, JsonValue], both: dict[str, JsonValue]
) -> None:
    assert merge_changes(base, both, deepcopy(both)) == both


@given(sections)
def test_changes_of_different_keys_are_both_kept(base: dict[str, JsonValue]) -> None:
    mine, theirs = {**base, "mine": 1}, {**base, "theirs": 2}
    assert merge_changes(base, mine, theirs) == {**base, "mine": 1, "theirs": 2}


def test_the_later_save_wins_where_both_changed_one_value() -> None:
    assert merge_changes({"mood": 0}, {"mood": 1}, {"mood": 2}) == {"mood": 1}


def test_plugins_of_two_programs_keep_their_sections() -> None:
    base: dict[str, JsonValue] = {"plugins": {"one": {"n": 0}, "two": {"n": 0}, "gone": 1}}
    mine: dict[str, JsonValue] = {"plugins": {"one": {"n": 5}, "two": {"n": 0}, "gone": 1}}
    theirs: dict[str, JsonValue] = {"plugins": {"one": {"n": 0, "m": 1}, "two": {"n": 7}}}
    assert merge_changes(base, mine, theirs) == {
        "plugins": {"one": {"n": 5, "m": 1}, "two": {"n": 7}}
    }
