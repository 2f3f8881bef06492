"""Who leads: ranking, periods, success by its lower bound."""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import pairwise

import pytest
from genesis_gamification.leaderboards import (
    METRICS,
    PERIODS,
    Metric,
    Period,
    leaderboard,
    rank,
    span,
    wilson_bound,
)
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from plugins.gamification.tests.boards import (
    Store,
    add_agents,
    add_history,
    forget_agents,
    make_tables,
)
from tests.conftest import database  # noqa: F401 - the fixture

FRIDAY = date(2026, 5, 1)
DAYS = st.dates(date(2026, 4, 20), date(2026, 5, 6)).map(str)
DAY = st.tuples(st.integers(-20, 200), st.integers(0, 5), st.integers(0, 5))
HISTORIES = st.dictionaries(
    st.sampled_from([f"agent-{number}" for number in range(6)]),
    st.dictionaries(DAYS, DAY, min_size=1, max_size=8),
    min_size=1,
)


@pytest.fixture
def store(database: Store) -> Store:  # noqa: F811
    """A database with the plugin's tables."""
    make_tables(database)
    return database


def board(store: Store, metric: Metric, period: Period, limit: int = 20) -> list[tuple[int, str]]:
    """Ranks and agents."""
    with store.read() as connection:
        found = leaderboard(connection, metric, period, FRIDAY, limit)
    return [(entry.rank, entry.agent_id) for entry in found]


@given(st.dictionaries(st.text(max_size=5), st.integers(-3, 3) | st.floats(-1, 1)))
def test_a_place_is_one_more_than_the_number_of_those_who_are_better(
    standings: dict[str, float],
) -> None:
    places = rank(iter(standings.items()))
    assert sorted(agent for _, agent in places) == sorted(standings)
    for place, agent in places:
        assert place == 1 + sum(other > standings[agent] for other in standings.values())
    for (place, agent), (next_place, next_agent) in pairwise(places):
        assert (place, agent) < (next_place, next_agent)


@given(st.permutations([("a", 2.0), ("b", 5.0), ("c", 2.0), ("d", 1.0), ("e", 5.0)]))
def test_equal_standings_share_a_place_whatever_order_they_come_in(
    standings: list[tuple[str, float]],
) -> None:
    assert rank(standings) == [(1, "b"), (1, "e"), (3, "a"), (3, "c"), (5, "d")]


@given(st.integers(1, 10_000), st.data())
def test_the_bound_is_where_wilsons_interval_begins(finished: int, data: st.DataObject) -> None:
    completed = data.draw(st.integers(0, finished))
    bound, rate = wilson_bound(completed, finished), completed / finished
    assert 0 <= bound <= rate
    # The interval has the rates whose own distance to what was seen is at most 1.96 deviations.
    deviation = math.sqrt(bound * (1 - bound) / finished)
    assert math.isclose(rate - bound, 1.96 * deviation, abs_tol=1e-7)


@given(st.integers(1, 1000), st.data())
def test_the_bound_grows_with_each_success_and_falls_with_each_failure(
    finished: int, data: st.DataObject
) -> None:
    completed = data.draw(st.integers(1, finished))
    assert wilson_bound(completed + 1, finished + 1) > wilson_bound(completed, finished)
    assert wilson_bound(completed, finished + 1) < wilson_bound(completed, finished)


def test_one_success_of_one_is_not_above_ninety_eight_of_a_hundred(store: Store) -> None:
    add_history(store, "lucky", {"2026-05-01": (10, 1, 0)})
    add_history(store, "proven", {"2026-05-01": (980, 98, 2)})
    add_history(store, "failing", {"2026-05-01": (0, 0, 3)})
    add_agents(store, ["new"])
    with store.read() as connection:
        for period in PERIODS:
            entries = leaderboard(connection, "success", period, FRIDAY)
            assert [one.agent_id for one in entries] == ["proven", "lucky", "failing"]
            assert [one.score for one in entries] == [0.98, 1.0, 0.0]
            assert [one.success_rate for one in entries] == [0.98, 1.0, 0.0]
            bounds = [one.success_at_least for one in entries]
            assert bounds == [pytest.approx(0.930, abs=1e-3), pytest.approx(0.207, abs=1e-3), 0]


@pytest.mark.parametrize(
    ("period", "day", "expected"),
    [
        ("daily", "2026-05-01", ("2026-05-01", "2026-05-01")),
        ("weekly", "2026-05-01", ("2026-04-27", "2026-05-03")),
        ("weekly", "2026-01-01", ("2025-12-29", "2026-01-04")),
        ("monthly", "2028-02-10", ("2028-02-01", "2028-02-29")),
        ("monthly", "2026-12-31", ("2026-12-01", "2026-12-31")),
        ("all_time", "2026-05-01", ("0001-01-01", "9999-12-31")),
    ],
)
def test_a_period_has_its_first_and_its_last_day(
    period: Period, day: str, expected: tuple[str, str]
) -> None:
    assert span(period, date.fromisoformat(day)) == expected


@given(st.dates(date(2, 1, 1), date(9998, 12, 31)), st.sampled_from(PERIODS))
def test_every_day_is_in_exactly_one_period_of_each_kind(day: date, period: Period) -> None:
    first, last = span(period, day)
    assert first <= day.isoformat() <= last
    if period != "all_time":
        assert span(period, date.fromisoformat(last) + timedelta(days=1))[0] > last
        assert span(period, date.fromisoformat(first)) == (first, last)


def test_a_period_counts_its_own_days_and_who_did_nothing_in_it_has_no_place(store: Store) -> None:
    add_history(store, "today", {"2026-05-01": (10, 1, 0)})
    add_history(store, "this-week", {"2026-04-28": (50, 2, 0), "2026-05-01": (5, 0, 1)})
    add_history(store, "last-week", {"2026-04-26": (900, 9, 0)})
    add_history(store, "in-may", {"2026-05-06": (20, 3, 0)})
    add_agents(store, ["new"])
    assert board(store, "xp", "daily") == [(1, "today"), (2, "this-week")]
    assert board(store, "xp", "weekly") == [(1, "this-week"), (2, "today")]
    assert board(store, "xp", "monthly") == [(1, "in-may"), (2, "today"), (3, "this-week")]
    assert [agent for _, agent in board(store, "xp", "all_time")] == [
        "last-week", "this-week", "in-may", "today", "new",
    ]  # fmt: skip
    assert board(store, "tasks", "weekly") == [(1, "this-week"), (2, "today")]
    assert board(store, "tasks", "daily") == [(1, "today"), (2, "this-week")]


def test_a_streak_is_the_present_one_of_who_was_active_in_the_period(store: Store) -> None:
    add_history(store, "long", {"2026-04-26": (10, 1, 0)}, streak=9)
    add_history(store, "short", {"2026-05-01": (10, 1, 0)}, streak=2)
    assert board(store, "streak", "all_time") == [(1, "long"), (2, "short")]
    assert board(store, "streak", "weekly") == [(1, "short")]


def test_only_as_many_are_listed_as_were_asked_for(store: Store) -> None:
    for number in range(25):
        add_history(store, f"agent-{number:02}", {"2026-05-01": (number % 5, 1, 0)})
    for metric in METRICS:
        for period in PERIODS:
            assert len(board(store, metric, period)) == 20
            assert board(store, metric, period, 3) == board(store, metric, period, 25)[:3]


def test_an_agent_that_is_not_active_any_more_has_no_place(store: Store) -> None:
    add_history(store, "stays", {"2026-05-01": (1, 1, 0)})
    add_history(store, "gone", {"2026-05-01": (10, 1, 0)})
    store.writer.write(
        lambda c: c.execute(text("UPDATE agents SET is_active = 0 WHERE id = 'gone'")).close()
    )
    for metric in METRICS:
        for period in PERIODS:
            assert board(store, metric, period) == [(1, "stays")]


@given(HISTORIES)
def test_every_leaderboard_is_what_adding_up_the_days_gives(
    store: Store, histories: dict[str, dict[str, tuple[int, int, int]]]
) -> None:
    forget_agents(store)
    for number, (agent, days) in enumerate(histories.items()):
        add_history(store, agent, days, streak=number % 3)
    for period in PERIODS:
        first, last = span(period, FRIDAY)
        sums = {
            agent: [sum(one) for one in zip(*within, strict=True)]
            for agent, days in histories.items()
            if (within := [days[day] for day in days if first <= day <= last])
        }
        assert board(store, "xp", period) == rank((a, s[0]) for a, s in sums.items())
        assert board(store, "tasks", period) == rank((a, s[1]) for a, s in sums.items())
        assert board(store, "success", period) == rank(
            (a, wilson_bound(s[1], s[1] + s[2])) for a, s in sums.items() if s[1] + s[2]
        )
