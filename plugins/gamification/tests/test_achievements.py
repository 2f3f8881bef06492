"""All 27 achievements: a history that unlocks each, and ones that come near and do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pytest
from genesis.errors import SettingsError
from genesis_gamification.achievements import check_achievements, load_achievements
from genesis_gamification.levels import level_bonus, load_levels
from genesis_gamification.metrics import (
    METRICS,
    AgentRecord,
    LedgerRow,
    StreakRules,
    apply,
    due_levels,
    earned,
)
from genesis_gamification.records import Achievement
from pydantic import JsonValue

ALL = load_achievements()
LEVELS = load_levels()
RULES = StreakRules()
DAY_ONE = date(2026, 3, 2)
Rows = list[LedgerRow]


def row(
    amount: int = 0, facts: Mapping[str, JsonValue] | None = None, number: int = 0
) -> LedgerRow:
    day = (DAY_ONE + timedelta(days=number)).isoformat()
    return LedgerRow("backend", amount, "any", "bonus", day, f"{day}T09:00:00.000000Z", facts or {})


def done(times: int = 1, **facts: JsonValue) -> Rows:
    return [row(0, {"kind": "task", "status": "completed", **facts})] * times


def failed(times: int = 1) -> Rows:
    return [row(0, {"kind": "task", "status": "failed"})] * times


def days(times: int, first: int = 0, status: str = "completed") -> Rows:
    return [row(0, {"kind": "task", "status": status}, first + n) for n in range(times)]


def told(kind: str, times: int = 1, **facts: JsonValue) -> Rows:
    return [row(0, {"kind": kind, **facts})] * times


def session(times: int = 1, agents: int = 1, night: bool = False) -> Rows:
    return told("session", times, agents=agents, failed=0, night=night)


def unlock(rows: Sequence[LedgerRow]) -> set[str]:
    """Apply rows, and after each the rows of what it made due, until nothing more is."""
    record = AgentRecord("backend")
    for one in rows:
        apply(record, one, RULES)
        closing = one.facts.get("kind") == "session"
        while due := [*levels_due(record), *achievements_due(record, closing)]:
            for more in due:
                apply(record, more, RULES)
    return record.unlocked


def levels_due(record: AgentRecord) -> Rows:
    return [row(level_bonus(n), {"kind": "level", "level": n}) for n in due_levels(record, LEVELS)]


def achievements_due(record: AgentRecord, closing: bool) -> Rows:
    found = earned(record, ALL, closing=closing)
    return [row(one.xp_reward, {"kind": "achievement", "achievement": one.id}) for one in found]


FREE: dict[str, JsonValue] = {"cost_usd": 0.0}
FAST: dict[str, JsonValue] = {"duration_seconds": 119.0}
SLOW: dict[str, JsonValue] = {"duration_seconds": 121.0}
# Achievement: a history that unlocks it, and histories that lack one thing.
HISTORIES: dict[str, tuple[Rows, list[Rows]]] = {
    "first-task": (done(), [[], failed(9) + session()]),
    "tasks-10": (done(10), [done(9) + failed(9)]),
    "tasks-50": (done(50), [done(49) + failed(9)]),
    "tasks-100": (done(100), [done(99) + failed(9)]),
    "tasks-500": (done(500), [done(499) + failed(9)]),
    "tasks-2000": (done(2000), [done(1999) + failed(9)]),
    "success-90": (
        done(9) + failed() + session(),
        [done(9) + failed(), done(8) + failed(2) + session(), done(9) + session()],
    ),
    "success-95": (
        done(19) + failed() + session(),
        [done(19) + failed(), done(18) + failed(2) + session(), done(19) + session()],
    ),
    "success-100": (
        done(10) + session(),
        [done(10), done(9) + session(), done(500) + failed() + session()],
    ),
    "streak-3": (days(3), [days(2), days(2) + days(1, 2, "failed"), [*days(2), *days(2)]]),
    "streak-7": (days(7), [days(6), days(6) + days(1, 6, "failed") + days(1, 7)]),
    "streak-14": (days(14), [days(13), days(6) + days(1, 6, "failed") + days(13, 7)]),
    "streak-30": (days(30), [days(29)]),
    "streak-100": (days(100), [days(99), days(99, 0, "failed")]),
    "speed-demon": (
        done(5, **FAST) + session(),
        [
            done(5, **FAST),
            done(4, **FAST) + session(),
            done(9, **FAST) + done(5, **SLOW) + session(),
            done(5, duration_seconds=120) + session(),
            done(4, **FAST) + done(5) + session(),
        ],
    ),
    "team-player": (session(10, agents=2), [session(9, agents=3) + session(9)]),
    "comeback": (
        failed(3) + done() + session(),
        [failed(3) + done(), failed(3) + session(), (failed(2) + done()) * 5 + session()],
    ),
    "shipped": (told("merge"), [done(9) + session()]),
    "release-train": (told("merge", 25), [told("merge", 24)]),
    "crowd-pleaser": (told("praise", 3), [told("praise", 2)]),
    "night-shift": (session(5, night=True), [session(4, night=True) + session(9)]),
    "penny-wise": (
        done(50, **FREE),
        [done(49, **FREE), done(49, **FREE) + done(cost_usd=0.01) + done(49, **FREE), done(60)],
    ),
    "lesson-keeper": (told("lesson", 5), [told("lesson", 4)]),
    "automator": (told("automation"), [told("experiment", decision="double_down")]),
    "double-down": (
        told("experiment", 3, decision="double_down"),
        [told("experiment", 2, decision="double_down") + told("experiment", 9, decision="keep")],
    ),
    "clean-sweep": (told("perfect", 10), [told("perfect", 9) + session(9)]),
    # The bonuses of the levels 2 to 11 are 650 XP of it.
    "ascended": ([row(100_000 - 650)], [[row(100_000 - 651)]]),
}


def test_there_are_the_27_of_the_specification_each_with_its_history() -> None:
    assert len(ALL) == 27
    assert {one.id for one in ALL} == set(HISTORIES)
    assert all(one.is_active for one in ALL)
    assert sum(one.xp_reward for one in ALL) == 12_625
    assert len({one.name for one in ALL}) == 27


@pytest.mark.parametrize("name", HISTORIES)
def test_its_history_unlocks_an_achievement(name: str) -> None:
    """In the older system three of fifteen could never be unlocked."""
    assert name in unlock(HISTORIES[name][0])


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_that_lacks_one_thing_does_not_unlock_it(name: str) -> None:
    for history in HISTORIES[name][1]:
        assert name not in unlock(history)


def test_one_long_life_unlocks_all_27() -> None:
    life = (
        done(10, **FREE) + session() + failed(3) + days(100) + done(1900, **FREE, **FAST)
        + session(10, agents=2, night=True) + told("merge", 25) + told("praise", 3)
        + told("lesson", 5) + told("automation") + told("experiment", 3, decision="double_down")
        + told("perfect", 10) + [row(9_000)] * 10
    )  # fmt: skip
    assert unlock(life) == set(HISTORIES)


def test_rates_are_never_taken_back() -> None:
    assert "success-100" in unlock(done(10) + session() + failed(90) + session())


def test_the_tiers_and_rewards_are_those_of_the_specification() -> None:
    by_tier: dict[str, list[int]] = {}
    for one in ALL:
        by_tier.setdefault(one.tier, []).append(one.xp_reward)
    assert {tier: sorted(xp) for tier, xp in by_tier.items()} == {
        "bronze": [50, 50, 75, 100, 100],
        "silver": [150, 150, 200, 200, 250],
        "gold": [300, 300, 350, 400, 400, 500, 500],
        "platinum": [600, 600, 700, 750, 1000],
        "diamond": [900, 1000, 1000],
        "legendary": [1000, 1000],
    }


def make(name: str, metric: str) -> Achievement:
    return Achievement.model_validate(
        {
            "id": name, "name": "Any", "description": "Any", "emoji": "🎯", "category": "special",
            "tier": "bronze", "xp_reward": 50,
            "criteria": [
                {"metric": "tasks_completed", "op": ">=", "value": 1},
                {"metric": metric, "op": ">=", "value": 1},
            ],
        }
    )  # fmt: skip


def test_a_metric_that_does_not_exist_is_named_with_file_key_and_what_is_known() -> None:
    with pytest.raises(SettingsError) as caught:
        check_achievements([make("fine", "prs_merged"), make("odd", "pr_merged")], "own.toml")
    message = str(caught.value)
    assert message.startswith("own.toml: achievement 'odd': criteria.1.metric: there is no metric")
    assert "'pr_merged'. Did you mean 'prs_merged'?" in message
    assert all(metric in message for metric in METRICS)


def test_two_achievements_of_one_id_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"own\.toml: there are two achievements 'odd'"):
        check_achievements([make("odd", "level"), make("odd", "level")], "own.toml")


def test_the_achievements_of_the_package_pass_their_own_check() -> None:
    check_achievements(ALL, "achievements.toml")
