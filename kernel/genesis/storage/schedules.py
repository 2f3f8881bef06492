"""Schedules and their runs: what one reads of them, and each change as statements."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Literal, cast

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, delete, null, select, update
from sqlalchemy.dialects.sqlite import insert

from genesis.errors import NotFoundError
from genesis.storage.database import Database
from genesis.storage.event_tables import EventRow
from genesis.storage.events import NewEvent, append_events
from genesis.storage.schedule_tables import ScheduleRow, ScheduleRunRow
from genesis.storage.statements import Statement, Value, Values, table
from genesis.storage.work_tables import SessionRow

CatchUp = Literal["once", "skip"]
KEPT_RUNS = 1000
"""So many of the newest rows stay for each schedule."""
JOB_STARTED = "job.started"
"""The event of a job's session that no schedule began."""


class RunStatus(StrEnum):
    """What became of a time of a schedule."""

    STARTED = "started"
    MISSED = "missed"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True)
class Schedule:
    """A session that is to be begun again and again; times are those of `genesis.clock`.

    Without `next_at` it is paused, or no time is left. `log` is the file in the home's folder
    `logs` that is told of its runs.
    """

    id: str
    job: str | None
    log: str | None
    goal: str
    team: str
    repository: str
    cron: str
    timezone: str
    catch_up: CatchUp
    overlap: bool
    enabled: bool
    created_at: str
    considered_until: str
    next_at: str | None
    last_session: str | None = None
    options: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True)
class ScheduleRun:
    """What became of one time; of `count` times, up to `until`, that were missed in a row.

    `number` grows with each run of a schedule and is the place from which a page goes on.
    """

    schedule_id: str
    number: int
    scheduled_for: str
    status: RunStatus
    at: str
    session_id: str | None = None
    reason: str = ""
    until: str | None = None
    count: int = 1


_schedules = table(ScheduleRow)
_s = _schedules.c
_runs = table(ScheduleRunRow)
_r = _runs.c
_sessions = table(SessionRow)
_events = table(EventRow)
_COLUMNS = [each.name for each in fields(Schedule)]
_RUN_COLUMNS = [each.name for each in fields(ScheduleRun)]
_THIS = _s.id == bindparam("schedule")
_ALL = select(*(_s[name] for name in _COLUMNS))
_ALL_RUNS = select(*(_r[name] for name in _RUN_COLUMNS))

_ONE = Statement(_ALL.where(_THIS))
_PAGE = Statement(_ALL.where(_s.id > bindparam("after")).order_by(_s.id).limit(bindparam("limit")))
_DUE = Statement(
    _ALL.where(_s.next_at.is_not(None), _s.next_at <= bindparam("now"))
    .order_by(_s.next_at)
    .limit(bindparam("limit"))
)
_FIRST = Statement(select(_s.next_at).where(_s.next_at.is_not(None)).order_by(_s.next_at).limit(1))
_RUNS = Statement(
    _ALL_RUNS.where(_r.schedule_id == bindparam("schedule"), _r.number < bindparam("before"))
    .order_by(_r.number.desc())
    .limit(bindparam("limit"))
)
_OF_SESSION = Statement(
    _ALL.join_from(_runs, _schedules, _s.id == _r.schedule_id).where(
        _r.session_id == bindparam("session"), _r.session_id.is_not(None)
    )
)
_JOB_OF_SESSION = Statement(
    select(_events.c.subject).where(
        _events.c.session_id == bindparam("session"), _events.c.type == JOB_STARTED
    )
)
_ADD = Statement(insert(_schedules).on_conflict_do_nothing(), [*_COLUMNS, "runs"])
_ADD_RUN = Statement(insert(_runs).on_conflict_do_nothing(), _RUN_COLUMNS)
_COUNT = (
    update(_schedules)
    .where(_THIS)
    .values(runs=_s.runs + bindparam("more"))
    .returning(_s.runs, _s.overlap, _s.last_session)
)
_COUNT_ONE = Statement(_COUNT)
_TAKE = Statement(
    _COUNT.where(_s.considered_until == bindparam("read"), _s.enabled.is_(True)).values(
        considered_until=bindparam("until"), next_at=bindparam("next")
    )
)
_ENABLE = Statement(
    update(_schedules)
    .where(_THIS, _s.enabled.is_(False))
    .values(enabled=True, considered_until=bindparam("now"), next_at=bindparam("next"))
)
_PAUSE = Statement(
    update(_schedules).where(_THIS, _s.enabled.is_(True)).values(enabled=False, next_at=null())
)
_SET_LAST = Statement(update(_schedules).where(_THIS).values(last_session=bindparam("session")))
_IS_OPEN = Statement(
    select(_sessions.c.id).where(
        _sessions.c.id == bindparam("session"), _sessions.c.completed_at.is_(None)
    )
)
_PRUNE = Statement(
    delete(_runs).where(
        _r.schedule_id == bindparam("schedule"), _r.number <= bindparam("newest") - KEPT_RUNS
    )
)
_REMOVE_RUNS = Statement(delete(_runs).where(_r.schedule_id == bindparam("schedule")))
_REMOVE = Statement(delete(_schedules).where(_THIS))


def read_schedule(database: Database, schedule_id: str) -> Schedule:
    """One schedule. Raises NotFoundError."""
    rows = database.fetch(_ONE, {"schedule": schedule_id})
    if not rows:
        raise not_found(schedule_id)
    return _schedule(rows[0])


def list_schedules(database: Database, at_most: int = 100, after: str = "") -> list[Schedule]:
    """Schedules by id; `after` is the last id of the page before."""
    rows = database.fetch(_PAGE, {"after": after, "limit": at_most})
    return [_schedule(row) for row in rows]


def due_schedules(database: Database, now: str, at_most: int = 100) -> list[Schedule]:
    """Those whose next time has come, the one that waits longest first."""
    return [_schedule(row) for row in database.fetch(_DUE, {"now": now, "limit": at_most})]


def first_next(database: Database) -> str | None:
    """The earliest next time of all schedules."""
    rows = database.fetch(_FIRST, {})
    return cast(str, rows[0][0]) if rows else None


def list_runs(
    database: Database, schedule_id: str, at_most: int = 100, before: int = 2**62
) -> list[ScheduleRun]:
    """A schedule's runs, newest first; `before` is the last number of the page before."""
    values: Values = {"schedule": schedule_id, "before": before, "limit": at_most}
    return [_run(row) for row in database.fetch(_RUNS, values)]


def schedule_of_session(database: Database, session_id: str) -> Schedule | None:
    """The schedule that began a session."""
    rows = database.fetch(_OF_SESSION, {"session": session_id})
    return _schedule(rows[0]) if rows else None


def job_of_session(database: Database, session_id: str) -> str | None:
    """The name of the job of which a session was begun without a schedule."""
    rows = database.fetch(_JOB_OF_SESSION, {"session": session_id})
    return str(rows[0][0]) if rows else None


def add_schedule_row(connection: Connection, new: Schedule) -> bool:
    """Write a schedule with its event; False when there is one of that id."""
    values = {**asdict(new), "options": json.dumps(new.options), "runs": 0}
    added = _ADD.run(connection, cast(Values, values)).rowcount == 1
    if added:
        payload: dict[str, JsonValue] = {"job": new.job, "team": new.team, "next_at": new.next_at}
        append_events(connection, [NewEvent("schedule.added", new.id, None, payload)])
    return added


@dataclass(frozen=True)
class Taken:
    """A schedule whose times the caller may now record: the number of its last run, whether its
    sessions may overlap, and whether the last one is still open."""

    runs: int
    may_overlap: bool
    is_busy: bool


def take_times(
    connection: Connection, read: Schedule, considered_until: str, next_at: str | None, count: int
) -> Taken | None:
    """Move a schedule on, and count so many runs; None when it is not as it was read any more.

    This is what makes one process, and only one, decide upon a time.
    """
    values: Values = {
        "schedule": read.id, "read": read.considered_until, "until": considered_until,
        "next": next_at, "more": count,
    }  # fmt: skip
    return _taken(connection, _TAKE, values)


def count_run(connection: Connection, schedule_id: str) -> Taken | None:
    """Count one run that no time asked for; None when there is no such schedule."""
    return _taken(connection, _COUNT_ONE, {"schedule": schedule_id, "more": 1})


def add_runs(connection: Connection, runs: Sequence[ScheduleRun]) -> list[ScheduleRun]:
    """Write runs of one schedule with their events, and drop what is older than the newest
    KEPT_RUNS. Gives those that were written: a time that has a run gets no other."""
    added = []
    for run in runs:
        if _ADD_RUN.run(connection, cast(Values, asdict(run))).rowcount != 1:
            continue
        added.append(run)
        if run.session_id is not None:
            _SET_LAST.run(connection, {"schedule": run.schedule_id, "session": run.session_id})
    if added:
        newest = added[-1]
        _PRUNE.run(connection, {"schedule": newest.schedule_id, "newest": newest.number})
    append_events(connection, [_event(run) for run in added])
    return added


def pause_row(connection: Connection, schedule_id: str) -> None:
    """Let a schedule rest. Nothing for one that does."""
    if _PAUSE.run(connection, {"schedule": schedule_id}).rowcount:
        append_events(connection, [NewEvent("schedule.paused", schedule_id)])


def resume_row(connection: Connection, schedule_id: str, now: str, next_at: str | None) -> None:
    """Let a schedule go on from now. Nothing for one that was not paused."""
    values: Values = {"schedule": schedule_id, "now": now, "next": next_at}
    if _ENABLE.run(connection, values).rowcount:
        append_events(
            connection, [NewEvent("schedule.resumed", schedule_id, None, {"next_at": next_at})]
        )


def remove_row(connection: Connection, schedule_id: str) -> None:
    """Delete a schedule with its runs; its sessions stay. Raises NotFoundError."""
    _REMOVE_RUNS.run(connection, {"schedule": schedule_id})
    if not _REMOVE.run(connection, {"schedule": schedule_id}).rowcount:
        raise not_found(schedule_id)
    append_events(connection, [NewEvent("schedule.removed", schedule_id)])


def not_found(schedule_id: str) -> NotFoundError:
    """The error for an id that no schedule has."""
    return NotFoundError(
        f"There is no schedule {schedule_id!r}. `genesis schedule list` shows those there are."
    )


def _taken(connection: Connection, statement: Statement, values: Values) -> Taken | None:
    rows = statement.run(connection, values).fetchall()
    if not rows:
        return None
    ((runs, overlap, last),) = rows
    is_open = _IS_OPEN.run(connection, {"session": last}).fetchall() if last is not None else []
    return Taken(int(runs), bool(overlap), bool(is_open))


def _event(run: ScheduleRun) -> NewEvent:
    payload: dict[str, JsonValue] = {"scheduled_for": run.scheduled_for}
    if run.until is not None:
        payload |= {"until": run.until, "count": run.count}
    return NewEvent(f"schedule.{run.status}", run.schedule_id, run.session_id, payload)


def _schedule(row: tuple[Value, ...]) -> Schedule:
    found = Schedule(*row)  # type: ignore[arg-type]  # columns are selected in this order
    return replace(
        found,
        overlap=bool(found.overlap),
        enabled=bool(found.enabled),
        options=json.loads(str(found.options)),
    )


def _run(row: tuple[Value, ...]) -> ScheduleRun:
    found = ScheduleRun(*row)  # type: ignore[arg-type]  # as above
    return replace(found, status=RunStatus(found.status))
