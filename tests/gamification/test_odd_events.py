"""Events of third parties may have anything in them: they stop nothing, and count for nothing."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from genesis.contracts.events import Event
from genesis.storage.database import Database
from genesis_gamification.plugin import GamificationPlugin

from tests.gamification.logs import Entry, append, finished, make_plugin, rows, started, task, total
from tests.gamification.test_rules_in_force import with_check

LONE = "\ud800"  # half of a character: JSON can have it, and SQLite cannot


def worked(agent: object = "agent-1", **facts: object) -> dict[str, object]:
    return {"specialist": agent, "status": "completed", **facts}


@pytest.mark.parametrize(
    "payload",
    [
        worked(LONE), worked("a\0b"), worked("a\nb"), worked("x" * 100_000), worked(["agent-1"]),
        {"specialist": "agent-1", "status": {"a": 1}}, [1, 2], None, "text", 7,
    ],
    ids=lambda payload: str(payload)[:40].encode("ascii", "replace").decode(),
)  # fmt: skip
def test_a_task_of_no_agent_is_passed_over(
    ledger: Database, plugin: GamificationPlugin, payload: Any
) -> None:
    odd = [Entry("task.finished", f"t-{n}", "s-1", payload) for n in range(3)]
    append(ledger, [started(), *odd, finished(), task("u", "agent-2", session="s-2")])
    plugin.catch_up()
    assert total(ledger, "agent-2") == 65
    assert rows(ledger, "SELECT count(*) FROM xp_transactions WHERE agent_id <> 'agent-2'") == [
        (0,)
    ]  # fmt: skip
    report = plugin.verify()
    assert (report.different, report.lacks) == (0, 0)
    assert plugin.rederive() == []


@pytest.mark.parametrize(
    "amount", [10**400, -5, math.nan, math.inf, -math.inf, True, "60", "x" * 100_000, [60]],
    ids=lambda amount: str(amount)[:10],
)  # fmt: skip
def test_a_duration_or_cost_that_is_none_is_not_known(
    ledger: Database, plugin: GamificationPlugin, amount: object
) -> None:
    append(ledger, [
        started(),
        *(Entry("task.finished", f"t-{n}", "s-1",
                worked(duration_seconds=amount, cost_usd=amount)) for n in range(6)),
        finished(),
    ])  # fmt: skip
    plugin.catch_up()
    assert rows(ledger, "SELECT 1 FROM xp_transactions WHERE rule_id = 'quick-completion'") == []
    ((record,),) = rows(ledger, "SELECT record FROM gamification_metrics")
    known = json.loads(record)
    assert (known["last_durations"], known["zero_cost_run"]) == ([], 0)
    assert known["tasks_completed"] == 6
    assert plugin.verify().different == 0


def test_names_of_sessions_and_agents_anywhere_may_be_odd(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    append(ledger, [
        Entry("task.finished", "t-1", None, worked(session_id=LONE)),
        Entry("praise.given", "t-1", None, {"agents": [LONE, 7, None, "a\0", "agent-3"]}),
        Entry("experiment.decided", "e", None, {"agent_id": "agent-3", "decision": [LONE]}),
    ])  # fmt: skip
    plugin.catch_up()
    assert rows(ledger, "SELECT DISTINCT agent_id FROM xp_transactions ORDER BY 1") == [
        ("agent-1",), ("agent-3",),
    ]  # fmt: skip
    assert rows(ledger, "SELECT session_id FROM gamification_sessions") == []


def test_a_subject_with_a_nul_is_paid_once_by_every_process(
    ledger: Database, tmp_path: Any
) -> None:
    for _ in range(2):
        append(ledger, [task("t\0x", "agent-1"), task("t\0y", "agent-1")])
        make_plugin(ledger, tmp_path).catch_up()
    (paid,) = rows(ledger, "SELECT count(*) FROM xp_transactions WHERE rule_id = 'task-completed'")
    assert paid == (2,)


def test_a_colon_in_a_name_makes_no_two_things_one(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    merges = [("a:b", "c"), ("a", "b:c"), ("a%3Ab", "c")]
    append(ledger, [Entry("pull_request.merged", url, None, {"agent_id": agent})
                    for agent, url in merges])  # fmt: skip
    plugin.catch_up()
    assert (
        rows(ledger, "SELECT agent_id, source_id FROM xp_transactions WHERE rule_id = 'pr-merged'")
        == merges
    )


def test_whatever_a_rule_raises_is_a_fault(ledger: Database, plugin: GamificationPlugin) -> None:
    class UnspeakableError(Exception):
        def __str__(self) -> str:
            raise ValueError

    def check(event: Event) -> bool:
        raise {"t-1": UnspeakableError(), "t-2": ValueError(LONE), "t-3": SystemExit(3)}[
            event.subject
        ]

    with_check(plugin, check)
    append(ledger, [task(f"t-{n}", "agent-1") for n in (1, 2, 3)])
    plugin.catch_up()
    assert total(ledger, "agent-1") == 85
    assert rows(ledger, "SELECT error FROM gamification_faults ORDER BY event_id") == [
        ("UnspeakableError",), ("ValueError: ?",), ("SystemExit: 3",),
    ]  # fmt: skip


def test_an_agent_that_uses_its_own_lesson_again_earns_nothing_by_it(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    append(ledger, [
        Entry("lesson.reused", f"l-{by}", None, {"agent_id": "agent-1", "by": by})
        for by in ("agent-1", "agent-2", "agent-1")
    ])  # fmt: skip
    plugin.catch_up()
    ((record,),) = rows(ledger, "SELECT record FROM gamification_metrics")
    assert json.loads(record)["lessons_reused_by_others"] == 1
