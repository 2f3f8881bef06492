"""Streaks: days in a row with completed work, as the ledger tells. Nothing asks the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

DAYS_PER_FREEZE = 7
MOST_FREEZES = 2
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class StreakRules:
    """What a streak survives.

    On a weekday of `rest_days` (0 is Monday) nothing can break it. A day without any finished task
    is neutral with `idle_days` "rest", and a missed one with "break".
    """

    rest_days: frozenset[int] = frozenset()
    idle_days: Literal["rest", "break"] = "rest"


@dataclass(slots=True)
class Streak:
    """Of one agent: `current` and `longest` in days, `freezes` that each make good a missed day.

    `last_activity_date` is the last day that counted, `last_day` the last one on which a task
    finished, however it ended; both YYYY-MM-DD, empty before the first.
    """

    current: int = 0
    longest: int = 0
    freezes: int = 0
    last_activity_date: str = ""
    last_day: str = ""


def count_task(streak: Streak, day: str, completed: bool, rules: StreakRules) -> None:
    """Count a task that finished on a local day; the first completed one of a day counts the day.

    A day before the last one (a traveller, a clock put back, history read in late) changes
    nothing. A day is judged as missed once a task has finished on a later one.
    """
    if day < streak.last_day:
        return
    if day > streak.last_day:
        if streak.last_day:
            _judge_days_before(streak, day, rules)
        streak.last_day = day
    if completed and streak.last_activity_date != day:
        streak.last_activity_date = day
        streak.current += 1
        streak.longest = max(streak.longest, streak.current)
        if streak.current % DAYS_PER_FREEZE == 0:
            streak.freezes = min(streak.freezes + 1, MOST_FREEZES)


def _judge_days_before(streak: Streak, day: str, rules: StreakRules) -> None:
    missed = date.fromisoformat(streak.last_day)
    if streak.last_activity_date != streak.last_day:
        _miss(streak, missed, rules)
    if rules.idle_days == "rest":
        return
    following = date.fromisoformat(day)
    while streak.current and (missed := missed + _ONE_DAY) < following:
        _miss(streak, missed, rules)


def _miss(streak: Streak, day: date, rules: StreakRules) -> None:
    if day.weekday() in rules.rest_days:
        return
    # A broken streak has no freeze left: it would have been spent first.
    if streak.freezes:
        streak.freezes -= 1
    else:
        streak.current = 0
