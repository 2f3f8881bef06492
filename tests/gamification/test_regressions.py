"""Defects of the older system that must not come back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from genesis.errors import StorageError
from genesis.storage.database import Database
from genesis_gamification.plugin import GamificationPlugin

from tests.gamification.logs import (
    Entry,
    append,
    deliver,
    everything,
    finished,
    make_plugin,
    rows,
    started,
    task,
    total,
)


def test_an_award_is_paid_once_however_often_its_event_comes(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    events = append(ledger, [task("t-1", "agent-1")])
    deliver(plugin, events * 5)
    # The kernel could also tell twice that one task finished.
    deliver(plugin, append(ledger, [task("t-1", "agent-1")]))
    assert rows(
        ledger, "SELECT count(*) FROM xp_transactions WHERE rule_id = 'task-completed'"
    ) == [(1,)]  # fmt: skip
    assert rows(ledger, "SELECT tasks_completed FROM gamification_daily") == [(1,)]


def test_the_bonus_of_a_level_is_part_of_the_total(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    plugin.award_xp("agent-1", 95, "r", "k-1", "ann")
    plugin.award_xp("agent-1", 140, "r", "k-2", "ann")
    # 95 + 140 = 235 is level 2; its bonus of 20 makes 255, level 3; that one's of 30 makes 285.
    assert rows(ledger, "SELECT total_xp, level FROM agent_levels") == [(285, 3)]
    assert total(ledger, "agent-1") == 285


def test_success_counts_what_finished_and_a_missing_duration_is_not_quick(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    log = [task(f"t-{n}", "agent-1", duration_seconds=None) for n in range(10)]
    log += [task(f"u-{n}", "agent-1", status) for n, status in
            enumerate(("blocked", "cancelled", "skipped", "pending"))]  # fmt: skip
    append(ledger, [started(), *log, finished()])
    plugin.catch_up()
    assert rows(
        ledger, "SELECT count(*) FROM xp_transactions WHERE rule_id = 'quick-completion'"
    ) == [(0,)]  # fmt: skip
    unlocked = {name for (name,) in rows(ledger, "SELECT achievement_id FROM agent_achievements")}
    # All ten that finished succeeded; five durations of 0 s would have made a speed demon.
    assert "success-100" in unlocked
    assert "speed-demon" not in unlocked


def test_a_night_session_is_one_local_day_and_an_early_failure_takes_no_bonus(
    ledger: Database, tmp_path: Path
) -> None:
    plugin = make_plugin(ledger, tmp_path, time_zone="Europe/Stockholm")
    evening = datetime(2026, 7, 1, 21, tzinfo=UTC)  # 23:00 in Stockholm
    night = datetime(2026, 7, 2, 3, tzinfo=UTC)  # 05:00, after the day's start at 04:00
    log = [
        started("s-1", evening), task("t-1", "agent-1", "failed", "s-1", evening),
        task("t-2", "agent-1", "completed", "s-1", evening),
        task("t-3", "agent-1", "completed", "s-1", night), finished("s-1", night),
    ]  # fmt: skip
    append(ledger, log)
    plugin.catch_up()
    assert rows(ledger, "SELECT DISTINCT local_day FROM xp_transactions") == [("2026-07-01",)]
    assert rows(
        ledger, "SELECT source_id FROM xp_transactions WHERE rule_id = 'first-task-of-day'"
    ) == [("t-2",)]  # fmt: skip
    assert rows(ledger, "SELECT current_streak FROM agent_streaks") == [(1,)]


def test_an_award_that_cannot_be_written_is_raised_and_made_up_for(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    events = append(ledger, [task("t-1", "agent-1")])
    full = (
        "CREATE TRIGGER full BEFORE INSERT ON xp_transactions BEGIN SELECT RAISE(ABORT, 'x'); END"
    )
    ledger.writer.write(lambda c: c.exec_driver_sql(full))
    with pytest.raises(StorageError):
        deliver(plugin, events)
    assert rows(ledger, "SELECT checkpoint FROM gamification_state") == [(0,)]
    ledger.writer.write(lambda c: c.exec_driver_sql("DROP TRIGGER full"))
    deliver(plugin, events)
    assert total(ledger, "agent-1") == 65
    assert plugin.verify().differences == []


def test_a_lesson_and_an_automation_are_facts_that_achievements_count(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    append(ledger, [
        *(Entry("lesson.reused", f"l-{n}", None, {"agent_id": "agent-1", "by": "agent-2"})
          for n in range(5)),
        Entry("automation.approved", "a-1", None, {"agent_id": "agent-2"}),
    ])  # fmt: skip
    plugin.catch_up()
    assert rows(ledger, "SELECT agent_id, achievement_id FROM agent_achievements ORDER BY 1") == [
        ("agent-1", "lesson-keeper"), ("agent-2", "automator"),
    ]  # fmt: skip
    assert everything(ledger)["gamification_faults"] == []
