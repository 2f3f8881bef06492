"""Background tasks as a program gives them, looks at them, and cancels them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from genesis.contracts.background import BackgroundContext, TaskHandler, TaskStatus
from genesis.errors import UsageError
from genesis.minds.background import BackgroundTasks
from genesis.minds.background_handlers import MOST_JSON, Handlers
from genesis.storage.database import Database
from pydantic import JsonValue, ValidationError
from sqlalchemy import text

FAR_OFF = "2090-01-01T00:00:00Z"


@pytest.fixture
def tasks(minds: Database, gmid: str) -> BackgroundTasks:
    return BackgroundTasks(gmid, minds)


def test_everything_that_was_given_is_in_the_task_that_is_read_back(
    tasks: BackgroundTasks, tmp_path: Path
) -> None:
    report = tmp_path / "report.txt"
    report.write_text("twelve bytes")
    given = tasks.submit(
        "read the report", "anna@example.org", [report, {"name": "inline", "content": "text"}],
        {"step": 1, "notes": ["ä", None]}, False, {"source": "chat"}, handler="read",
        priority=3, run_at=FAR_OFF, max_retries=5,
    )  # fmt: skip
    assert given == tasks.get_task(given.task_id)
    assert given.status == TaskStatus.PENDING
    assert (given.user_request, given.user_email) == ("read the report", "anna@example.org")
    assert given.attachments == [
        {"name": "report.txt", "path": str(report), "size": 12},
        {"name": "inline", "content": "text"},
    ]
    assert given.context == {"step": 1, "notes": ["ä", None]}
    assert given.metadata == {"source": "chat"}
    assert not given.notify_on_complete
    assert (given.handler, given.priority, given.max_retries) == ("read", 3, 5)
    assert given.run_at == "2090-01-01T00:00:00.000000Z"


def test_the_older_call_works_with_its_names_and_order(tasks: BackgroundTasks) -> None:
    task = asyncio.run(
        tasks.execute_task(
            "do it", "anna@example.org", uploaded_files=[{"name": "a"}], context={"k": "v"},
            notify_on_complete=True, task_metadata={"m": 1},
        )
    )  # fmt: skip
    assert (task.handler, task.max_retries, task.priority) == ("request", 2, 0)
    assert (task.context, task.metadata) == ({"k": "v"}, {"m": 1})
    assert asyncio.run(tasks.execute_task("only a request")).attachments == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"user_request": " "}, "The request is empty"),
        ({"user_request": "x" * 1_000_001}, "1,000,000 are allowed"),
        ({"user_request": "a\0b"}, "NUL"),
        ({"user_request": "\ud83d"}, "surrogate"),
        ({"user_email": "e" * 321}, "320 are allowed"),
        ({"context": {"when": datetime.now(UTC)}}, "context cannot be stored as JSON: when is a"),
        ({"context": {"n": float("nan")}}, "JSON has no such number"),
        ({"context": ["list"]}, "context is list; give a dict"),
        ({"context": {"big": "x" * MOST_JSON}}, "1,048,576 are allowed"),
        ({"task_metadata": {1: "one"}}, "which is no text"),
        ({"uploaded_files": "one.txt"}, "uploaded_files is str; give a list"),
        ({"uploaded_files": [b"bytes"]}, r"uploaded_files\[0\] is bytes"),
        ({"uploaded_files": [{"data": b"x"}]}, "is a bytes, which JSON does not have"),
        ({"uploaded_files": ["/does/not/exist"]}, "cannot be read: No such file"),
        ({"uploaded_files": ["a\0b"]}, "cannot be read"),
        ({"handler": "No Name"}, "cannot be the name of a handler"),
        ({"priority": 1.5}, "priority is 1.5; give a whole number"),
        ({"priority": 2000}, "from -1000 to 1000"),
        ({"max_retries": -1}, "from 0 to 100"),
        ({"max_retries": True}, "give a whole number"),
        ({"run_at": "tomorrow"}, "is no time"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_name_and_nothing_is_written(
    tasks: BackgroundTasks, minds: Database, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        tasks.submit(**{"user_request": "a task", **arguments})  # type: ignore[arg-type]
    with minds.read() as connection:
        for table in ("background_tasks", "queue", "events WHERE type LIKE 'background%'"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_a_time_without_an_offset_is_local_and_one_with_an_offset_is_kept(
    tasks: BackgroundTasks,
) -> None:
    moment = datetime(2090, 6, 1, 12, 0)  # noqa: DTZ001 - that is what is tested
    assert tasks.submit("naive", run_at=moment).run_at == (
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    )
    assert tasks.submit("aware", run_at="2090-06-01T12:00:00+02:00").run_at == (
        "2090-06-01T10:00:00.000000Z"
    )


def test_lists_have_their_orders_and_only_this_minds_tasks(
    tasks: BackgroundTasks, minds: Database, other_gmid: str
) -> None:
    anna, bert = "anna@example.org", "bert@example.org"
    given = [tasks.submit(f"task {n}", anna if n % 2 else bert).task_id for n in range(6)]
    other = BackgroundTasks(other_gmid, minds)
    foreign = other.submit("foreign", anna)
    assert [task.task_id for task in tasks.get_active_tasks()] == given
    assert [task.task_id for task in tasks.get_active_tasks(limit=2)] == given[:2]
    assert [t.task_id for t in tasks.get_tasks_for_user(anna)] == given[5::-2]
    assert [t.task_id for t in tasks.get_tasks_for_user(bert, limit=1)] == [given[4]]
    assert tasks.get_task(foreign.task_id) is None
    assert not tasks.cancel(foreign.task_id)
    for place in (3, 0, 4):
        assert tasks.cancel(given[place])
    assert [t.task_id for t in tasks.get_completed_tasks()] == [given[4], given[0], given[3]]
    assert [t.task_id for t in tasks.get_completed_tasks(limit=1)] == [given[4]]
    assert [t.task_id for t in tasks.get_active_tasks()] == [given[1], given[2], given[5]]
    with pytest.raises(UsageError, match="limit"):
        tasks.get_completed_tasks(limit=0)


def test_a_waiting_task_is_cancelled_at_once_and_only_once(
    tasks: BackgroundTasks, minds: Database
) -> None:
    task = tasks.submit("never mind")
    assert tasks.cancel(task.task_id)
    assert not tasks.cancel(task.task_id)
    assert not tasks.cancel("task-that-never-was")
    ended = tasks.get_task(task.task_id)
    assert ended is not None
    assert ended.status == TaskStatus.CANCELLED
    assert ended.completed_at is not None
    assert ended.error == "cancelled"
    with minds.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM queue")).scalar_one() == 0


def test_a_task_says_what_it_waits_for(minds: Database, gmid: str) -> None:
    handlers = Handlers()
    handlers.register("known", lambda _context: None)
    tasks = BackgroundTasks(gmid, minds, handlers=handlers)
    assert tasks.submit("now", handler="known").waiting_for == ""
    assert tasks.submit("later", handler="known", run_at=FAR_OFF).waiting_for == (
        "its time, 2090-01-01T00:00:00.000000Z"
    )
    assert "'unknown'; this one does not" in tasks.submit("who", handler="unknown").waiting_for
    # Who does not know which handlers there are says nothing about them.
    assert BackgroundTasks(gmid, minds).submit("who", handler="unknown").waiting_for == ""


def test_pruning_deletes_what_ended_long_ago_and_nothing_that_is_open(
    tasks: BackgroundTasks, minds: Database, gmid: str, other_gmid: str
) -> None:
    old = [tasks.submit("old").task_id for _ in range(5)]
    new = tasks.submit("new").task_id
    still_open = tasks.submit("open").task_id
    foreign = BackgroundTasks(other_gmid, minds)
    kept = foreign.submit("another mind's").task_id
    for task_id in (*old, new):
        tasks.cancel(task_id)
    foreign.cancel(kept)
    long_ago = (datetime.now(UTC) - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    change = text("UPDATE background_tasks SET completed_at = :then WHERE user_request <> 'new'"
                  " AND completed_at IS NOT NULL")  # fmt: skip
    minds.writer.write(lambda c: c.execute(change, {"then": long_ago}))
    assert tasks.prune(31) == 0
    assert tasks.prune(29) == 5
    assert [tasks.get_task(task_id) for task_id in old] == [None] * 5
    assert tasks.get_task(new) is not None
    assert tasks.get_task(still_open) is not None
    assert foreign.get_task(kept) is not None
    with pytest.raises(UsageError, match="older_than_days"):
        tasks.prune(-1)


def test_a_handlers_name_is_taken_once_and_the_kernels_are_reserved() -> None:
    handlers = Handlers()
    handlers.register("mine", lambda _context: None)
    with pytest.raises(UsageError, match="already"):
        handlers.register("mine", lambda _context: None)
    with pytest.raises(ValidationError, match="are the kernel's"):
        TaskHandler(name="genesis.retention", run="a.b:c", description="d")


def test_a_context_for_a_handlers_own_tests_is_made_in_one_line() -> None:
    told: list[tuple[float, str]] = []

    def handler(context: BackgroundContext, /) -> JsonValue:
        for fraction in (-1.0, 0.5, 7.0, float("nan")):
            context.progress(fraction, "said")
        return context.user_request

    context = BackgroundContext(
        "id", "mind", "request", None, {}, [], {}, 1, report=lambda f, m: told.append((f, m))
    )
    assert handler(context) == "request"
    assert told == [(0.0, "said"), (0.5, "said"), (1.0, "said"), (0.0, "said")]
