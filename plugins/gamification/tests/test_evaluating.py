"""What a record says about an agent: verdicts, strengths, weak kinds, trends, teachers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from genesis_gamification.evaluating import (
    History,
    Tally,
    evaluate,
    find_teachers,
    is_strong,
    is_weak,
    trend_of,
    verdict_of,
)
from hypothesis import given
from hypothesis import strategies as st

TALLIES = st.builds(Tally, st.integers(0, 300), st.integers(0, 300))
BEST_LAST = ["retire", "investigate", "continue", "double_down"]


@pytest.mark.parametrize(
    ("completed", "failed", "verdict"),
    [
        (0, 0, "monitor"),
        (1, 0, "continue"),
        (4, 0, "continue"),
        (5, 0, "double_down"),
        (9, 1, "double_down"),
        (89, 11, "continue"),
        (0, 4, "continue"),
        (0, 5, "investigate"),
        (2, 3, "investigate"),
        (2, 2, "continue"),
        (0, 9, "investigate"),
        # Below 30 % of 10 is below 50 % of 5 too, and a proposal to retire all the same.
        (0, 10, "retire"),
        (2, 8, "retire"),
        (3, 7, "investigate"),
        (29, 71, "retire"),
        (50, 50, "continue"),
    ],
)
def test_a_record_has_one_verdict(completed: int, failed: int, verdict: str) -> None:
    assert verdict_of(Tally(completed, failed)) == verdict


@given(TALLIES)
def test_verdicts_are_what_the_rules_say_in_exact_arithmetic(total: Tally) -> None:
    finished = total.finished
    rate = Fraction(total.completed, finished) if finished else None
    expected = "continue"
    if rate is None:
        expected = "monitor"
    elif finished >= 10 and rate < Fraction(3, 10):
        expected = "retire"
    elif finished >= 5 and rate < Fraction(1, 2):
        expected = "investigate"
    elif finished >= 5 and rate >= Fraction(9, 10):
        expected = "double_down"
    assert verdict_of(total) == expected


@given(st.integers(1, 300), st.data())
def test_a_failure_less_never_makes_a_verdict_worse(finished: int, data: st.DataObject) -> None:
    completed = data.draw(st.integers(0, finished - 1))
    before = verdict_of(Tally(completed, finished - completed))
    after = verdict_of(Tally(completed + 1, finished - completed - 1))
    assert BEST_LAST.index(after) >= BEST_LAST.index(before)


@given(st.dictionaries(st.sampled_from("abcdef"), TALLIES))
def test_an_evaluation_tells_each_kind_once_and_adds_up(kinds: dict[str, Tally]) -> None:
    history = History("ann", kinds)
    found = evaluate(history, find_teachers([history]))
    assert found.total.finished == sum(tally.finished for tally in kinds.values())
    assert not found.strengths.keys() & found.weak_kinds.keys()
    assert [*found.strengths] == sorted(found.strengths, key=lambda k: (-kinds[k].at_least, k))
    assert [*found.weak_kinds] == sorted(found.weak_kinds, key=lambda k: (kinds[k].rate, k))
    assert len(found.training) == len(found.weak_kinds)
    assert all(tally.rate >= 0.7 for tally in found.strengths.values())
    assert all(tally.rate < 0.5 for tally in found.weak_kinds.values())


@pytest.mark.parametrize(
    ("tally", "strong", "weak"),
    [
        (Tally(8, 0), False, False),
        (Tally(9, 0), True, False),
        (Tally(97, 3), True, False),
        (Tally(75, 25), False, False),
        (Tally(0, 4), False, False),
        (Tally(2, 3), False, True),
        (Tally(5, 5), False, False),
        (Tally(), False, False),
    ],
)
def test_a_strength_is_sure_and_a_weakness_has_enough_tasks(
    tally: Tally, strong: bool, weak: bool
) -> None:
    assert (is_strong(tally), is_weak(tally)) == (strong, weak)


@pytest.mark.parametrize(
    ("recent", "before", "trend"),
    [
        (Tally(6, 4), Tally(5, 5), "rising"),
        (Tally(5, 5), Tally(6, 4), "falling"),
        (Tally(59, 41), Tally(5, 5), "steady"),
        (Tally(5, 0), Tally(4, 0), "unknown"),
        (Tally(), Tally(10, 0), "unknown"),
        (Tally(0, 5), Tally(5, 0), "falling"),
    ],
)
def test_a_trend_takes_ten_points_and_five_tasks_on_both_sides(
    recent: Tally, before: Tally, trend: str
) -> None:
    assert trend_of(recent, before) == trend


@given(TALLIES, TALLIES)
def test_a_trend_looked_at_backwards_is_the_opposite(one: Tally, other: Tally) -> None:
    opposite = {"rising": "falling", "falling": "rising"}
    there = trend_of(one, other)
    assert trend_of(other, one) == opposite.get(there, there)


def test_training_names_the_last_failure_and_who_is_best_at_it() -> None:
    ann = History(
        "ann", {"deploy": Tally(1, 5), "review": Tally(9, 0)}, failed_in={"deploy": "s-7"}
    )
    bob = History("bob", {"deploy": Tally(20, 0)})
    cy = History("cy", {"deploy": Tally(9, 0)})
    teachers = find_teachers([cy, bob, ann])
    assert teachers == {"deploy": "bob", "review": "ann"}
    assert evaluate(ann, teachers).training == [
        "deploy (1 of 6): read why it failed last with `genesis sessions show s-7` and take over "
        "what bob does, the best at it"
    ]
    alone = evaluate(History("ann", {"deploy": Tally(1, 5)}), {})
    assert alone.training == ["deploy (1 of 6): correct its tools or its prompt"]
