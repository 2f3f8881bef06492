"""Verification finds what was changed by a foreign hand, and what the ledger lacks."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis.errors import StorageError
from genesis.storage.database import Database
from genesis_gamification.plugin import GamificationPlugin

from tests.gamification.logs import (
    append,
    busy_log,
    everything,
    make_plugin,
    rows,
    task,
    total,
)
from tests.gamification.test_rules_in_force import OWN, with_check, write_own


def run(database: Database, *statements: str) -> None:
    for sql in statements:
        database.writer.write(lambda c, sql=sql: c.exec_driver_sql(sql).close())


def lose(database: Database, where: str) -> None:
    """Remove rows of the ledger, as no program of ours can."""
    run(
        database, "DROP TRIGGER xp_transactions_kept",
        f"DELETE FROM xp_transactions WHERE {where}",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("INSERT INTO agent_levels VALUES (NULL, 1, 1, 1, 'x', 'y', 'z')", "agent_levels"),
        ("INSERT INTO agent_levels VALUES (x'41', 1, 1, 1, 'x', 'y', 'z')", "agent_levels"),
        ("UPDATE agent_levels SET total_xp = 'abc' WHERE agent_id = 'agent-1'", "agent_levels"),
        ("UPDATE agent_levels SET title = 'God' WHERE agent_id = 'agent-1'", "agent_levels"),
        ("UPDATE agent_streaks SET longest_streak = 99", "agent_streaks"),
        ("UPDATE agent_achievements SET unlocked_at = '2020'", "agent_achievements"),
        ("UPDATE gamification_metrics SET record = '{' WHERE agent_id = 'agent-1'",
         "gamification_metrics"),
        ("INSERT INTO gamification_daily VALUES ('2020-01-01', 'agent-1', 0, 0, 0)",
         "gamification_daily"),
        ("UPDATE level_thresholds SET title = 'God' WHERE level = 2", "level_thresholds"),
        ("DELETE FROM level_thresholds WHERE level = 12", "level_thresholds"),
        ("UPDATE achievement_definitions SET xp_reward = 7", "achievement_definitions"),
        ("UPDATE achievement_definitions SET is_active = 0", "achievement_definitions"),
        ("INSERT INTO achievement_definitions VALUES "
         "('new', 'n', 'd', 'e', 'special', 'gold', 50, '{}', 1, '')", "achievement_definitions"),
        ("UPDATE gamification_sessions SET agents = '{}'", "gamification_sessions"),
        ("DELETE FROM gamification_sessions", "gamification_sessions"),
        ("UPDATE gamification_state SET checkpoint = checkpoint + 100", "gamification_state"),
    ],
)  # fmt: skip
def test_every_table_that_lies_is_found_and_repaired(
    ledger: Database, plugin: GamificationPlugin, sql: str, table: str
) -> None:
    append(ledger, busy_log(60, agents=4))
    plugin.catch_up()
    tables = ("level_thresholds", "achievement_definitions")
    good = everything(ledger), [rows(ledger, f"SELECT * FROM {name} ORDER BY 1") for name in tables]
    run(ledger, sql)
    report = plugin.verify()
    assert report.different > 0
    assert {each.table for each in report.differences} == {table}
    plugin.repair()
    assert plugin.verify().different == 0
    found = (
        everything(ledger),
        [rows(ledger, f"SELECT * FROM {name} ORDER BY 1") for name in tables],
    )
    for one in (good[0], found[0]):
        # Its ids are new.
        one["agent_achievements"] = [row[1:] for row in one["agent_achievements"]]
    assert found == good
    append(ledger, [task("later", "agent-1", session="s-later")])
    plugin.catch_up()
    assert rows(ledger, "SELECT 1 FROM xp_transactions WHERE source_id = 'later'")


def test_kept_periods_that_lie_are_found_and_repaired(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    append(ledger, busy_log(60, agents=4))
    plugin.catch_up()
    plugin.keep_snapshots()
    assert plugin.verify().different == 0
    run(ledger, "UPDATE leaderboard_cache SET score = 9 WHERE period = 'weekly'")
    report = plugin.verify()
    assert (report.different, len(report.snapshots)) == (1, 1)
    plugin.repair()
    assert plugin.verify().different == 0
    assert rows(ledger, "SELECT 1 FROM leaderboard_cache WHERE period = 'weekly'")


def test_a_row_that_the_ledger_lost_is_named_and_adoption_writes_it_again(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    append(ledger, busy_log(60, agents=4))
    plugin.catch_up()
    assert plugin.verify().lacks == 0
    lose(ledger, "source_id = 's-2' AND rule_id = 'session-completed'")
    report = plugin.verify()
    assert report.lacks == len(report.lacking) > 0
    assert {key.rpartition(":")[2] for key in report.lacking} == {"s-2"}
    plugin.repair()
    assert plugin.verify()[2] == 0
    assert len(plugin.adopt("ann")) == report.lacks
    assert plugin.verify().lacks == 0
    assert plugin.rederive() == []


def test_events_that_were_passed_over_are_noticed(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    append(ledger, busy_log(60, agents=4))
    run(ledger, "UPDATE gamification_state SET checkpoint = 30, version = version + 1")
    plugin.catch_up()
    assert plugin.verify().lacks > 0
    plugin.repair()
    plugin.adopt("ann")
    report = plugin.verify()
    assert (report.different, report.lacks) == (0, 0)


def test_what_rules_did_not_give_at_the_time_is_not_lacking(
    ledger: Database, tmp_path: Path
) -> None:
    make_plugin(ledger, tmp_path).catch_up()
    append(ledger, [task("t-1", "agent-1", kind="review")])
    make_plugin(ledger, tmp_path).catch_up()
    write_own(tmp_path, OWN + "daily_cap = 1\n")
    append(ledger, [task(f"t-{n}", "agent-1", kind="review") for n in (2, 3)])
    plugin = make_plugin(ledger, tmp_path, time_zone="Asia/Tokyo", day_start="22:00")
    plugin.catch_up()
    with_check(plugin, lambda event: event.subject == "t-5")
    append(ledger, [task(f"t-{n}", "agent-1") for n in (4, 5)])
    plugin.catch_up()
    # What code says today may not be what it said.
    with_check(plugin, lambda _: True)
    report = plugin.verify()
    assert (report.different, report.lacks) == (0, 0)
    assert plugin.rederive() != []
    lose(ledger, "dedup_key LIKE 'own:reviews:%'")
    assert plugin.verify().lacks > 0


def test_a_ledger_ahead_of_its_projections_says_how_to_mend_it(
    ledger: Database, tmp_path: Path, plugin: GamificationPlugin
) -> None:
    append(ledger, [task("t-1", "agent-1")])
    plugin.catch_up()
    run(ledger, "DELETE FROM gamification_metrics")
    append(ledger, [task("t-2", "agent-1")])
    plugin = make_plugin(ledger, tmp_path)
    with pytest.raises(StorageError, match="verify --fix"):
        plugin.catch_up()
    plugin.repair()
    plugin.catch_up()
    assert total(ledger, "agent-1") == 75


@pytest.mark.parametrize("facts", ["x", "[]", "7"])
def test_a_row_of_the_ledger_that_cannot_be_read_is_named(
    ledger: Database, plugin: GamificationPlugin, facts: str
) -> None:
    run(
        ledger,
        "INSERT INTO xp_transactions SELECT 1, 'agent-1', 5, 'r', 'bonus', 's', '2026', 'r', 1, "
        f"'2026-01-01', 'k', NULL, NULL, '', '{facts}'",
    )
    with pytest.raises(StorageError, match="row with the facts"):
        plugin.verify()
