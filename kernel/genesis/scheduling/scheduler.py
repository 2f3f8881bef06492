"""Sees to it that what is scheduled begins: each time once, whatever happens to processes.

A time is decided upon in one transaction with its session, its events and the schedule's next
time. The transaction goes ahead only when the schedule still is as it was read: of two processes
one decides, and a process that dies has decided completely or not at all.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from genesis.clock import as_datetime, parse_time
from genesis.errors import GenesisError, StorageError
from genesis.host.faults import describe
from genesis.kernel import Kernel
from genesis.scheduling.job_log import note_end, note_runs
from genesis.scheduling.jobs import log_of_session
from genesis.scheduling.policy import Decided, decide
from genesis.scheduling.schedules import cron_of, utc
from genesis.storage.records import read_session
from genesis.storage.schedules import (
    RunStatus,
    Schedule,
    ScheduleRun,
    add_runs,
    due_schedules,
    first_next,
    take_times,
)

LOOK_SECONDS = 30.0
"""It looks at least so often: a clock that changed, a schedule that another process added."""
_log = logging.getLogger("genesis.scheduling")
_BUSY = "the session before it had not ended"


@dataclass(frozen=True)
class _Session:
    """A session about to be written, or why there can be none."""

    id: str | None
    write: Callable[[Connection], None]
    reason: str = ""


class Scheduler:
    """Begins the sessions of a kernel's schedules; `wake` is called once new ones are there.

    The sessions have no owner: the next process that looks for work takes them up. `now` gives
    the time in UTC.
    """

    def __init__(
        self, kernel: Kernel, wake: Callable[[], None], now: Callable[[], datetime] = utc
    ) -> None:
        self._kernel = kernel
        self._wake = wake
        self._now = now
        self._noticed = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._troubles: dict[str, str] = {}

    def start(self) -> None:
        """Begin to look, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="genesis scheduler", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after what is being begun at this moment."""
        self._stopping.set()
        self._noticed.set()
        if self._thread is not None:
            self._thread.join()

    def notice(self) -> None:
        """Look now: schedules were changed."""
        self._noticed.set()

    def tick(self) -> float:
        """Begin what is due; gives the seconds until the next look. Raises StorageError.

        A schedule that cannot be dealt with (a full disk, a zone that is gone) keeps nobody from
        the others, and is tried again at the next look.
        """
        now = self._now()
        began = False
        told, self._troubles = self._troubles, {}
        for schedule in due_schedules(self._kernel.database, parse_time(now)):
            if self._stopping.is_set():
                break
            try:
                runs = self._fire(schedule, now)
                began |= any(run.status == RunStatus.STARTED for run in runs)
            except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
                trouble = self._troubles[schedule.id] = describe(error)
                if told.get(schedule.id) != trouble:
                    _log.error("%s is tried again later: %s", schedule.id, trouble,
                               exc_info=not isinstance(error, GenesisError))  # fmt: skip
        if began:
            self._wake()
        return self._pause()

    def session_ended(self, session_id: str) -> None:
        """Tell the log of the job that began a session how it ended. Raises StorageError."""
        found = log_of_session(self._kernel, session_id)
        if found is None:
            return
        with self._kernel.database.read() as connection:
            session = read_session(connection, session_id)
        note_end(self._kernel.home, *found, session)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._noticed.clear()
            try:
                pause = self.tick()
            except Exception as error:  # noqa: BLE001 - nothing ends a machine in a corner
                _log.error("schedules are looked at again later: %s", describe(error),
                           exc_info=not isinstance(error, GenesisError))  # fmt: skip
                pause = LOOK_SECONDS
            self._noticed.wait(pause)

    def _pause(self) -> float:
        next_at = first_next(self._kernel.database)
        if self._troubles or next_at is None:
            return LOOK_SECONDS
        return min(LOOK_SECONDS, max(0.0, (as_datetime(next_at) - self._now()).total_seconds()))

    def _fire(self, schedule: Schedule, now: datetime) -> list[ScheduleRun]:
        """Decide upon a schedule's times; gives the runs that this process recorded."""
        considered = as_datetime(schedule.considered_until)
        decision = decide(cron_of(schedule), considered, now, schedule.catch_up)
        decided = decision.runs
        starts = any(one.status == RunStatus.STARTED for one in decided)
        session = self._prepare(schedule) if starts else _Session(None, _nothing)
        until = parse_time(decision.considered_until)
        next_at = parse_time(decision.next_at) if decision.next_at else None

        def operation(connection: Connection) -> list[ScheduleRun]:
            taken = take_times(connection, schedule, until, next_at, len(decided))
            if taken is None:
                return []
            is_busy = taken.is_busy and not taken.may_overlap
            first = taken.runs - len(decided) + 1
            runs = [
                _run_of(schedule, first + index, one, session, now, is_busy=is_busy)
                for index, one in enumerate(decided)
            ]
            added = add_runs(connection, runs)
            if any(run.status == RunStatus.STARTED for run in added):
                session.write(connection)
            return added

        added = self._kernel.database.writer.write(operation)
        if added:
            self._kernel.delivery.wake()
            note_runs(self._kernel.home, schedule, added)
        return added

    def _prepare(self, schedule: Schedule) -> _Session:
        try:
            return _Session(
                *self._kernel.prepare_session(
                    schedule.goal, schedule.team, Path(schedule.repository), schedule.options
                )
            )
        except StorageError:
            raise
        except GenesisError as error:
            return _Session(None, _nothing, str(error))


def _nothing(_connection: Connection) -> None:
    """Writes no session."""


def _run_of(
    schedule: Schedule,
    number: int,
    decided: Decided,
    session: _Session,
    now: datetime,
    *,
    is_busy: bool,
) -> ScheduleRun:
    """A run as it is recorded: what should start may be skipped, or turn out to be impossible."""
    status, reason, session_id = decided.status, decided.reason, None
    if status == RunStatus.STARTED:
        if is_busy:
            status, reason = RunStatus.SKIPPED, _BUSY
        elif session.id is None:
            status, reason = RunStatus.FAILED, session.reason
        else:
            session_id = session.id
    return ScheduleRun(
        schedule_id=schedule.id,
        number=number,
        scheduled_for=parse_time(decided.scheduled_for),
        status=status,
        at=parse_time(now),
        session_id=session_id,
        reason=reason,
        until=parse_time(decided.until) if decided.until else None,
        count=decided.count,
    )
