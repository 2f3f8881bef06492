"""What the older system lost of background tasks: each test is named after what it protects."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from genesis.contracts.background import BackgroundContext, TaskStatus
from genesis.errors import StorageError
from genesis.minds.background import BackgroundTasks
from genesis.storage import background_tasks
from genesis.storage.database import Database
from pydantic import JsonValue
from sqlalchemy import text

from tests.minds.background_fixtures import SOON, Work
from tests.support import until


def reopened(database: Database, gmid: str) -> BackgroundTasks:
    """The mind's tasks as the next process finds them."""
    return BackgroundTasks(gmid, Database(database.path, durability="normal"))


def test_the_row_is_written_before_execute_task_returns(minds: Database, gmid: str) -> None:
    task = asyncio.run(BackgroundTasks(gmid, minds).execute_task("just queued"))
    found = reopened(minds, gmid).get_task(task.task_id)
    assert found is not None
    assert found.status == TaskStatus.PENDING


def test_context_files_and_metadata_are_saved(minds: Database, gmid: str) -> None:
    task = asyncio.run(
        BackgroundTasks(gmid, minds).execute_task(
            "remember", uploaded_files=[{"name": "f"}], context={"a": [1]}, task_metadata={"b": 2}
        )
    )
    found = reopened(minds, gmid).get_task(task.task_id)
    assert found is not None
    assert (found.attachments, found.context, found.metadata) == (
        [{"name": "f"}],
        {"a": [1]},
        {"b": 2},
    )


def test_a_finished_task_is_found_after_a_restart(
    minds: Database, gmid: str, tmp_path: Path
) -> None:
    work = Work(minds, gmid, tmp_path / "home", request=lambda _context: {"found": True})
    task = work.tasks.submit("finish")
    work.runner.run_until_idle()
    work.close()
    later = reopened(minds, gmid)
    found = later.get_task(task.task_id)
    assert found is not None
    assert found.result == {"found": True}
    assert [t.task_id for t in later.get_completed_tasks()] == [task.task_id]


def test_two_retries_are_three_attempts(
    minds: Database, gmid: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_tasks, "FIRST_PAUSE_SECONDS", SOON)
    attempts: list[int] = []

    def handle(context: BackgroundContext, /) -> JsonValue:
        attempts.append(context.attempt)
        raise ValueError(f"attempt {context.attempt}")

    work = Work(minds, gmid, tmp_path / "home", request=handle)
    task = work.tasks.submit("fail", max_retries=2)
    while (found := work.tasks.get_task(task.task_id)) is not None and not found.status.is_final:
        work.runner.run_until_idle()
    work.close()
    assert attempts == [1, 2, 3]
    assert found is not None
    assert (found.status, found.retry_count) == (TaskStatus.FAILED, 2)
    assert found.error == "ValueError: attempt 3"


@pytest.mark.parametrize("asked_to_cancel", [False, True])
def test_no_running_row_of_a_dead_process_counts_as_busy_for_ever(
    minds: Database, gmid: str, tmp_path: Path, asked_to_cancel: bool
) -> None:
    work = Work(minds, gmid, tmp_path / "home", request=lambda _context: "resumed")
    task = work.tasks.submit("zombie")
    lanes = work.handlers.lanes()
    minds.writer.write(lambda c: background_tasks.claim_task(c, lanes, "process-that-is-gone"))
    if asked_to_cancel:
        assert work.tasks.cancel(task.task_id)
    assert [t.status for t in work.tasks.get_active_tasks()] == [TaskStatus.RUNNING]
    work.runner.run_until_idle()
    work.close()
    assert work.tasks.get_active_tasks() == []
    (ended,) = work.tasks.get_completed_tasks()
    assert ended.status == (TaskStatus.CANCELLED if asked_to_cancel else TaskStatus.COMPLETED)


def test_a_database_that_cannot_be_written_is_an_error_and_not_an_accepted_task(
    minds: Database, gmid: str
) -> None:
    refuse = text("CREATE TRIGGER refuse BEFORE INSERT ON queue BEGIN "
                  "SELECT RAISE(ABORT, 'no room'); END")  # fmt: skip
    minds.writer.write(lambda c: c.execute(refuse))
    with pytest.raises(StorageError, match="no room"):
        BackgroundTasks(gmid, minds).submit("lost?")
    assert reopened(minds, gmid).get_tasks_for_user("nobody") == []
    with minds.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM background_tasks")).scalar_one() == 0


def test_two_processes_load_the_same_rows_and_one_runs_each(
    minds: Database, gmid: str, tmp_path: Path
) -> None:
    ran: list[str] = []

    def handle(context: BackgroundContext, /) -> JsonValue:
        ran.append(context.task_id)
        return None

    api = Work(minds, gmid, tmp_path / "home", request=handle)
    daemon = Work(minds, gmid, tmp_path / "home", request=handle)
    given = [api.tasks.submit("once").task_id for _ in range(50)]
    for work in (api, daemon):
        work.runner.start()
    until(lambda: api.tasks.get_active_tasks() == [], "the end of all tasks")
    for work in (api, daemon):
        work.close()
    assert sorted(ran) == sorted(given)
