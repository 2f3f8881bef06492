"""The views of the seed: their columns, agents without any XP, and the same answer as elsewhere."""

from __future__ import annotations

from datetime import date

import pytest
from genesis_gamification.leaderboards import Metric, leaderboard
from genesis_gamification.levels import load_levels
from genesis_gamification.views import VIEWS
from hypothesis import given
from hypothesis import strategies as st

from plugins.gamification.tests.boards import (
    Store,
    add_agents,
    add_history,
    forget_agents,
    make_tables,
)
from tests.conftest import database  # noqa: F401 - the fixture

AGENT_GAMIFICATION = (
    "agent_id", "agent_name", "team_id", "team_name", "level", "current_xp", "total_xp", "title",
    "level_emoji", "current_level_xp", "next_level_xp", "xp_to_next_level", "current_streak",
    "longest_streak", "achievements_unlocked",
)  # fmt: skip
LEADERBOARD = (
    "agent_id", "agent_name", "agent_emoji", "team_name", "level", "title", "level_emoji",
    "total_xp", "achievements_count", "current_streak", "tasks_completed", "success_rate_pct",
    "xp_rank", "tasks_rank", "success_rank",
)  # fmt: skip
RANKS: dict[Metric, str] = {"xp": "xp_rank", "tasks": "tasks_rank", "success": "success_rank"}
# Few different ones, so that agents are often equal.
FIGURES = st.tuples(
    st.sampled_from([-20, 0, 10, 300]), st.sampled_from([0, 1, 2, 98]), st.sampled_from([0, 1, 2])
)


@pytest.fixture
def store(database: Store) -> Store:  # noqa: F811
    """A database with the plugin's tables."""
    make_tables(database)
    return database


def rows(store: Store, view: str) -> list[dict[str, object]]:
    assert view in VIEWS
    with store.read() as connection:
        found = connection.exec_driver_sql(f"SELECT * FROM {view}").mappings().all()
    return [dict(row) for row in found]


def test_the_views_have_exactly_the_columns_of_the_seed(store: Store) -> None:
    add_agents(store, ["a"])
    assert tuple(rows(store, "v_agent_gamification")[0]) == AGENT_GAMIFICATION
    assert tuple(rows(store, "v_leaderboard")[0]) == LEADERBOARD


def test_an_agent_without_xp_is_there_on_level_one(store: Store) -> None:
    add_agents(store, ["new"])
    (agent,) = rows(store, "v_agent_gamification")
    assert agent == {
        "agent_id": "new", "agent_name": "NEW", "team_id": "crew", "team_name": "Crew", "level": 1,
        "current_xp": 0, "total_xp": 0, "title": "Rookie", "level_emoji": "🌱",
        "current_level_xp": 0, "next_level_xp": 100, "xp_to_next_level": 100, "current_streak": 0,
        "longest_streak": 0, "achievements_unlocked": 0,
    }  # fmt: skip
    (place,) = rows(store, "v_leaderboard")
    assert (place["level"], place["total_xp"], place["tasks_completed"]) == (1, 0, 0)
    assert (place["xp_rank"], place["tasks_rank"]) == (1, 1)
    assert (place["success_rank"], place["success_rate_pct"]) == (None, None)


@pytest.mark.parametrize("level", load_levels(), ids=lambda level: str(level.level))
def test_every_level_has_its_title_and_what_is_missing_to_the_next(
    store: Store, level: object
) -> None:
    levels = load_levels()
    number, needed = level.level, level.xp_required
    add_history(store, "a", {"2026-05-01": (needed + 7, 1, 0)}, streak=4)
    (agent,) = rows(store, "v_agent_gamification")
    following = levels[number].xp_required if number < len(levels) else None
    assert (agent["level"], agent["title"], agent["level_emoji"]) == (
        number, level.title, level.emoji,
    )  # fmt: skip
    assert (agent["current_level_xp"], agent["current_xp"]) == (needed, 7)
    assert agent["next_level_xp"] == following
    assert agent["xp_to_next_level"] == (None if following is None else following - needed - 7)
    assert agent["current_streak"] == 4


def test_agents_that_are_not_active_are_known_but_have_no_place(store: Store) -> None:
    add_agents(store, ["gone"], is_active=False)
    assert [agent["agent_id"] for agent in rows(store, "v_agent_gamification")] == ["gone"]
    assert rows(store, "v_leaderboard") == []


def test_success_is_shown_as_it_is_and_ranked_by_what_it_is_at_least(store: Store) -> None:
    add_history(store, "lucky", {"2026-05-01": (10, 1, 0)})
    add_history(store, "proven", {"2026-05-01": (980, 98, 2)})
    add_history(store, "failed-3", {"2026-05-01": (0, 0, 3)})
    add_history(store, "failed-5", {"2026-05-01": (0, 0, 5)})
    shown = {row["agent_id"]: row for row in rows(store, "v_leaderboard")}
    assert {agent: row["success_rank"] for agent, row in shown.items()} == {
        "proven": 1, "lucky": 2, "failed-3": 3, "failed-5": 3,
    }  # fmt: skip
    assert shown["lucky"]["success_rate_pct"] == 100.0
    assert shown["proven"]["success_rate_pct"] == 98.0


@given(st.dictionaries(st.sampled_from("abcdefgh"), FIGURES, min_size=1))
def test_the_view_and_the_leaderboards_of_all_time_agree(
    store: Store, agents: dict[str, tuple[int, int, int]]
) -> None:
    forget_agents(store)
    for agent, figures in agents.items():
        add_history(store, agent, {"2026-05-01": figures})
    add_agents(store, ["new"])
    shown = rows(store, "v_leaderboard")
    for metric, rank in RANKS.items():
        with store.read() as connection:
            entries = leaderboard(connection, metric, "all_time", date(2026, 5, 1))
        assert {one.agent_id: one.rank for one in entries} == {
            row["agent_id"]: row[rank] for row in shown if row[rank] is not None
        }
