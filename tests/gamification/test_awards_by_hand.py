"""XP by hand, praise and merges: what a person says counts once."""

from __future__ import annotations

import threading

import pytest
from genesis.errors import ConflictError, NotFoundError, UsageError
from genesis.storage.database import Database
from genesis_gamification.plugin import GamificationPlugin

from tests.gamification.logs import append, rows, task, total


@pytest.fixture
def worked(ledger: Database) -> Database:
    """Two agents that completed tasks of the session s-1, and one that failed."""

    def operation(connection: object) -> None:
        run = connection.exec_driver_sql  # type: ignore[attr-defined]
        for session in ("s-1", "s-2"):
            run("INSERT INTO sessions (id, team_id, goal, status, phase, target_repo, "
                "iteration_count, options, reason, open_tasks, cancel_requested, created_at) "
                "VALUES (?, 't', 'g', 'completed', 'run', '/r', 1, '{}', '', 0, 0, '2026')",
                (session,))  # fmt: skip
        for name, agent, status in (
            ("t-1", "agent-1", "completed"), ("t-2", "agent-2", "completed"),
            ("t-3", "agent-3", "failed"),
        ):  # fmt: skip
            run("INSERT INTO tasks (id, session_id, agent_id, position, key, kind, description, "
                "status, priority, phase, params, time_limit_seconds, waiting_on, dependents, "
                "attempt, retry_count, progress, created_at) VALUES (?, 's-1', ?, 0, 'k', 'k', "
                "'d', ?, 'medium', 'run', '{}', 1, 0, 0, 1, 0, 1, '2026')",
                (name, agent, status))  # fmt: skip

    ledger.writer.write(operation)
    return ledger


def test_an_award_counts_and_is_audited(ledger: Database, plugin: GamificationPlugin) -> None:
    award = plugin.award_xp("agent-1", 120, " for the docs ", "k-1", "ann")
    assert award == {"awarded": True, "id": 1, "total_xp": 140, "level": 2}
    assert rows(
        ledger, "SELECT reason, source_type, actor, dedup_key, event_id FROM xp_transactions"
    ) == [
        ("for the docs", "bonus", "ann", "manual:k-1", None),
        ("Level 2: Apprentice", "level_up", "ann", "level-up:agent-1:2", None),
    ]
    assert plugin.verify().differences == []


def test_the_same_key_again_changes_nothing(ledger: Database, plugin: GamificationPlugin) -> None:
    plugin.award_xp("agent-1", 20, "r", "k-1", "ann")
    assert plugin.award_xp("agent-1", 20, "r", "k-1", "ann") == {"awarded": False, "existing": 1}
    with pytest.raises(ConflictError, match="20 XP for 'agent-1', transaction 1"):
        plugin.award_xp("agent-2", 20, "r", "k-1", "ann")
    assert total(ledger, "agent-1") == 20


def test_one_key_from_many_threads_is_paid_once(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    found = []
    threads = [
        threading.Thread(
            target=lambda: found.append(plugin.award_xp("agent-1", 9, "r", "k", "ann"))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each["awarded"] for each in found) == [False] * 7 + [True]
    assert total(ledger, "agent-1") == 9


def test_a_negative_award_is_a_penalty(ledger: Database, plugin: GamificationPlugin) -> None:
    plugin.award_xp("agent-1", -30, "broke the build", "k-1", "ann")
    assert rows(ledger, "SELECT source_type, amount FROM xp_transactions") == [("penalty", -30)]


@pytest.mark.parametrize(
    ("agent", "amount", "reason", "key", "error"),
    [
        ("nobody", 5, "r", "k", NotFoundError), ("agent-1", 0, "r", "k", UsageError),
        ("agent-1", 10_001, "r", "k", UsageError), ("agent-1", -10_001, "r", "k", UsageError),
        ("agent-1", 5, "  ", "k", UsageError), ("agent-1", 5, "r" * 201, "k", UsageError),
        ("agent-1", 5, "r", "", UsageError),
    ],
)  # fmt: skip
def test_an_award_that_makes_no_sense_is_refused(
    ledger: Database, plugin: GamificationPlugin, agent: str, amount: int, reason: str, key: str,
    error: type[Exception],
) -> None:  # fmt: skip
    with pytest.raises(error):
        plugin.award_xp(agent, amount, reason, key, "ann")
    assert rows(ledger, "SELECT * FROM xp_transactions") == []


def test_a_session_is_praised_once_for_who_completed_something(
    worked: Database, plugin: GamificationPlugin
) -> None:
    assert plugin.praise("s-1") == {"new": True, "agents": ["agent-1", "agent-2"]}
    assert plugin.praise("s-1") == {"new": False, "agents": ["agent-1", "agent-2"]}
    assert [total(worked, f"agent-{n}") for n in (1, 2, 3)] == [120, 120, 0]


def test_praise_of_a_task_is_for_its_agent(worked: Database, plugin: GamificationPlugin) -> None:
    assert plugin.praise("t-3")["agents"] == ["agent-3"]
    assert plugin.praise("t-3")["new"] is False
    assert total(worked, "agent-3") == 120


def test_what_was_never_done_cannot_be_praised(
    worked: Database, plugin: GamificationPlugin
) -> None:
    with pytest.raises(NotFoundError, match="no session or task 'x'"):
        plugin.praise("x")
    with pytest.raises(UsageError, match="No task"):
        plugin.praise("s-2")


def test_a_merged_pull_request_counts_once(worked: Database, plugin: GamificationPlugin) -> None:
    url = "https://example.org/pull/1"
    assert plugin.merged(url, "s-1")["new"]
    assert not plugin.merged(url, "s-1")["new"]
    assert rows(
        worked, "SELECT agent_id, amount FROM xp_transactions WHERE rule_id = 'pr-merged'"
    ) == [("agent-1", 50), ("agent-2", 50)]
    with pytest.raises(UsageError, match="no address"):
        plugin.merged("pull/1", "s-1")


def test_awards_by_hand_go_between_events_of_the_log(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    append(ledger, [task("t-1", "agent-1")])
    plugin.award_xp("agent-1", 20, "r", "k-1", "ann")
    plugin.catch_up()
    assert total(ledger, "agent-1") == 85
    assert plugin.verify().differences == []


def test_text_that_cannot_be_stored_is_refused(
    ledger: Database, plugin: GamificationPlugin
) -> None:
    for odd in ("\udcff", "a\0b"):
        for award in ((odd, 5, "r", "k", "ann"), ("agent-1", 5, odd, "k", "ann"),
                      ("agent-1", 5, "r", odd, "ann")):  # fmt: skip
            with pytest.raises(UsageError):
                plugin.award_xp(*award)
        with pytest.raises(NotFoundError):
            plugin.praise(odd)
        with pytest.raises(UsageError, match="no address"):
            plugin.merged(f"https://{odd}", "s-1")
    assert rows(ledger, "SELECT * FROM xp_transactions") == []
