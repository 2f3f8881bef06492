"""Verification, repair, and what changed rules would change."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis.contracts.events import Event
from genesis.storage.database import Database
from genesis_gamification.plugin import GamificationPlugin

from tests.gamification.logs import (
    append,
    busy_log,
    everything,
    finished,
    make_plugin,
    rows,
    started,
    task,
    total,
)
from tests.gamification.test_rules_in_force import with_check

REVIEW = """
[[rule]]
id = "reviews"
event = "task.finished"
amount = AMOUNT
reason = "A review"
scope = "task"
when = [{ field = "kind", op = "==", value = "review" }]
"""


def write_own(tmp_path: Path, amount: int) -> None:
    folder = tmp_path / "plugins" / "gamification"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rules.toml").write_text(REVIEW.replace("AMOUNT", str(amount)))


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("UPDATE agent_levels SET total_xp = total_xp + 1 WHERE agent_id = 'agent-1'",
         "agent_levels"),
        ("DELETE FROM agent_streaks WHERE agent_id = 'agent-2'", "agent_streaks"),
        ("INSERT INTO agent_achievements (agent_id, achievement_id, unlocked_at) "
         "VALUES ('agent-1', 'ascended', '2026')", "agent_achievements"),
        ("UPDATE gamification_daily SET xp = 0 WHERE agent_id = 'agent-3'", "gamification_daily"),
        ("UPDATE gamification_metrics SET record = replace(record, '\"sessions\":', "
         "'\"sessions\":1') WHERE agent_id = 'agent-1'", "gamification_metrics"),
    ],
)  # fmt: skip
def test_a_projection_that_lies_is_found_and_repaired(
    ledger: Database, plugin: GamificationPlugin, sql: str, table: str
) -> None:
    append(ledger, busy_log(60, agents=4))
    plugin.catch_up()
    good = everything(ledger)
    assert plugin.verify().different == 0
    ledger.writer.write(lambda c: c.exec_driver_sql(sql))
    report = plugin.verify()
    assert {each.table for each in report.differences} == {table}
    assert plugin.repair().different == report.different > 0
    assert plugin.verify().different == 0
    repaired = everything(ledger)
    for name in good.keys() - {"agent_achievements"}:
        assert repaired[name] == good[name]
    # What is in memory is of before the repair, and is read again.
    append(ledger, [task("later", "agent-1", session="s-later")])
    plugin.catch_up()
    assert plugin.verify().different == 0


def test_rules_that_did_not_change_change_nothing(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    append(ledger, busy_log(300))
    plugin.catch_up()
    before = everything(ledger)
    assert plugin.rederive() == []
    assert plugin.adopt("ann") == []
    assert everything(ledger) == before


def test_a_new_rule_is_shown_first_and_paid_by_adoption(
    ledger: Database, plugin: GamificationPlugin, tmp_path: Path
) -> None:
    append(ledger, [task("t-1", "agent-1", kind="review"), task("t-2", "agent-1")])
    plugin.catch_up()
    write_own(tmp_path, 30)
    plugin = make_plugin(ledger, tmp_path)
    (change,) = plugin.rederive()
    assert (change.agent_id, change.rule_id, change.paid, change.due) == (
        "agent-1", "reviews", 0, 30,
    )  # fmt: skip
    assert total(ledger, "agent-1") == 75
    assert len(plugin.adopt("ann")) == 1
    # It lifts the agent to level 2, which earns its own.
    assert total(ledger, "agent-1") == 75 + 30 + 20
    assert plugin.rederive() == []
    assert plugin.verify().differences == []


def test_changed_amounts_are_corrected_by_rows_that_name_what_they_correct(
    ledger: Database, plugin: GamificationPlugin, tmp_path: Path
) -> None:
    write_own(tmp_path, 30)
    plugin = make_plugin(ledger, tmp_path)
    append(ledger, [task("t-1", "agent-1", kind="review")])
    plugin.catch_up()
    before = total(ledger, "agent-1")
    for amount in (12, 40):
        write_own(tmp_path, amount)
        plugin = make_plugin(ledger, tmp_path)
        assert [(each.due) for each in plugin.rederive()] == [amount]
        plugin.adopt("ann")
        assert plugin.rederive() == []
    assert total(ledger, "agent-1") == before + 10 + 20  # level 2 was reached on the way
    ((paid,),) = rows(ledger, "SELECT id FROM xp_transactions WHERE dedup_key LIKE 'own:reviews:%'")
    assert rows(
        ledger,
        "SELECT amount, actor, reverses_id, local_day FROM xp_transactions "
        "WHERE reverses_id IS NOT NULL ORDER BY id",
    ) == [(-18, "ann", paid, "2026-03-02"), (28, "ann", paid, "2026-03-02")]
    assert plugin.verify().differences == []


def test_what_no_rule_pays_any_more_is_taken_back_and_achievements_stay(
    ledger: Database, tmp_path: Path
) -> None:
    plugin = make_plugin(ledger, tmp_path)
    append(ledger, [started(), task("t-1", "agent-1"), finished()])
    plugin.catch_up()
    plugin = make_plugin(ledger, tmp_path, packs=[])
    assert {each.rule_id for each in plugin.rederive()} == {
        "task-completed", "first-task-of-day", "session-completed", "perfect-session",
    }  # fmt: skip
    plugin.adopt("ann")
    assert plugin.rederive() == []
    assert total(ledger, "agent-1") == 50 + 20  # First Steps and level 2 were earned live
    assert plugin.verify().differences == []


def test_what_a_rule_paid_is_not_taken_back_because_its_code_fails_now(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    def broken(_event: Event) -> bool:
        raise ValueError

    with_check(plugin, lambda _: True)
    append(ledger, [task("t-1", "agent-1")])
    plugin.catch_up()
    with_check(plugin, broken)
    assert plugin.rederive() == []
    with_check(plugin, lambda _: False)
    assert [(each.rule_id, each.paid, each.due) for each in plugin.rederive()] == [("odd", 3, 0)]
