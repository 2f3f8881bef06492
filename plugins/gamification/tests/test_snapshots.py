"""How periods ended: kept once they are over, removed by what comes late, made again alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from genesis_gamification.plugin import GamificationPlugin
from genesis_gamification.snapshots import KEPT_PLACES, snapshot_differences, take_snapshots
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from plugins.gamification.tests.boards import add_history, forget_agents, make_team, set_day
from plugins.gamification.tests.playing import playing

FRIDAY = date(2026, 5, 1)
DAYS = st.dates(date(2026, 4, 20), date(2026, 5, 3)).map(str)
DAY = st.tuples(st.integers(-20, 200), st.integers(0, 5), st.integers(0, 5))
HISTORIES = st.dictionaries(
    st.sampled_from([f"agent-{number}" for number in range(4)]),
    st.dictionaries(DAYS, DAY, min_size=1, max_size=6),
    min_size=1,
)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GamificationPlugin]:
    """The plugin, with a team."""
    with playing(tmp_path_factory.mktemp("playing")) as plugin:
        make_team(plugin.context.database)
        yield plugin


@pytest.fixture
def plugin(started: GamificationPlugin) -> GamificationPlugin:
    """The plugin without any agents."""
    forget_agents(started.context.database)
    return started


def kept(plugin: GamificationPlugin) -> dict[tuple[str, str, str, str], list[tuple[int, str]]]:
    """Places by period, its first and its last day, and the metric."""
    query = text(
        "SELECT period, period_start, period_end, metric_type, rank, agent_id "
        "FROM leaderboard_cache ORDER BY rank, agent_id"
    )
    found: dict[tuple[str, str, str, str], list[tuple[int, str]]] = {}
    with plugin.context.read() as connection:
        for *key, rank, agent in connection.execute(query):
            found.setdefault(tuple(key), []).append((rank, agent))
    return found


def differences(plugin: GamificationPlugin) -> list[str]:
    with plugin.context.read() as connection:
        return snapshot_differences(connection)


def test_only_periods_that_are_over_are_kept(plugin: GamificationPlugin) -> None:
    store = plugin.context.database
    add_history(store, "a", {"2026-04-24": (10, 1, 0), "2026-04-30": (5, 1, 0)})
    add_history(store, "b", {"2026-04-30": (20, 1, 1), "2026-05-01": (99, 9, 0)})
    assert take_snapshots(plugin.context, FRIDAY) == 5
    xp = {key[:3]: places for key, places in kept(plugin).items() if key[3] == "xp"}
    assert xp == {
        ("daily", "2026-04-24", "2026-04-24"): [(1, "a")],
        ("daily", "2026-04-30", "2026-04-30"): [(1, "b"), (2, "a")],
        ("weekly", "2026-04-20", "2026-04-26"): [(1, "a")],
        ("monthly", "2026-04-01", "2026-04-30"): [(1, "b"), (2, "a")],
        ("all_time", "0001-01-01", "2026-04-30"): [(1, "b"), (2, "a")],
    }
    assert {key[3] for key in kept(plugin)} == {"xp", "tasks_completed", "success_rate"}
    assert take_snapshots(plugin.context, FRIDAY) == 0


def test_a_row_for_a_day_that_is_over_removes_what_it_changes(plugin: GamificationPlugin) -> None:
    store = plugin.context.database
    add_history(store, "a", {"2026-04-20": (10, 1, 0), "2026-04-29": (5, 1, 0)})
    take_snapshots(plugin.context, FRIDAY)
    before = kept(plugin)
    store.writer.write(lambda c: set_day(c, "a", "2026-05-01", 7, 1, 0))
    assert kept(plugin) == before
    store.writer.write(lambda c: set_day(c, "a", "2026-04-29", 7, 1, 0))
    assert {key[:2] for key in before.keys() - kept(plugin).keys()} == {
        ("daily", "2026-04-29"), ("monthly", "2026-04-01"), ("all_time", "0001-01-01"),
    }  # fmt: skip
    assert take_snapshots(plugin.context, FRIDAY) == 3
    assert kept(plugin) == before


def test_no_more_than_the_first_hundred_places_are_kept(plugin: GamificationPlugin) -> None:
    for number in range(KEPT_PLACES + 5):
        add_history(plugin.context.database, f"agent-{number:03}", {"2026-04-30": (number, 1, 0)})
    take_snapshots(plugin.context, FRIDAY)
    assert {len(places) for places in kept(plugin).values()} == {KEPT_PLACES}
    assert differences(plugin) == []


def test_what_was_tampered_with_is_named(plugin: GamificationPlugin) -> None:
    add_history(plugin.context.database, "a", {"2026-04-30": (10, 1, 0)})
    take_snapshots(plugin.context, FRIDAY)
    change = "UPDATE leaderboard_cache SET score = 11 WHERE period = 'daily' AND metric_type = 'xp'"
    plugin.context.write(lambda c: c.execute(text(change)).close())
    (difference,) = differences(plugin)
    assert "daily from 2026-04-30 to 2026-04-30" in difference


def test_nothing_is_kept_of_figures_that_changed_while_they_were_read(
    plugin: GamificationPlugin,
) -> None:
    add_history(plugin.context.database, "a", {"2026-04-30": (10, 1, 0)})
    context = plugin.context

    class Racing:
        """Between reading and writing, another process always writes to the ledger."""

        read = staticmethod(context.read)

        def write(self, operation: object) -> object:
            bump = "UPDATE gamification_state SET version = version + 1"
            context.write(lambda c: c.execute(text(bump)).close())
            return context.write(operation)

    assert take_snapshots(Racing(), FRIDAY) == 0
    assert kept(plugin) == {}
    assert take_snapshots(context, FRIDAY) == 3


@given(HISTORIES, st.lists(st.tuples(st.sampled_from(["agent-0", "agent-9"]), DAYS, DAY)))
@settings(max_examples=40)
def test_whatever_is_written_later_the_kept_places_are_those_of_the_days(
    started: GamificationPlugin,
    histories: dict[str, dict[str, tuple[int, int, int]]],
    later: list[tuple[str, str, tuple[int, int, int]]],
) -> None:
    plugin, store = started, started.context.database
    forget_agents(store)
    for agent, days in histories.items():
        add_history(store, agent, days)
    take_snapshots(plugin.context, FRIDAY)
    for agent, day, figures in later:
        store.writer.write(lambda c, a=agent, d=day, f=figures: set_day(c, a, d, *f))
        assert differences(plugin) == []
    take_snapshots(plugin.context, FRIDAY)
    made_late = kept(plugin)
    store.writer.write(lambda c: c.exec_driver_sql("DELETE FROM leaderboard_cache").close())
    take_snapshots(plugin.context, FRIDAY)
    assert kept(plugin) == made_late
