"""Levels: a pure function of the total, with a bonus that counts and is paid once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from genesis_gamification.levels import level_bonus, level_of, load_levels
from genesis_gamification.metrics import AgentRecord, LedgerRow, StreakRules, apply, due_levels
from genesis_gamification.records import Level
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

LEVELS = load_levels()
STEEP = tuple(
    Level(level=number, title=f"Step {number}", xp_required=xp, emoji="⬆️")
    for number, xp in enumerate((0, 10, 30, 60, 100), 1)
)


def row(amount: int, level: int | None = None) -> LedgerRow:
    facts: dict[str, JsonValue] = {} if level is None else {"kind": "level", "level": level}
    moment = "2026-03-02T09:00:00.000000Z"
    return LedgerRow("backend", amount, "any", "bonus", "2026-03-02", moment, facts)


def award(record: AgentRecord, amount: int, levels: Sequence[Level] = LEVELS) -> list[int]:
    """Add XP and the bonuses of all levels that it reaches; gives these levels."""
    apply(record, row(amount), StreakRules())
    reached = []
    while due := due_levels(record, levels):
        for level in due:
            apply(record, row(level_bonus(level), level), StreakRules())
        reached += due
    return reached


def test_the_twelve_levels_are_those_of_the_specification() -> None:
    assert [(one.title, one.xp_required) for one in LEVELS] == [
        ("Rookie", 0), ("Apprentice", 100), ("Junior", 250), ("Associate", 500),
        ("Specialist", 1_000), ("Senior", 2_000), ("Expert", 4_000), ("Master", 8_000),
        ("Grandmaster", 16_000), ("Legend", 32_000), ("Mythic", 64_000), ("Divine", 100_000),
    ]  # fmt: skip
    assert "".join(one.emoji for one in LEVELS) == "🌱📚👶🎓💼🎯⭐🏆👑🔮🌟✨"
    assert [one.level for one in LEVELS] == list(range(1, 13))


@pytest.mark.parametrize("level", LEVELS[1:], ids=lambda level: level.title)
def test_a_level_is_held_from_its_threshold_on_and_not_one_xp_before(level: Level) -> None:
    assert level_of(level.xp_required, LEVELS) == level.level
    assert level_of(level.xp_required - 1, LEVELS) == level.level - 1


@given(st.integers(-200_000, 300_000))
def test_the_level_is_the_highest_whose_threshold_is_met(total: int) -> None:
    held = [one.level for one in LEVELS if one.xp_required <= total]
    assert level_of(total, LEVELS) == max(held, default=1)


def test_the_bonus_of_a_level_counts_in_the_total() -> None:
    """The older system wrote the transaction, and never added it to the total."""
    record = AgentRecord("backend")
    assert award(record, 100) == [2]
    assert (record.total_xp, record.level, record.peak_level) == (120, 2, 2)


def test_the_bonuses_of_all_levels_are_770_and_each_is_paid_once() -> None:
    record = AgentRecord("backend")
    assert award(record, 100_000) == list(range(2, 13))
    assert record.total_xp == 100_770
    assert award(record, 1) == []


def test_a_bonus_can_reach_the_next_level_until_none_is_left() -> None:
    record = AgentRecord("backend")
    assert award(record, 10, STEEP) == [2, 3, 4, 5]
    assert record.total_xp == 10 + 20 + 30 + 40 + 50


def test_the_bonus_brings_a_total_just_short_of_the_top_to_the_top() -> None:
    record = AgentRecord("backend")
    assert award(record, 100_000 - 650) == list(range(2, 13))
    assert (record.total_xp, record.level) == (100_120, 12)
    assert award(AgentRecord("backend"), 100_000 - 651) == list(range(2, 12))


def test_a_level_that_was_lost_and_held_again_pays_no_second_bonus() -> None:
    record = AgentRecord("backend")
    award(record, 250)
    assert award(record, -200) == []
    assert (record.total_xp, record.level, record.peak_level) == (100, 2, 3)
    assert award(record, 200) == []
    assert (record.total_xp, record.level) == (300, 3)
    assert award(record, 200) == [4]


@given(st.lists(st.integers(-10_000, 10_000), max_size=60), st.sampled_from([LEVELS, STEEP]))
def test_the_peak_never_falls_and_every_bonus_is_in_the_total_once(
    amounts: list[int], levels: tuple[Level, ...]
) -> None:
    record, reached = AgentRecord("backend"), []
    for amount in amounts:
        before = record.peak_level
        reached += award(record, amount, levels)
        assert record.peak_level >= max(before, record.level)
        assert record.level == level_of(record.total_xp, levels)
    assert reached == list(range(2, record.peak_level + 1))
    assert record.total_xp == sum(amounts) + sum(level_bonus(level) for level in reached)
