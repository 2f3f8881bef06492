"""Streaks against a slow simulation that walks through every day of the calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from genesis_gamification.streaks import MOST_FREEZES, Streak, StreakRules, count_task
from hypothesis import given
from hypothesis import strategies as st

REST = StreakRules()
BREAK = StreakRules(idle_days="break")
MONDAY = date(2026, 3, 2)
Finished = Sequence[tuple[date, bool]]


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def fold(finished: Finished, rules: StreakRules = REST) -> Streak:
    streak = Streak()
    for when, completed in finished:
        count_task(streak, when.isoformat(), completed, rules)
    return streak


def letters(text: str, rules: StreakRules = REST) -> Streak:
    """A day a letter, from a Monday on: c completed, f failed, b both, - idle."""
    results = {"c": [True], "f": [False], "b": [False, True], "-": []}
    return fold([(day(n), done) for n, one in enumerate(text) for done in results[one]], rules)


def simulate(finished: Finished, rules: StreakRules) -> tuple[int, int, int]:
    """Current, longest and freezes, judged day by day; the last day is still open."""
    seen: dict[date, bool] = {}
    for when, completed in finished:
        if not seen or when >= max(seen):
            seen[when] = seen.get(when, False) or completed
    current = longest = freezes = 0
    if not seen:
        return current, longest, freezes
    today, last = min(seen), max(seen)
    while today <= last:
        if seen.get(today):
            current += 1
            longest = max(longest, current)
            freezes = min(MOST_FREEZES, freezes + (current % 7 == 0))
        else:
            harmless = today in seen if today == last else today not in seen
            missed = not harmless or (today not in seen and rules.idle_days == "break")
            if missed and today.weekday() not in rules.rest_days:
                if freezes > 0:
                    freezes -= 1
                else:
                    current = 0
        today += timedelta(days=1)
    return current, longest, freezes


# Mostly small steps forwards, some back, and now and then a long pause.
steps = st.one_of(
    st.sampled_from([0, 0, 1, 1, 1, 1, 1, 2, 3]), st.integers(-4, 6), st.integers(0, 60)
)
histories = st.lists(
    st.tuples(steps, st.sampled_from([True, True, True, True, False])), max_size=120
).map(
    lambda moves: [
        (day(sum(step for step, _ in moves[: place + 1])), done)
        for place, (_, done) in enumerate(moves)
    ]
)
all_rules = st.builds(
    StreakRules, st.frozensets(st.integers(0, 6)), st.sampled_from(["rest", "break"])
)


@given(histories, all_rules)
def test_any_history_gives_what_a_day_by_day_simulation_gives(
    history: Finished, rules: StreakRules
) -> None:
    streak = fold(history, rules)
    assert (streak.current, streak.longest, streak.freezes) == simulate(history, rules)


@given(histories, all_rules, st.data())
def test_a_task_told_twice_changes_nothing(
    history: Finished, rules: StreakRules, data: st.DataObject
) -> None:
    twice = [one for one in history for _ in range(data.draw(st.integers(1, 3)))]
    assert fold(twice, rules) == fold(history, rules)


@given(histories, all_rules)
def test_the_longest_streak_never_falls_and_freezes_stay_within_bounds(
    history: Finished, rules: StreakRules
) -> None:
    streak, longest = Streak(), 0
    for when, completed in history:
        count_task(streak, when.isoformat(), completed, rules)
        assert streak.longest >= max(longest, streak.current)
        assert 0 <= streak.freezes <= MOST_FREEZES
        assert streak.current or not streak.freezes
        longest = streak.longest


@pytest.mark.parametrize(
    ("days", "current", "longest", "freezes"),
    [
        ("", 0, 0, 0),
        ("c", 1, 1, 0),
        ("b", 1, 1, 0),
        ("f", 0, 0, 0),
        ("ccc", 3, 3, 0),
        ("cc--c", 3, 3, 0),
        ("ccfcc", 2, 2, 0),
        ("ccff", 0, 2, 0),
        ("ccf", 2, 2, 0),
        ("ccf-f", 0, 2, 0),
        ("ccbcc", 5, 5, 0),
        ("c" * 7, 7, 7, 1),
        ("c" * 7 + "fc", 8, 8, 0),
        ("c" * 7 + "ffc", 1, 7, 0),
        ("c" * 30, 30, 30, 2),
        ("c" * 14 + "ffc", 15, 15, 0),
        ("c" * 14 + "fffc", 1, 14, 0),
    ],
)
def test_failed_days_break_or_cost_a_freeze_and_idle_days_are_neutral(
    days: str, current: int, longest: int, freezes: int
) -> None:
    streak = letters(days)
    assert (streak.current, streak.longest, streak.freezes) == (current, longest, freezes)


@pytest.mark.parametrize(
    ("days", "current"),
    [("cc-c", 1), ("ccc", 3), ("c" * 7 + "-c", 8), ("c" * 7 + "--c", 1), ("c" * 14 + "--c", 15)],
)
def test_idle_days_break_or_cost_a_freeze_where_the_setting_says_so(
    days: str, current: int
) -> None:
    assert letters(days, BREAK).current == current


def test_nothing_breaks_on_a_rest_day() -> None:
    weekend = frozenset({5, 6})
    working_week = "ccccc"
    assert letters(working_week + "--c", StreakRules(weekend, "break")).current == 6
    assert letters(working_week + "ff" + "c", StreakRules(weekend)).current == 6
    assert letters("cccc-" + "--c", StreakRules(weekend, "break")).current == 1


def test_the_last_day_is_not_missed_before_another_one_has_work() -> None:
    streak = letters("cccf")
    assert (streak.current, streak.last_activity_date) == (3, day(2).isoformat())
    count_task(streak, day(3).isoformat(), True, REST)
    assert (streak.current, streak.last_activity_date) == (4, day(3).isoformat())


def test_a_clock_that_goes_back_changes_nothing() -> None:
    streak = letters("cccc")
    before = repr(streak)
    for number in (2, 0, -400):
        count_task(streak, day(number).isoformat(), False, BREAK)
        count_task(streak, day(number).isoformat(), True, BREAK)
    assert repr(streak) == before
    count_task(streak, day(4).isoformat(), True, BREAK)
    assert streak.current == 5


def test_old_events_read_in_later_count_no_day_and_break_nothing() -> None:
    now = [(day(400 + number), True) for number in range(3)]
    history = [(day(number), number % 2 == 0) for number in range(20)]
    assert fold([*now, *history]) == fold(now)
    assert fold([*history, *now]).current == 3


def test_a_leap_day_is_a_day() -> None:
    leap = [(date(2028, 2, 28), True), (date(2028, 2, 29), True), (date(2028, 3, 1), True)]
    assert fold(leap, BREAK).current == 3
    assert fold([leap[0], leap[2]], BREAK).current == 1
    plain_year = [(date(2027, 2, 28), True), (date(2027, 3, 1), True)]
    assert fold(plain_year, BREAK).current == 2


def test_years_without_work_are_passed_over() -> None:
    far = [(date(2000, 1, 3), True), (date(9998, 12, 31), True)]
    assert fold(far, REST).current == 2
    assert fold(far, BREAK).current == 1
