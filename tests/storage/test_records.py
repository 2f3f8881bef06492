"""What one reads: sessions by part of an id, page by page, and the two views."""

from __future__ import annotations

from typing import Any

import pytest
from genesis.contracts.work import Status
from genesis.errors import UsageError
from genesis.storage.database import Database
from genesis.storage.records import (
    list_sessions,
    open_sessions,
    read_session,
    read_tasks,
)
from genesis.storage.sessions import finish_session
from sqlalchemy import text

from tests.storage.work import Work, planned


@pytest.fixture
def work(database: Database) -> Work:
    """A database with a team of two."""
    return Work(database)


def view(database: Database, name: str) -> list[dict[str, Any]]:
    with database.read() as connection:
        return [dict(row) for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()]


def test_a_session_is_found_by_its_id_or_a_part_of_it(work: Work) -> None:
    work.session("session-20260101T000000Z-aaaa")
    work.session("session-20260202T000000Z-bbbb")
    with work.database.read() as connection:
        assert read_session(connection, "session-20260101T000000Z-aaaa").id.endswith("aaaa")
        assert read_session(connection, "0101").id.endswith("aaaa")
        assert read_session(connection, "latest").id.endswith("bbbb")
        with pytest.raises(UsageError, match="fits several sessions"):
            read_session(connection, "2026")


@pytest.mark.parametrize("part", ["", "  ", "nothing", "%", "_", "session-2026%", "'; --", "\n"])
def test_what_fits_no_session_is_told(work: Work, part: str) -> None:
    work.session("session-20260101T000000Z-aaaa")
    with work.database.read() as connection, pytest.raises(UsageError, match="sessions list"):
        read_session(connection, part)


def test_latest_of_nothing_is_told(work: Work) -> None:
    with work.database.read() as connection, pytest.raises(UsageError, match="no session 'latest'"):
        read_session(connection, "latest")


def test_the_whole_id_wins_over_longer_ones_that_contain_it(work: Work) -> None:
    work.session("session-1")
    work.session("session-11")
    with work.database.read() as connection:
        assert read_session(connection, "session-1").id == "session-1"


def test_pages_follow_each_other_without_gap_or_double(work: Work) -> None:
    ids = [f"session-2026010{n}" for n in range(1, 8)]
    for session_id in ids:
        work.session(session_id)
    seen: list[str] = []
    before: str | None = None
    with work.database.read() as connection:
        while page := list_sessions(connection, 3, before):
            seen += [session.id for session in page]
            before = seen[-1]
    assert seen == sorted(ids, reverse=True)


def test_open_sessions_are_those_without_an_end_oldest_first(work: Work) -> None:
    for name in ("session-1", "session-2", "session-3"):
        work.session(name)
    work.write(
        lambda c: finish_session(
            c, "session-2", Status.COMPLETED, reason="", summary={"n": 1}, exit_code=0
        )
    )
    with work.database.read() as connection:
        assert [s.id for s in open_sessions(connection)] == ["session-1", "session-3"]
        ended = read_session(connection, "session-2")
    assert (ended.status, ended.summary, ended.exit_code) == (Status.COMPLETED, {"n": 1}, 0)


def test_tasks_come_in_the_order_of_the_plan(work: Work) -> None:
    work.session("session-1", planned("z"), planned("a"), planned("m"))
    with work.database.read() as connection:
        assert [task.key for task in read_tasks(connection, "session-1")] == ["z", "a", "m"]


def test_active_sessions_counts_tasks_and_agents(work: Work) -> None:
    work.session("session-1", planned("a"), planned("b"), planned("c", specialist="beta"))
    work.session("session-2")
    work.session("session-3", planned("a"))
    work.write(
        lambda c: finish_session(c, "session-3", Status.FAILED, reason="", summary={}, exit_code=1)
    )
    rows = view(work.database, "v_active_sessions")
    assert list(rows[0]) == [
        "id", "team_id", "team_name", "status", "target_repo", "branch_name", "agent_count",
        "task_count", "started_at",
    ]  # fmt: skip
    counts = {row["id"]: (row["agent_count"], row["task_count"]) for row in rows}
    assert counts == {"session-1": (2, 3), "session-2": (0, 0)}
    assert rows[0]["team_name"] == "Probe"
    assert rows[0]["started_at"]


def test_performance_counts_what_ended_and_no_missing_duration(work: Work) -> None:
    keys = ("fast", "slow", "broken", "blocked", "running", "waits")
    work.session("session-1", *(planned(key) for key in keys))
    work.open_gates("session-1")
    tasks = {task.key: task for task in work.claim("session-1", 5)}
    work.end(tasks["fast"], seconds=60)
    work.end(tasks["slow"], seconds=180)
    work.end(tasks["broken"], Status.FAILED, seconds=300)
    work.end(tasks["blocked"], Status.BLOCKED, seconds=6000)
    work.write(
        lambda c: c.execute(text("UPDATE tasks SET duration_seconds = NULL WHERE key = 'slow'"))
    )
    rows = {row["id"]: row for row in view(work.database, "v_agent_performance")}
    assert list(rows["alpha"]) == [
        "id", "name", "role", "team_name", "total_tasks_completed", "total_tasks_failed",
        "success_rate_pct", "avg_duration_minutes",
    ]  # fmt: skip
    assert rows["alpha"]["total_tasks_completed"] == 2
    assert rows["alpha"]["total_tasks_failed"] == 1
    assert rows["alpha"]["success_rate_pct"] == 66.67
    assert rows["alpha"]["avg_duration_minutes"] == 3.0
    assert rows["beta"]["total_tasks_completed"] == 0
    assert rows["beta"]["success_rate_pct"] is None
    assert rows["beta"]["avg_duration_minutes"] is None


def test_performance_shows_active_agents_best_first(work: Work) -> None:
    work.session("session-1", planned("a"), planned("b", specialist="beta"))
    work.open_gates("session-1")
    for task in work.claim("session-1", 2):
        work.end(task, Status.COMPLETED if task.key == "b" else Status.FAILED)
    rows = view(work.database, "v_agent_performance")
    assert [row["id"] for row in rows] == ["beta", "alpha"]
    work.write(lambda c: c.execute(text("UPDATE agents SET is_active = 0 WHERE id = 'beta'")))
    assert [row["id"] for row in view(work.database, "v_agent_performance")] == ["alpha"]
