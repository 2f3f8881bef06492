"""Background tasks of minds: rows, their way through the queue, and their events.

The row of a task stays when it has ended; its entry in the queue is there while it is open. Each
handler has two lanes: in one stands what can begin at once, in the other what has a time, so that
neither waits for the other to be empty. Who holds a lease alone may record how an attempt ended.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue
from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    func,
    insert,
    null,
    select,
    text,
    update,
)

from genesis.clock import growing_pause, utc_now
from genesis.contracts.background import BackgroundTask, TaskStatus
from genesis.errors import LostLeaseError
from genesis.storage import queue
from genesis.storage.background_tables import BackgroundTaskRow
from genesis.storage.database import Database
from genesis.storage.events import NewEvent, append_events
from genesis.storage.queue_tables import QueueRow
from genesis.storage.statements import Statement, Value, Values, table

LANES = "background:"
FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 600.0

Row = tuple[Value, ...]


@dataclass(frozen=True)
class Ending:
    """How an attempt ended: with a result as JSON text, or with an error."""

    lease: queue.Lease
    task: BackgroundTask
    result: str | None = None
    error: str | None = None
    may_retry: bool = True


_tasks = table(BackgroundTaskRow)
_queue = table(QueueRow)
_t = _tasks.c
# In the order of BackgroundTask.
_FIELDS = (
    "task_id", "mind_gmid", "user_email", "user_request", "handler", "status", "progress",
    "progress_message", "priority", "run_at", "created_at", "started_at", "completed_at", "result",
    "error", "retry_count", "max_retries", "notify_on_complete", "cancel_requested", "context",
    "attachments", "extra_data",
)  # fmt: skip
_NEW: dict[str, Value] = {
    "status": "pending", "progress": 0.0, "progress_message": None, "started_at": None,
    "completed_at": None, "error": None, "retry_count": 0, "cancel_requested": 0, "result": None,
}  # fmt: skip
COLUMNS = [_t[name] for name in _FIELDS]
_this = _t.task_id == bindparam("of_task")
_mine = _t.mind_gmid == bindparam("mind")
# Word for word as in the index, so that it is used.
_ended = text("completed_at IS NOT NULL")

_ACCEPT = Statement(insert(_tasks), _FIELDS)
_START = Statement(
    update(_tasks)
    .where(_this)
    .values(status="running", started_at=bindparam("now"), progress=0.0, progress_message=null())
    .returning(*COLUMNS)
)
_END = Statement(
    update(_tasks)
    .where(_this)
    .values(
        status=bindparam("to"),
        completed_at=bindparam("now"),
        result=bindparam("outcome"),
        error=bindparam("why"),
        progress=func.coalesce(bindparam("done"), _t.progress),
        run_at=null(),
    )
)
_RETRY = Statement(
    update(_tasks)
    .where(_this)
    .values(
        status="retrying",
        retry_count=_t.retry_count + 1,
        error=bindparam("why"),
        run_at=bindparam("at"),
    )
)
_WAIT_AGAIN = Statement(update(_tasks).where(_this).values(status="pending").returning(*COLUMNS))
_PROGRESS = Statement(
    update(_tasks)
    .where(_this)
    .values(progress=bindparam("fraction"), progress_message=bindparam("message"))
    .returning(_t.cancel_requested)
)
_ASK_TO_CANCEL = Statement(
    update(_tasks)
    .where(_this, _mine, _t.completed_at.is_(null()))
    .values(cancel_requested=1)
    .returning(*COLUMNS)
)
_IS_CANCELLED = Statement(select(_t.cancel_requested).where(_this))
_PRUNE = Statement(
    delete(_tasks).where(
        _t.task_id.in_(
            select(_t.task_id)
            .where(_mine, _ended, _t.completed_at < bindparam("before"))
            .limit(bindparam("at_most"))
        )
    )
)
_GET = Statement(select(*COLUMNS).where(_this, _mine))
# Open tasks are few, and the queue holds them all: an index of their own would cost every task.
_FIRST_OPEN = Statement(
    select(*COLUMNS)
    .join_from(_queue, _tasks, _t.task_id == _queue.c.item)
    .where(_mine)
    .order_by(_queue.c.id)
    .limit(bindparam("at_most"))
)
_LAST_ENDED = Statement(
    select(*COLUMNS)
    .where(_mine, _ended)
    .order_by(_t.completed_at.desc(), _t.task_id.desc())
    .limit(bindparam("at_most"))
)
_OF_USER = Statement(
    select(*COLUMNS)
    .where(_mine, _t.user_email == bindparam("email"))
    .order_by(_t.created_at.desc(), _t.task_id.desc())
    .limit(bindparam("at_most"))
)


def lanes_of(handler: str) -> tuple[str, str]:
    """The lanes of a handler: what can begin at once, and what has a time."""
    return f"{LANES}now:{handler}", f"{LANES}later:{handler}"


def pause_seconds(failures: int) -> float:
    """How long to wait after that many failed attempts: 2, 4, 8 ... and never over 10 minutes."""
    return growing_pause(failures, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)


def new_row(values: Values) -> dict[str, Value]:
    """All columns of a new task; `values` are those that its caller decides."""
    return {**_NEW, **values}


def in_order(row: Values) -> Row:
    """A new task's columns in the order that `task_of` reads."""
    return tuple(row[name] for name in _FIELDS)


def task_of(row: Row) -> BackgroundTask:
    """The record of a row as the statements here return it."""
    columns: tuple[Any, ...] = row
    (task_id, mind, email, request, handler, status, progress, message, priority, run_at, created,
     started, completed, result, error, failures, most, notify, cancel, context, files,
     extra) = columns  # fmt: skip
    # By place: each task is read several times on its way.
    return BackgroundTask(
        task_id, mind, email, request, handler, TaskStatus(status), progress, message, priority,
        run_at, created, started, completed, None if result is None else json.loads(result), error,
        failures, most, bool(notify), bool(cancel), {} if context == "{}" else json.loads(context),
        [] if files == "[]" else json.loads(files), {} if extra == "{}" else json.loads(extra),
    )  # fmt: skip


def accept_task(connection: Connection, row: Values) -> None:
    """Write a new task, its place in the queue and its event."""
    _ACCEPT.run(connection, row)
    now, later = lanes_of(str(row["handler"]))
    run_at = str(row["run_at"] or "")
    item, priority = str(row["task_id"]), int(row["priority"] or 0)
    queue.enqueue(connection, [queue.QueueEntry(item, later if run_at else now, priority, run_at)])
    _tell(connection, "accepted", (item, row["mind_gmid"], row["handler"]))


def claim_task(
    connection: Connection, lanes: Sequence[str], owner: str
) -> tuple[queue.Lease, Row] | None:
    """Start the next attempt of the task that goes first; its row is for `task_of`."""
    lease = queue.claim_first(connection, lanes, owner)
    if lease is None:
        return None
    rows = _START.run(connection, {"of_task": lease.item, "now": utc_now()}).fetchall()
    if not rows:  # Its mind was deleted.
        queue.complete(connection, [lease])
        return None
    _tell(connection, "started", (lease.item, rows[0][1], rows[0][4]), attempt=lease.attempt)
    return lease, rows[0]


def finish_attempt(connection: Connection, ending: Ending) -> TaskStatus | None:
    """Record how an attempt ended, with its event; gives what became of the task.

    Gives None and writes nothing when the lease has passed to another attempt.
    """
    try:
        status = _status_after(connection, ending)
        if status == TaskStatus.RETRYING:
            _retry(connection, ending)
        else:
            queue.complete(connection, [ending.lease])
            _end(connection, ending.task, status, ending)
    except LostLeaseError:
        return None
    return status


def report_progress(
    connection: Connection, lease: queue.Lease, fraction: float, message: str
) -> bool:
    """Record progress and renew the lease; gives whether the attempt is to go on."""
    if (lease.item, lease.attempt) not in queue.renew(connection, lease.owner):
        return False
    values: Values = {"of_task": lease.item, "fraction": fraction, "message": message or None}
    return _PROGRESS.run(connection, values).fetchall() == [(0,)]


def ask_to_cancel(connection: Connection, mind: str, task_id: str) -> bool:
    """Cancel a task that waits, or ask the attempt that runs; False when there is none open."""
    rows = _ASK_TO_CANCEL.run(connection, {"of_task": task_id, "mind": mind}).fetchall()
    if rows and queue.withdraw(connection, task_id):
        _end(connection, task_of(rows[0]), TaskStatus.CANCELLED, None)
    return bool(rows)


def release_tasks(connection: Connection, owner: str, *, only_overdue: bool) -> int:
    """Make ready what a dead owner held, or what has run out; gives how many tasks that were."""
    attempts = queue.release_held(connection, LANES, owner, only_overdue=only_overdue)
    for task_id, attempt in attempts:
        _interrupt(connection, task_id, attempt)
    return len(attempts)


def give_back(connection: Connection, leases: Sequence[queue.Lease]) -> None:
    """Make ready what this process will not finish; attempts that are lost already stay so."""
    for lease in leases:
        try:
            queue.retry(connection, lease)
        except LostLeaseError:
            continue
        _interrupt(connection, lease.item, lease.attempt)


def prune_tasks(connection: Connection, mind: str, before: str, at_most: int) -> int:
    """Delete that many tasks that ended before a time; gives how many there were."""
    values: Values = {"mind": mind, "before": before, "at_most": at_most}
    return _PRUNE.run(connection, values).rowcount


def is_cancel_requested(database: Database, task_id: str) -> bool:
    """Whether somebody wants an attempt to end."""
    return database.fetch(_IS_CANCELLED, {"of_task": task_id}) == [(1,)]


def read_task(database: Database, mind: str, task_id: str) -> BackgroundTask | None:
    """One task of a mind, open or ended."""
    rows = database.fetch(_GET, {"of_task": task_id, "mind": mind})
    return task_of(rows[0]) if rows else None


def read_open_tasks(database: Database, mind: str, limit: int) -> list[BackgroundTask]:
    """The tasks that have not ended, oldest first."""
    return [task_of(row) for row in database.fetch(_FIRST_OPEN, {"mind": mind, "at_most": limit})]


def read_ended_tasks(database: Database, mind: str, limit: int) -> list[BackgroundTask]:
    """The tasks that ended last, however they ended, the last one first."""
    return [task_of(row) for row in database.fetch(_LAST_ENDED, {"mind": mind, "at_most": limit})]


def read_tasks_of_user(
    database: Database, mind: str, email: str, limit: int
) -> list[BackgroundTask]:
    """The tasks that a user gave, newest first."""
    values: Values = {"mind": mind, "email": email, "at_most": limit}
    return [task_of(row) for row in database.fetch(_OF_USER, values)]


def _status_after(connection: Connection, ending: Ending) -> TaskStatus:
    if ending.error is None:
        return TaskStatus.COMPLETED
    asked = _IS_CANCELLED.run(connection, {"of_task": ending.task.task_id}).fetchall()
    if asked == [(1,)]:
        return TaskStatus.CANCELLED
    retries_left = ending.task.max_retries - ending.task.retry_count
    return TaskStatus.RETRYING if ending.may_retry and retries_left > 0 else TaskStatus.FAILED


def _retry(connection: Connection, ending: Ending) -> None:
    task, lease = ending.task, ending.lease
    pause = pause_seconds(task.retry_count + 1)
    _, later = lanes_of(task.handler)
    run_at = queue.retry(connection, lease, after_seconds=pause, lane=later)
    _RETRY.run(connection, {"of_task": task.task_id, "why": ending.error, "at": run_at or None})
    _tell(connection, "retrying", _key_of(task), attempt=lease.attempt, run_at=run_at)


def _end(
    connection: Connection, task: BackgroundTask, status: TaskStatus, ending: Ending | None
) -> None:
    values: dict[str, Value] = {
        "of_task": task.task_id, "to": status, "now": utc_now(), "outcome": None,
        "why": "cancelled", "done": None,
    }  # fmt: skip
    if ending is not None and status != TaskStatus.CANCELLED:
        done = 1.0 if status == TaskStatus.COMPLETED else None
        values |= {"outcome": ending.result, "why": ending.error, "done": done}
    _END.run(connection, values)
    more: dict[str, JsonValue] = {"status": status, "notify": task.notify_on_complete}
    if ending is not None:
        more["attempt"] = ending.lease.attempt
    _tell(connection, "finished", _key_of(task), **more)


def _interrupt(connection: Connection, task_id: str, attempt: int) -> None:
    """Note that an attempt ended with its process; its task waits again, or is cancelled."""
    (row,) = _WAIT_AGAIN.run(connection, {"of_task": task_id}).fetchall()
    task = task_of(row)
    _tell(connection, "interrupted", _key_of(task), attempt=attempt)
    if task.cancel_requested and queue.withdraw(connection, task_id):
        _end(connection, task, TaskStatus.CANCELLED, None)


def _key_of(task: BackgroundTask) -> Row:
    return task.task_id, task.mind_gmid, task.handler


def _tell(connection: Connection, what: str, key: Row, **more: JsonValue) -> None:
    """Write an event about a task; `key` is its id, its mind and its handler."""
    task_id, mind, handler = key
    payload: dict[str, JsonValue] = {"mind": mind, "handler": handler, **more}  # type: ignore[dict-item]  # text
    append_events(connection, [NewEvent(f"background_task.{what}", str(task_id), None, payload)])
