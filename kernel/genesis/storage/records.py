"""What one reads of sessions and tasks: typed records, newest first, page by page."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pydantic import JsonValue, ValidationError
from sqlalchemy import Connection, Row, exists, select

from genesis.contracts.judgements import Judgement
from genesis.contracts.work import Phase, Status, TaskResult
from genesis.errors import NotFoundError, UsageError
from genesis.storage.statements import table
from genesis.storage.work_tables import SessionRow, TaskRow

_sessions = table(SessionRow)
_tasks = table(TaskRow)
_record = select(*(column for column in _sessions.c if column.name != "judgement"))


@dataclass(frozen=True)
class SessionRecord:
    """A session as it stands."""

    id: str
    team: str
    goal: str
    status: Status
    phase: Phase
    repository: str
    branch: str | None
    options: dict[str, JsonValue]
    reason: str
    summary: dict[str, JsonValue]
    owner: str | None
    cancel_requested: bool
    started_at: str | None
    completed_at: str | None
    duration_seconds: float | None
    exit_code: int | None


@dataclass(frozen=True)
class TaskRecord:
    """A task as it stands; `result` once an attempt gave one."""

    id: str
    session_id: str
    specialist: str
    key: str
    kind: str
    description: str
    status: Status
    phase: Phase
    attempt: int
    started_at: str | None
    completed_at: str | None
    duration_seconds: float | None
    error: str | None
    result: TaskResult | None


def read_session(connection: Connection, session_id: str) -> SessionRecord:
    """One session. `latest` and an unambiguous part of an id will do. Raises UsageError."""
    if not session_id.strip():
        raise UsageError("The id of the session is empty. `genesis sessions list` shows them.")
    query = _record.order_by(_sessions.c.id.desc()).limit(2)
    if session_id != "latest":
        exact = connection.execute(_record.where(_sessions.c.id == session_id)).first()
        if exact is not None:
            return _session(exact)
        query = query.where(_sessions.c.id.contains(session_id, autoescape=True))
    rows = connection.execute(query).all()
    if not rows:
        raise NotFoundError(
            f"There is no session {session_id!r}. `genesis sessions list` shows those there are."
        )
    if len(rows) > 1 and session_id != "latest":
        raise UsageError(
            f"{session_id!r} fits several sessions, {rows[0].id} and {rows[1].id} among them. "
            "Write more of the id."
        )
    return _session(rows[0])


def list_sessions(
    connection: Connection, at_most: int = 20, before: str | None = None
) -> list[SessionRecord]:
    """Sessions, newest first; `before` is the last id of the page before."""
    query = _record.order_by(_sessions.c.id.desc()).limit(at_most)
    if before is not None:
        query = query.where(_sessions.c.id < before)
    return [_session(row) for row in connection.execute(query)]


def open_sessions(connection: Connection, at_most: int = -1) -> list[SessionRecord]:
    """Sessions that have no end yet, oldest first; of many, `at_most` so many."""
    query = _record.where(_sessions.c.completed_at.is_(None)).order_by(_sessions.c.id)
    return [_session(row) for row in connection.execute(query.limit(at_most))]


def read_tasks(connection: Connection, session_id: str) -> list[TaskRecord]:
    """The tasks of a session, in the order of the plan."""
    query = select(_tasks).where(_tasks.c.session_id == session_id)
    rows = connection.execute(query.order_by(_tasks.c.created_at, _tasks.c.position)).all()
    return [_task(row) for row in rows]


def read_judgement(connection: Connection, session_id: str) -> Judgement | None:
    """What was made of a session's findings; None for a session that nobody has judged, or whose
    judgement another version wrote: its findings stand as they were found."""
    query = select(_sessions.c.judgement).where(_sessions.c.id == session_id)
    text = connection.execute(query).scalar()
    try:
        return None if text is None else Judgement.model_validate_json(text)
    except ValidationError:
        return None


def comparable_session(connection: Connection, session_id: str) -> str | None:
    """The newest judged session before one that was asked the same: of the same team, on the same
    repository, with the same options; and that completed a kind of task of the same specialist."""
    this, theirs, ours = _sessions.alias(), _tasks.alias(), _tasks.alias()
    both_did = exists().where(
        theirs.c.session_id == _sessions.c.id,
        ours.c.session_id == session_id,
        theirs.c.agent_id == ours.c.agent_id,
        theirs.c.kind == ours.c.kind,
        theirs.c.phase != Phase.PLAN,
        theirs.c.status == Status.COMPLETED,
        ours.c.status == Status.COMPLETED,
    )
    query = (
        select(_sessions.c.id)
        .join(this, this.c.id == session_id)
        .where(
            _sessions.c.id < session_id,
            _sessions.c.judgement.is_not(None),
            _sessions.c.team_id == this.c.team_id,
            _sessions.c.target_repo == this.c.target_repo,
            _sessions.c.options == this.c.options,
            both_did,
        )
        .order_by(_sessions.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar()


def _session(row: Row[tuple[object, ...]]) -> SessionRecord:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's documented name for the row as a mapping
    return SessionRecord(
        id=values["id"],
        team=values["team_id"],
        goal=values["goal"],
        status=Status(values["status"]),
        phase=Phase(values["phase"]),
        repository=values["target_repo"],
        branch=values["branch_name"],
        options=json.loads(values["options"]),
        reason=values["reason"],
        summary=json.loads(values["summary"]) if values["summary"] else {},
        owner=values["owner"],
        cancel_requested=bool(values["cancel_requested"]),
        started_at=values["started_at"],
        completed_at=values["completed_at"],
        duration_seconds=values["duration_seconds"],
        exit_code=values["exit_code"],
    )


def _task(row: Row[tuple[object, ...]]) -> TaskRecord:
    values = row._mapping  # noqa: SLF001 - as above
    return TaskRecord(
        id=values["id"],
        session_id=values["session_id"],
        specialist=values["agent_id"],
        key=values["key"],
        kind=values["kind"],
        description=values["description"],
        status=Status(values["status"]),
        phase=Phase(values["phase"]),
        attempt=values["attempt"],
        started_at=values["started_at"],
        completed_at=values["completed_at"],
        duration_seconds=values["duration_seconds"],
        error=values["error_message"],
        result=TaskResult.model_validate_json(values["result"]) if values["result"] else None,
    )
