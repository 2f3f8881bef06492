"""What one does with schedules: add, pause, resume, run now. Listing is in the storage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from pydantic import JsonValue
from sqlalchemy import Connection

from genesis.clock import as_datetime, parse_time
from genesis.contracts.service import JOB_NAME
from genesis.errors import ConflictError, UsageError
from genesis.kernel import Kernel
from genesis.scheduling.cron import Cron, parse_cron
from genesis.scheduling.job_log import ASKED_FOR, note_runs
from genesis.scheduling.jobs import find_job
from genesis.scheduling.zones import find_zone, local_zone
from genesis.sessions.repository import find_repository
from genesis.storage.database import Database
from genesis.storage.schedules import (
    CatchUp,
    RunStatus,
    Schedule,
    ScheduleRun,
    add_runs,
    add_schedule_row,
    count_run,
    not_found,
    pause_row,
    read_schedule,
    remove_row,
    resume_row,
)

_LONGEST_ID = 64


def utc() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


def add_schedule(
    kernel: Kernel,
    *,
    repository: Path,
    job: str | None = None,
    goal: str | None = None,
    team: str | None = None,
    options: Mapping[str, JsonValue] | None = None,
    cron: str | None = None,
    timezone: str | None = None,
    catch_up: CatchUp = "once",
    overlap: bool = False,
    name: str | None = None,
    now: datetime | None = None,
) -> Schedule:
    """Keep a schedule: of a ready-made job, or of a goal for a team at the times of `cron`.

    A job brings goal, team, options and its usual time; `options` go on top. The default zone is
    this machine's. `name` becomes the id; without it one is made of the job or the goal. Raises
    UsageError for what is not valid or not there, ConflictError for a name that is taken.
    """
    moment = now or utc()
    if (job is None) == (goal is None):
        raise UsageError("A schedule needs either a job or a goal, and not both.")
    ready = find_job(kernel, job) if job is not None else None
    if ready is not None and team is not None:
        raise UsageError(f"The job {job!r} has a team of its own; leave the team out.")
    expression = cron or (ready.cron if ready else None)
    if expression is None:
        raise UsageError('A goal needs its times as a cron expression, e.g. "30 22 * * *".')
    times = parse_cron(expression, find_zone(timezone or local_zone()))
    first = next(times.after(moment), None)
    if first is None:
        raise UsageError(f"The cron expression {expression!r} never comes round; give another one.")
    new = Schedule(
        id=_new_id(name, job or goal or ""),
        job=job,
        log=ready.log if ready else None,
        goal=ready.goal if ready else goal or "",
        team=ready.team if ready else team or "engineering",
        repository=str(find_repository(repository).path),
        options={**(ready.options if ready else {}), **(options or {})},
        cron=times.expression,
        timezone=times.zone.key,
        catch_up=catch_up,
        overlap=overlap,
        enabled=True,
        created_at=parse_time(moment),
        considered_until=parse_time(moment),
        next_at=parse_time(first),
    )
    # Refuses now what could not be begun later: goal, team.
    kernel.prepare_session(new.goal, new.team, Path(new.repository), new.options)
    return _write_new(kernel.database, new, is_named=name is not None)


def cron_of(schedule: Schedule) -> Cron:
    """The times of a schedule. Raises UsageError when this system knows its zone no more."""
    return parse_cron(schedule.cron, find_zone(schedule.timezone))


def next_times(schedule: Schedule, count: int = 3, now: datetime | None = None) -> list[datetime]:
    """The next times in UTC; none while it is paused."""
    if not schedule.enabled:
        return []
    since = max(as_datetime(schedule.considered_until), now or utc())
    return list(islice(cron_of(schedule).after(since), count))


def pause_schedule(database: Database, schedule_id: str) -> Schedule:
    """Let a schedule rest; nothing for one that does. Raises NotFoundError."""
    read_schedule(database, schedule_id)
    database.writer.write(lambda connection: pause_row(connection, schedule_id))
    return read_schedule(database, schedule_id)


def resume_schedule(database: Database, schedule_id: str, now: datetime | None = None) -> Schedule:
    """Let a schedule go on from now: what lay in its pause was not missed. Nothing for one that
    was not paused. Raises NotFoundError."""
    moment = now or utc()
    following = next(cron_of(read_schedule(database, schedule_id)).after(moment), None)
    next_at = parse_time(following) if following else None
    database.writer.write(
        lambda connection: resume_row(connection, schedule_id, parse_time(moment), next_at)
    )
    return read_schedule(database, schedule_id)


def remove_schedule(database: Database, schedule_id: str) -> None:
    """Delete a schedule and its runs; its sessions stay. Raises NotFoundError."""
    database.writer.write(lambda connection: remove_row(connection, schedule_id))


def run_now(kernel: Kernel, schedule_id: str, now: datetime | None = None) -> str:
    """Begin a session of a schedule out of turn, and record it as a run; gives the session's id.

    The next process that looks for work takes the session up. Raises NotFoundError, UsageError
    when the session cannot be made, and ConflictError while the last one is open.
    """
    found = read_schedule(kernel.database, schedule_id)
    session_id, write = kernel.prepare_session(
        found.goal, found.team, Path(found.repository), found.options
    )
    at = parse_time(now or utc())

    def operation(connection: Connection) -> ScheduleRun:
        counted = count_run(connection, schedule_id)
        if counted is None:
            raise not_found(schedule_id)
        if counted.is_busy and not counted.may_overlap:
            raise ConflictError(
                f"The last session of {schedule_id!r} has not ended. Wait for it, cancel it, or "
                "add a schedule whose sessions may overlap."
            )
        run = ScheduleRun(
            schedule_id, counted.runs, at, RunStatus.STARTED, at, session_id, ASKED_FOR
        )
        if not add_runs(connection, [run]):
            raise ConflictError(f"{schedule_id!r} was begun at this very moment; try again.")
        write(connection)
        return run

    run = kernel.database.writer.write(operation)
    kernel.delivery.wake()
    note_runs(kernel.home, found, [run])
    return session_id


def _new_id(name: str | None, text: str) -> str:
    if name is not None and (not re.fullmatch(JOB_NAME, name) or len(name) > _LONGEST_ID):
        raise UsageError(
            f"{name!r} cannot name a schedule: use at most {_LONGEST_ID} small letters, digits and "
            "single hyphens, and begin with a letter, e.g. nightly-review."
        )
    words = re.findall(r"[a-z0-9]+", (name or text).lower())
    made = "-".join(words)[: _LONGEST_ID - 8].strip("-")
    return name or (made if re.match("[a-z]", made) else f"schedule-{made}".strip("-"))


def _write_new(database: Database, new: Schedule, *, is_named: bool) -> Schedule:
    """Write it; an id that was made gets a number when it is taken. Raises ConflictError."""

    def operation(connection: Connection) -> str:
        if add_schedule_row(connection, new):
            return new.id
        if is_named:
            raise ConflictError(f"There is a schedule {new.id!r} already; give another name.")
        number = 2
        while not add_schedule_row(connection, replace(new, id=f"{new.id}-{number}")):
            number += 1
        return f"{new.id}-{number}"

    return read_schedule(database, database.writer.write(operation))
