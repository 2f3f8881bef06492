"""Ready-made jobs: the sessions that plugins contribute, begun by their name."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from genesis.contracts.service import Job
from genesis.errors import NotFoundError
from genesis.kernel import Kernel
from genesis.scheduling.job_log import note_start
from genesis.storage.events import NewEvent, append_events
from genesis.storage.records import read_session
from genesis.storage.schedules import JOB_STARTED, job_of_session, schedule_of_session


def find_job(kernel: Kernel, name: str) -> Job:
    """A job that a plugin contributes. Raises NotFoundError that names those there are."""
    jobs = {job.name: job for job in kernel.host.records(Job)}
    if name not in jobs:
        known = ", ".join(sorted(jobs)) or "none; install a plugin that brings one"
        raise NotFoundError(f"There is no job {name!r}. Jobs are: {known}.")
    return jobs[name]


def start_job(kernel: Kernel, name: str, repository: Path) -> str:
    """Begin a session of a job without a schedule, and tell the job's log; gives its id.

    The next process that looks for work takes the session up. Raises NotFoundError, and UsageError
    when the session cannot be made.
    """
    job = find_job(kernel, name)
    session_id, write = kernel.prepare_session(job.goal, job.team, repository, job.options)

    def operation(connection: Connection) -> None:
        write(connection)
        # By it the log is told of the end, by whichever process sees the session to it.
        append_events(connection, [NewEvent(JOB_STARTED, job.name, session_id)])

    kernel.database.writer.write(operation)
    kernel.delivery.wake()
    with kernel.database.read() as connection:
        note_start(kernel.home, job, read_session(connection, session_id))
    return session_id


def log_of_session(kernel: Kernel, session_id: str) -> tuple[str, str] | None:
    """The log that is told of a session, and the name of the schedule or job that began it."""
    schedule = schedule_of_session(kernel.database, session_id)
    if schedule is not None:
        return None if schedule.log is None else (schedule.log, schedule.id)
    name = job_of_session(kernel.database, session_id)
    logs = {job.name: job.log for job in kernel.host.records(Job)}
    log = logs.get(name) if name is not None else None
    return None if name is None or log is None else (log, name)
