"""Tasks of sessions: add, claim, finish, retry. Each change takes its event along."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from genesis.clock import utc_now
from genesis.contracts.work import Phase, PlannedTask, Priority, Status
from genesis.errors import LostLeaseError
from genesis.storage import queue
from genesis.storage.events import NewEvent, append_events
from genesis.storage.statements import table
from genesis.storage.work_tables import SessionRow, TaskDependencyRow, TaskRow

_tasks = table(TaskRow)
_dependencies = table(TaskDependencyRow)
_sessions = table(SessionRow)
PRIORITIES = {Priority.HIGH: 2, Priority.MEDIUM: 1, Priority.LOW: 0}

EndStatus = Literal[Status.COMPLETED, Status.FAILED, Status.BLOCKED, Status.CANCELLED]


@dataclass(frozen=True)
class NewTask:
    """A planned task with its specialist chosen; `phase` says when it runs."""

    planned: PlannedTask
    specialist: str
    phase: Phase


@dataclass(frozen=True)
class ClaimedTask:
    """A task whose next attempt this process may carry out; `retries` is how many before it ended
    without a word, those apart that an orderly end of their process interrupted."""

    lease: queue.Lease
    session_id: str
    specialist: str
    key: str
    kind: str
    description: str
    params: dict[str, JsonValue]
    time_limit_seconds: float
    dependents: int
    retries: int


@dataclass(frozen=True)
class Ending:
    """How an attempt of a task ended. `result` is the JSON of a TaskResult; `cost_usd` is what
    models cost in it, None where nothing was said of it."""

    task: ClaimedTask
    status: EndStatus
    duration_seconds: float
    result: str | None = None
    error: str | None = None
    finding_count: int = 0
    cost_usd: float | None = None


_INSERT = insert(_tasks)
_OWNER = select(_sessions.c.owner).where(_sessions.c.id == bindparam("of_session"))
_START = (
    update(_tasks)
    .where(_tasks.c.id == bindparam("of_task"))
    .values(
        status=Status.IN_PROGRESS,
        attempt=bindparam("number"),
        started_at=bindparam("now"),
        progress=0.0,
    )
    .returning(_tasks)
)
_END = (
    update(_tasks)
    .where(_tasks.c.id == bindparam("of_task"))
    .values(
        status=bindparam("to"),
        completed_at=bindparam("now"),
        duration_seconds=bindparam("seconds"),
        error_message=bindparam("error"),
        result=bindparam("outcome"),
        progress=1.0,
    )
    .returning(_tasks.c.phase)
)
_WAIT_AGAIN = (
    update(_tasks)
    .where(_tasks.c.id == bindparam("of_task"))
    .values(
        status=Status.PENDING,
        error_message=bindparam("error"),
        retry_count=_tasks.c.retry_count + bindparam("counted"),
    )
)
_dependents_of = select(_dependencies.c.task_id).where(
    _dependencies.c.depends_on == bindparam("of_task")
)
_UNBLOCK = (
    update(_tasks)
    .where(_tasks.c.id.in_(_dependents_of), _tasks.c.status == Status.PENDING)
    .values(waiting_on=_tasks.c.waiting_on - 1)
    .returning(
        _tasks.c.id, _tasks.c.waiting_on, _tasks.c.priority, _tasks.c.attempt, _tasks.c.phase
    )
)
_first = _dependents_of.cte("downstream", recursive=True)
_downstream_cte = _first.union(
    select(_dependencies.c.task_id).where(_dependencies.c.depends_on == _first.c.task_id)
)
_BLOCK_DOWNSTREAM = (
    update(_tasks)
    .where(_tasks.c.id.in_(select(_downstream_cte.c.task_id)), _tasks.c.status == Status.PENDING)
    .values(status=Status.BLOCKED, completed_at=bindparam("now"), error_message=bindparam("why"))
    .returning(_tasks.c.id, _tasks.c.agent_id, _tasks.c.phase)
)
_of_failed = (
    select(_dependencies.c.task_id)
    .join(_tasks, _tasks.c.id == _dependencies.c.depends_on)
    .where(
        _tasks.c.session_id == bindparam("of_session"),
        _tasks.c.status.in_((Status.FAILED, Status.BLOCKED)),
    )
    .cte("hopeless", recursive=True)
)
_hopeless_cte = _of_failed.union(
    select(_dependencies.c.task_id).where(_dependencies.c.depends_on == _of_failed.c.task_id)
)
_BLOCK_HOPELESS = (
    update(_tasks)
    .where(_tasks.c.id.in_(select(_hopeless_cte.c.task_id)), _tasks.c.status == Status.PENDING)
    .values(status=Status.BLOCKED, completed_at=bindparam("now"), error_message=bindparam("why"))
    .returning(_tasks.c.id, _tasks.c.agent_id, _tasks.c.phase)
)


def task_id(session_id: str, key: str) -> str:
    """The id of a session's task: the session's stamp and the key of the plan."""
    return f"{session_id.removeprefix('session-')}.{key}"


def add_tasks(connection: Connection, session_id: str, tasks: Sequence[NewTask]) -> None:
    """Write a plan's tasks, not yet ready: that is up to `queue_phase`."""
    now = utc_now()
    dependents: dict[str, int] = {}
    edges = []
    for task in tasks:
        for key in set(task.planned.depends_on):
            dependents[key] = dependents.get(key, 0) + 1
            edges.append(
                {
                    "depends_on": task_id(session_id, key),
                    "task_id": task_id(session_id, task.planned.key),
                }
            )
    if tasks:
        connection.execute(
            _INSERT,
            [
                {"position": position, **_values(session_id, task, dependents, now)}
                for position, task in enumerate(tasks)
            ],
        )
    if edges:
        connection.execute(insert(_dependencies), edges)


def queue_phase(connection: Connection, session_id: str, phase: Phase) -> int:
    """Make the phase's tasks ready that wait on nothing; gives how many tasks it has still open."""
    mine = (_tasks.c.session_id == session_id) & (_tasks.c.status == Status.PENDING)
    rows = connection.execute(
        select(_tasks.c.id, _tasks.c.priority, _tasks.c.attempt, _tasks.c.waiting_on)
        .where(mine, _tasks.c.phase == phase)
        .order_by(_tasks.c.position)
    ).all()
    ready = [_entry(session_id, row.id, row.priority, row.attempt) for row in rows
             if row.waiting_on == 0]  # fmt: skip
    queue.enqueue(connection, ready)
    return len(rows)


def claim_tasks(
    connection: Connection, session_id: str, owner: str, at_most: int
) -> list[ClaimedTask]:
    """Start the next attempts of up to that many ready tasks of a session, if it is ours still."""
    if connection.execute(_OWNER, {"of_session": session_id}).scalar() != owner:
        return []
    now = utc_now()
    claimed = []
    for lease in queue.claim(connection, session_id, owner, at_most):
        row = connection.execute(
            _START, {"of_task": lease.item, "number": lease.attempt, "now": now}
        ).one()
        claimed.append(
            ClaimedTask(
                lease=lease,
                session_id=row.session_id,
                specialist=row.agent_id,
                key=row.key,
                kind=row.kind,
                description=row.description,
                params=json.loads(row.params),
                time_limit_seconds=row.time_limit_seconds,
                dependents=row.dependents,
                retries=row.retry_count,
            )
        )
    append_events(
        connection,
        [
            NewEvent(
                "task.started",
                task.lease.item,
                session_id,
                {"specialist": task.specialist, "attempt": task.lease.attempt},
            )
            for task in claimed
        ],
    )
    return claimed


def finish_task(connection: Connection, ending: Ending) -> int:
    """Record how a task ended, with its event, and make ready or block what depended on it.

    Gives how many tasks of the task's phase ended by this: the task, and those it blocked. Gives 0
    and writes nothing when the lease has passed to another attempt.
    """
    task = ending.task
    try:
        queue.complete(connection, [task.lease])
    except LostLeaseError:
        return 0
    phase = connection.execute(
        _END,
        {
            "of_task": task.lease.item,
            "to": ending.status,
            "now": utc_now(),
            "seconds": ending.duration_seconds,
            "error": ending.error,
            "outcome": ending.result,
        },
    ).scalar_one()
    payload: dict[str, JsonValue] = {
        "specialist": task.specialist,
        "kind": task.kind,
        "status": ending.status,
        "attempt": task.lease.attempt,
        "duration_seconds": ending.duration_seconds,
        "findings": ending.finding_count,
    }
    if ending.cost_usd is not None:
        payload["cost_usd"] = ending.cost_usd
    append_events(
        connection, [NewEvent("task.finished", task.lease.item, task.session_id, payload)]
    )
    if task.dependents == 0:
        return 1
    if ending.status == Status.COMPLETED:
        _queue_dependents(connection, task, phase)
        return 1
    blocked = _block_dependents(connection, task, ending.status)
    return 1 + blocked.count(phase)


def retry_task(
    connection: Connection, task: ClaimedTask, error: str, *, counts: bool = True
) -> None:
    """Make a task ready again after an attempt that ended without a word; one that does not count
    was interrupted in order. Raises LostLeaseError."""
    queue.retry(connection, task.lease)
    values = {"of_task": task.lease.item, "error": error, "counted": int(counts)}
    connection.execute(_WAIT_AGAIN, values)
    payload: dict[str, JsonValue] = {"attempt": task.lease.attempt, "error": error}
    append_events(
        connection, [NewEvent("task.interrupted", task.lease.item, task.session_id, payload)]
    )


def record_interrupted(
    connection: Connection, session_id: str, attempts: Sequence[tuple[str, int]]
) -> None:
    """Note that attempts ended with the process that carried them; their tasks wait again."""
    for item, attempt in attempts:
        why = f"attempt {attempt} ended with the process that carried it"
        connection.execute(_WAIT_AGAIN, {"of_task": item, "error": why, "counted": 1})
        payload: dict[str, JsonValue] = {"attempt": attempt, "error": why}
        append_events(connection, [NewEvent("task.interrupted", item, session_id, payload)])


def block_hopeless(connection: Connection, session_id: str) -> None:
    """Block what waits, directly or not, for a task that ended without being completed."""
    why = "not run: it depends on a task that was not completed"
    values = {"of_session": session_id, "now": utc_now(), "why": why}
    _tell_blocked(connection, session_id, connection.execute(_BLOCK_HOPELESS, values).all())


def _queue_dependents(connection: Connection, task: ClaimedTask, phase: str) -> None:
    """Queue what waited for a task only; what belongs to a later phase waits for that."""
    rows = connection.execute(_UNBLOCK, {"of_task": task.lease.item}).all()
    queue.enqueue(
        connection,
        [_entry(task.session_id, row.id, row.priority, row.attempt) for row in rows
         if row.waiting_on == 0 and row.phase == phase],
    )  # fmt: skip


def _block_dependents(connection: Connection, task: ClaimedTask, status: Status) -> list[str]:
    """Block all that waits for a task; gives the phase of each."""
    why = f"not run: it depends on {task.key!r}, which ended as {status}"
    rows = connection.execute(
        _BLOCK_DOWNSTREAM, {"of_task": task.lease.item, "now": utc_now(), "why": why}
    ).all()
    _tell_blocked(connection, task.session_id, rows)
    return [row.phase for row in rows]


def _tell_blocked(
    connection: Connection, session_id: str, rows: Sequence[Row[tuple[str, str, str]]]
) -> None:
    append_events(
        connection,
        [
            NewEvent(
                "task.finished",
                row.id,
                session_id,
                {"specialist": row.agent_id, "status": Status.BLOCKED, "findings": 0},
            )
            for row in rows
        ],
    )


def _entry(session_id: str, item: str, priority: str, attempt: int) -> queue.QueueEntry:
    return queue.QueueEntry(
        item=item, lane=session_id, priority=PRIORITIES[Priority(priority)], attempt=attempt
    )


def _values(
    session_id: str, task: NewTask, dependents: dict[str, int], now: str
) -> dict[str, object]:
    planned = task.planned
    return {
        "id": task_id(session_id, planned.key),
        "session_id": session_id,
        "agent_id": task.specialist,
        "key": planned.key,
        "kind": planned.kind,
        "description": planned.description,
        "status": Status.PENDING,
        "priority": planned.priority,
        "phase": task.phase,
        "params": json.dumps(planned.params),
        "time_limit_seconds": planned.time_limit_seconds,
        "waiting_on": len(set(planned.depends_on)),
        "dependents": dependents.get(planned.key, 0),
        "attempt": 0,
        "retry_count": 0,
        "progress": 0.0,
        "created_at": now,
    }
