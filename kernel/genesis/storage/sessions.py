"""Sessions: create, move from phase to phase, finish, cancel, take up again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, func, insert, null, select, update

from genesis.clock import seconds_between, utc_now
from genesis.contracts.work import Phase, Status
from genesis.errors import ConflictError
from genesis.storage import queue
from genesis.storage.events import NewEvent, append_events
from genesis.storage.statements import table
from genesis.storage.tasks import (
    Ending,
    NewTask,
    add_tasks,
    block_hopeless,
    finish_task,
    queue_phase,
    record_interrupted,
)
from genesis.storage.work_tables import SessionRow, TaskDependencyRow, TaskRow

_sessions = table(SessionRow)
_tasks = table(TaskRow)
_dependencies = table(TaskDependencyRow)

_COUNT_DOWN = (
    update(_sessions)
    .where(_sessions.c.id == bindparam("of_session"))
    .values(open_tasks=_sessions.c.open_tasks - bindparam("ended"))
    .returning(_sessions.c.open_tasks, _sessions.c.phase)
)
_SET_PHASE = (
    update(_sessions)
    .where(_sessions.c.id == bindparam("of_session"))
    .values(phase=bindparam("to"), open_tasks=bindparam("open"))
)
_PENDING_OF = (_tasks.c.session_id == bindparam("of_session")) & (_tasks.c.status == Status.PENDING)
_END_PENDING = (
    update(_tasks)
    .where(_PENDING_OF)
    .values(status=bindparam("to"), completed_at=bindparam("now"), error_message=bindparam("why"))
    .returning(_tasks.c.id, _tasks.c.agent_id, _tasks.c.phase)
)

_before = _tasks.alias("before")
_REVIVE_TASKS = (
    update(_tasks)
    .where(_tasks.c.session_id == bindparam("of_session"), _tasks.c.status == Status.CANCELLED)
    .values(
        status=Status.PENDING,
        completed_at=None,
        error_message=None,
        waiting_on=select(func.count())
        .select_from(_dependencies.join(_before, _before.c.id == _dependencies.c.depends_on))
        .where(_dependencies.c.task_id == _tasks.c.id, _before.c.status != Status.COMPLETED)
        .scalar_subquery(),
    )
)


@dataclass(frozen=True)
class NewSession:
    """A session about to be written. Without an owner it waits for who takes it up."""

    id: str
    team: str
    goal: str
    repository: str
    owner: str | None
    repository_id: str | None = None
    branch: str | None = None
    options: Mapping[str, JsonValue] = field(default_factory=dict)


def create_session(connection: Connection, new: NewSession, tasks: Sequence[NewTask]) -> None:
    """Write a session with its first tasks: a planning task, or all of them to wait for the gates.

    Team, agents and repository must exist.
    """
    now = utc_now()
    plans = any(task.phase == Phase.PLAN for task in tasks)
    connection.execute(
        insert(_sessions),
        {
            "id": new.id,
            "team_id": new.team,
            "goal": new.goal,
            "status": Status.IN_PROGRESS,
            "phase": Phase.PLAN if plans else Phase.GATES,
            "target_repo": new.repository,
            "repository_id": new.repository_id,
            "branch_name": new.branch,
            "iteration_count": 1,
            "options": json.dumps(new.options),
            "reason": "",
            "owner": new.owner,
            "open_tasks": 0,
            "cancel_requested": False,
            "created_at": now,
            "started_at": now,
        },
    )
    append_events(
        connection,
        [NewEvent("session.started", new.id, new.id, {"goal": new.goal, "team": new.team})],
    )
    add_tasks(connection, new.id, tasks)
    if plans:
        _enter(connection, new.id, Phase.PLAN)


def settle(
    connection: Connection,
    endings: Sequence[Ending],
    planned: Mapping[str, Sequence[NewTask]],
) -> None:
    """Record endings, and move each session on whose phase is over with them.

    `planned` holds, for the id of a planning task, the tasks that it planned.
    """
    for ending in endings:
        session_id = ending.task.session_id
        ended = finish_task(connection, ending)
        if not ended:
            continue
        new_tasks = planned.get(ending.task.lease.item)
        if new_tasks is not None:
            add_tasks(connection, session_id, new_tasks)
        row = connection.execute(_COUNT_DOWN, {"of_session": session_id, "ended": ended}).one()
        if row.open_tasks <= 0:
            _leave(connection, session_id, Phase(row.phase), planned=new_tasks is not None)


def open_gates(connection: Connection, session_id: str) -> None:
    """Let a session whose plan passed the gates begin its run, unless it was cancelled since."""
    if not _is_at_gates(connection, session_id):
        return
    _enter_first(connection, session_id, (Phase.RUN, Phase.VERIFY))


def close_gates(connection: Connection, session_id: str, reason: str) -> None:
    """Block every task of a session whose plan was vetoed; only its summary is left to do.

    One that was cancelled since stays at its gates: they are asked again when it is resumed.
    """
    if not _is_at_gates(connection, session_id):
        return
    _end_pending(connection, session_id, Status.BLOCKED, reason)
    connection.execute(update(_sessions).where(_sessions.c.id == session_id).values(reason=reason))
    _set_phase(connection, session_id, Phase.SUMMARISE, 0)


def finish_session(
    connection: Connection,
    session_id: str,
    status: Status,
    *,
    reason: str,
    summary: Mapping[str, JsonValue],
    exit_code: int,
    judgement: str | None = None,
) -> None:
    """Write how a session ended; `judgement` is the JSON of a Judgement. Does nothing when it
    already has an end."""
    started = connection.execute(
        select(_sessions.c.started_at).where(_sessions.c.id == session_id)
    ).scalar_one()
    now = utc_now()
    seconds = seconds_between(started, now)
    changed = connection.execute(
        update(_sessions)
        .where(_sessions.c.id == session_id, _sessions.c.completed_at.is_(null()))
        .values(
            status=status,
            phase=Phase.DONE if status != Status.CANCELLED else _sessions.c.phase,
            owner=None,
            reason=reason,
            summary=json.dumps(summary),
            completed_at=now,
            duration_seconds=seconds,
            exit_code=exit_code,
            judgement=judgement,
        )
    ).rowcount
    if changed:
        payload: dict[str, JsonValue] = {"status": status, "duration_seconds": seconds, **summary}
        append_events(connection, [NewEvent("session.finished", session_id, session_id, payload)])


def cancel_tasks(connection: Connection, session_id: str, reason: str) -> None:
    """Cancel what has not begun, and ask the session's owner to end what has and then finish it.

    Raises ConflictError when the session has ended already.
    """
    queue.withdraw_ready(connection, session_id)
    ended = _end_pending(connection, session_id, Status.CANCELLED, reason)
    phase = connection.execute(
        update(_sessions)
        .where(_sessions.c.id == session_id, _sessions.c.completed_at.is_(null()))
        .values(reason=reason, cancel_requested=True)
        .returning(_sessions.c.phase)
    ).scalar()
    if phase is None:
        raise ConflictError(f"{session_id} has ended already; there is nothing to cancel.")
    connection.execute(_COUNT_DOWN, {"of_session": session_id, "ended": ended.count(phase)})


def take_over(connection: Connection, session_id: str, owner: str) -> None:
    """Become the owner of a session whose owner is dead; its attempts in flight wait again."""
    connection.execute(update(_sessions).where(_sessions.c.id == session_id).values(owner=owner))
    interrupted = queue.release_others(connection, session_id, owner)
    record_interrupted(connection, session_id, interrupted)


def revive(connection: Connection, session_id: str, owner: str | None) -> None:
    """Open a cancelled session again: what was cancelled waits again, what ended stays ended.
    Without an owner it waits for who takes it up.

    What waits for a task that failed before the cancellation can never run and is blocked.
    """
    connection.execute(_REVIVE_TASKS, {"of_session": session_id})
    block_hopeless(connection, session_id)
    phase = connection.execute(
        update(_sessions)
        .where(_sessions.c.id == session_id)
        .values(
            status=Status.IN_PROGRESS,
            owner=owner,
            reason="",
            cancel_requested=False,
            completed_at=None,
            duration_seconds=None,
            exit_code=None,
        )
        .returning(_sessions.c.phase)
    ).scalar_one()
    append_events(connection, [NewEvent("session.resumed", session_id, session_id)])
    if phase != Phase.GATES:
        _enter_first(connection, session_id, (Phase.PLAN, Phase.RUN, Phase.VERIFY))


def _is_at_gates(connection: Connection, session_id: str) -> bool:
    row = connection.execute(
        select(_sessions.c.phase, _sessions.c.cancel_requested).where(_sessions.c.id == session_id)
    ).one()
    return row.phase == Phase.GATES and not row.cancel_requested


def _leave(connection: Connection, session_id: str, phase: Phase, *, planned: bool) -> None:
    if phase == Phase.PLAN:
        _set_phase(connection, session_id, Phase.GATES if planned else Phase.SUMMARISE, 0)
    elif phase in (Phase.RUN, Phase.VERIFY):
        _enter_first(connection, session_id, _after(phase))


def _after(phase: Phase) -> tuple[Phase, ...]:
    return (Phase.VERIFY,) if phase == Phase.RUN else ()


def _enter_first(connection: Connection, session_id: str, phases: Sequence[Phase]) -> None:
    for phase in phases:
        if _enter(connection, session_id, phase):
            return
    _set_phase(connection, session_id, Phase.SUMMARISE, 0)


def _enter(connection: Connection, session_id: str, phase: Phase) -> int:
    opened = queue_phase(connection, session_id, phase)
    if opened:
        _set_phase(connection, session_id, phase, opened)
    return opened


def _set_phase(connection: Connection, session_id: str, phase: Phase, opened: int) -> None:
    connection.execute(_SET_PHASE, {"of_session": session_id, "to": phase, "open": opened})
    append_events(connection, [NewEvent("session.phase", session_id, session_id,
                                        {"phase": phase})])  # fmt: skip


def _end_pending(connection: Connection, session_id: str, status: Status, why: str) -> list[str]:
    """End what has not begun; gives the phase of each task."""
    rows = connection.execute(
        _END_PENDING, {"of_session": session_id, "to": status, "now": utc_now(), "why": why}
    ).all()
    append_events(
        connection,
        [
            NewEvent("task.finished", row.id, session_id,
                     {"specialist": row.agent_id, "status": status, "findings": 0})
            for row in rows
        ],
    )  # fmt: skip
    return [row.phase for row in rows]
