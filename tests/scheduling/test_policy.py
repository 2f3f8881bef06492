"""What becomes of times that have come: literal lists, and whenever one looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from genesis.scheduling.cron import Cron, parse_cron
from genesis.scheduling.policy import LATE, MOST_DECIDED, MOST_LISTED, Decision, decide
from genesis.storage.schedules import CatchUp
from hypothesis import given
from hypothesis import strategies as st

START = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)


def listed(decision: Decision) -> list[tuple[str, str]]:
    return [(f"{run.scheduled_for:%m-%d %H:%M}", run.status.value) for run in decision.runs]


def daily() -> Cron:
    return parse_cron("30 2 * * *", ZoneInfo("Europe/Stockholm"))


def minutely() -> Cron:
    return parse_cron("* * * * *", ZoneInfo("UTC"))


def test_nothing_is_decided_before_its_time() -> None:
    made = decide(daily(), START, START + timedelta(hours=13, minutes=29), "once")
    assert (made.runs, made.considered_until) == ((), START)
    assert made.next_at == datetime(2026, 3, 28, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("late", "catch_up", "status"),
    [(0, "skip", "started"), (60, "skip", "started"), (61, "skip", "missed"),
     (0, "once", "started"), (61, "once", "started")],
)  # fmt: skip
def test_a_minute_late_is_in_time_and_later_is_missed_or_caught_up(
    late: float, catch_up: CatchUp, status: str
) -> None:
    due = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)
    made = decide(daily(), START, due + timedelta(seconds=late), catch_up)
    assert listed(made) == [("03-28 01:30", status)]
    assert bool(made.runs[0].reason) == (late > LATE.total_seconds())
    assert (made.considered_until, made.next_at) == (due, due + timedelta(hours=23, minutes=30))


def test_of_a_laptop_asleep_for_two_days_over_the_change_the_last_time_is_caught_up() -> None:
    monday = datetime(2026, 3, 30, 7, 12, tzinfo=UTC)
    expected = [("03-28 01:30", "missed"), ("03-29 01:00", "missed"), ("03-30 00:30", "started")]
    made = decide(daily(), START, monday, "once")
    assert listed(made) == expected
    assert made.runs[-1].reason == "caught up 6 h 42 min late"
    skipping = decide(daily(), START, monday, "skip")
    assert listed(skipping) == [(time, "missed") for time, _ in expected]


def test_a_long_absence_is_a_hundred_rows_and_counts_every_time() -> None:
    made = decide(minutely(), START, START + timedelta(hours=48), "once")
    assert len(made.runs) == MOST_LISTED + 1
    first = made.runs[0]
    assert (first.scheduled_for, first.count) == (START + timedelta(minutes=1), 2880 - 100)
    assert first.until == START + timedelta(minutes=2780)
    assert made.runs[1].scheduled_for == START + timedelta(minutes=2781)
    assert made.runs[-1].status == "started"


def test_an_absence_of_months_is_decided_in_parts_and_only_the_last_time_starts() -> None:
    now, considered, parts, starts = START + timedelta(minutes=25_000), START, [], 0
    while considered < now:
        made = decide(minutely(), considered, now, "once")
        parts.append(sum(run.count for run in made.runs))
        starts += sum(run.status == "started" for run in made.runs)
        considered = made.considered_until
    assert (parts, starts) == ([MOST_DECIDED, MOST_DECIDED, 5_000], 1)


CRONS = st.sampled_from(
    ["* * * * *", "*/7 * * * *", "0 * * * *", "*/20 1-3 * * *", "30 2 * * *", "5,45 1,2,3 * * *",
     "0 0 * * MON", "15 12 1 * *", "0 0 29 2 *"]
)  # fmt: skip
ZONES = st.sampled_from(
    ["Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kolkata"]
)
SECONDS = st.one_of(st.integers(-7200, 7200), st.integers(0, 3 * 86_400), st.just(60))


@given(
    CRONS, ZONES, st.integers(0, 700 * 86_400),
    st.lists(SECONDS, min_size=1, max_size=6), st.sampled_from(["once", "skip"]),
)  # fmt: skip
def test_whenever_one_looks_no_time_is_decided_twice_and_none_is_left_out(
    expression: str, zone: str, begin: int, steps: list[int], catch_up: CatchUp
) -> None:
    cron = parse_cron(expression, ZoneInfo(zone))
    start = now = considered = START + timedelta(seconds=begin)
    decided: list[datetime] = []
    for seconds in steps:  # also backwards, as clocks are set
        now += timedelta(seconds=seconds)
        made = decide(cron, considered, now, catch_up)
        for run in made.runs:
            times = takewhile(
                lambda time, last=run.until or run.scheduled_for: time <= last,
                cron.after(run.scheduled_for - timedelta(seconds=1)),
            )
            covered = list(times)
            assert len(covered) == run.count
            assert run.count == 1 or run.status == "missed"
            decided += covered
        assert sum(run.status == "started" for run in made.runs) <= 1
        assert len(made.runs) <= MOST_LISTED + 1
        assert made.considered_until >= considered
        considered = made.considered_until
        assert made.next_at is None or made.next_at > considered
    assert decided == sorted(set(decided))
    expected = takewhile(lambda time: time <= considered, cron.after(start))
    assert decided == list(expected)
