"""What is ready is begun, and nothing before its phase."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from genesis.clock import utc_after
from genesis.contracts.work import Phase, PlannedTask, Status
from genesis.kernel import Kernel
from genesis.storage.database import Database
from pydantic import ValidationError
from sqlalchemy import text

from tests.sessions.conftest import Lab
from tests.storage.work import Work, planned
from tests.support import acting, until, write_plan


def queued(database: Database, key: str) -> int:
    """How many entries the queue has for a task."""
    query = text("SELECT count(*) FROM queue WHERE item LIKE :item")
    with database.read() as connection:
        return int(connection.execute(query, {"item": f"%.{key}"}).scalar_one())


def begun(database: Database, key: str) -> int:
    """How often a task was begun."""
    query = text("SELECT count(*) FROM events WHERE type = 'task.started' AND subject LIKE :item")
    with database.read() as connection:
        return int(connection.execute(query, {"item": f"%.{key}"}).scalar_one())


@pytest.mark.parametrize("workers", [1, 2])
def test_a_verifying_task_that_depends_on_one_waits_for_the_whole_run_phase(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    monkeypatch.setenv("GENESIS_WORKERS", str(workers))
    go = tmp_path / "go"
    tasks = [
        acting("a"),
        acting("b", ["wait", str(go)]),
        acting("v", verifies=True, depends_on=["a"], specialist="alpha"),
    ]
    with lab.live(*tasks) as live:
        until(lambda: live.status("b") == ("in_progress", 1), "b runs")
        until(
            lambda: lab.read(live.kernel, live.id)[1]["a"].status == Status.COMPLETED,
            "the end of a is recorded",
        )
        assert queued(live.kernel.database, "v") == 0
        go.touch()
        live.thread.join(30)
        session, ended = lab.read(live.kernel, live.id)
        assert begun(live.kernel.database, "v") == 1
    assert (session.status, session.phase) == (Status.COMPLETED, Phase.DONE)
    assert {task.status for task in ended.values()} == {Status.COMPLETED}
    assert ended["v"].started_at >= ended["b"].completed_at


def test_dependencies_across_phases_and_within_each_are_all_kept(database: Database) -> None:
    work = Work(database)
    work.session(
        "s", planned("a"), planned("b", "a"),
        planned("v", "a", phase=Phase.VERIFY), planned("w", "v", "b", phase=Phase.VERIFY),
    )  # fmt: skip
    work.open_gates("s")
    (a,) = work.claim("s")
    work.end(a)
    (b,) = work.claim("s")
    assert b.key == "b"
    assert work.claim("s") == []
    work.end(b)
    assert work.run_all("s") == ["v", "w"]
    assert set(work.statuses("s").values()) == {"completed"}


def test_work_to_be_done_now_does_not_wait_for_a_clock_that_was_set_back(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plan(lab.repository, acting("a"), acting("b", depends_on=["a"]))
    with Kernel(lab.home, plugins="probe") as kernel:
        session_id = kernel.create_session("a goal", "probe", lab.repository, {})
    monkeypatch.setattr("genesis.storage.queue.utc_now", lambda: utc_after(-3600))
    session, _tasks = lab.resume(session_id)
    assert session.status == Status.COMPLETED


def test_a_clock_that_runs_backwards_delays_nothing(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes = count(1)
    monkeypatch.setattr("genesis.storage.queue.utc_now", lambda: utc_after(-60 * next(minutes)))
    session, tasks = lab.run(
        acting("a", ["die", 1]),
        acting("b", depends_on=["a"]),
        acting("v", verifies=True, kind="verify"),
    )
    assert session.status == Status.COMPLETED
    assert tasks["a"].attempt == 2


def test_a_time_limit_without_end_is_refused() -> None:
    with pytest.raises(ValidationError):
        PlannedTask.model_validate_json(
            '{"key": "a", "kind": "w", "description": "d", "time_limit_seconds": Infinity}'
        )
