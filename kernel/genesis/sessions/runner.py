"""Work on open sessions until each has its end: claim, carry out, record, move on.

One thread runs the loop. A step commits at most once: the results that came in, what became
ready by them, and the claim of what is done next are one transaction.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from genesis.contracts.executors import AttemptUpdate, Executor
from genesis.contracts.work import Phase, SessionPlan, Status
from genesis.errors import HomeError, LostLeaseError, PlanError, UsageError
from genesis.home import Home
from genesis.host.host import PluginHost
from genesis.sessions.attempts import attempt_spec, ended_record, ending_of, started_record
from genesis.sessions.gates import choose_specialist, veto_session, veto_task
from genesis.sessions.journal import Journal
from genesis.sessions.judging import Judged, judge_session
from genesis.sessions.outcome import decide_status, exit_code, summarise
from genesis.sessions.planner import accept_plan
from genesis.sessions.roster import Roster
from genesis.storage import queue, sessions
from genesis.storage.database import Database
from genesis.storage.records import read_session, read_tasks
from genesis.storage.tasks import ClaimedTask, Ending, NewTask, claim_tasks, retry_task

_WAIT_SECONDS = 0.25
_CANCEL_POLL_SECONDS = 0.5
_RENEW_SECONDS = queue.LEASE_SECONDS / 3
_RETRIES_AFTER_DEATH = 2
_MOST_ATTEMPTS = 10
_log = logging.getLogger("genesis.sessions")


@dataclass
class _OpenSession:
    journal: Journal
    may_claim: bool = True
    cancelling: bool = False

    @property
    def id(self) -> str:
        return self.journal.session.id


@dataclass
class _Running:
    task: ClaimedTask
    executor: Executor
    begun: float


class SessionRunner:
    """Runs sessions that this process owns. `interrupt` and a journal may be used from any thread.

    `executors` are by name; `wake` is set by them when there is something to fetch. `on_end` is
    called with the id of a session that has its end. `failed_session` is what was worked on when
    the runner failed, if it was one session.
    """

    def __init__(
        self,
        home: Home,
        database: Database,
        host: PluginHost,
        roster: Roster,
        *,
        owner: str,
        workers: int,
        executors: Mapping[str, Executor],
        wake: threading.Event,
        on_commit: Callable[[], None],
        on_end: Callable[[str], None] = lambda _session_id: None,
    ) -> None:
        self._home = home
        self._database = database
        self._host = host
        self._roster = roster
        self._owner = owner
        self._workers = workers
        self._executors = executors
        self._wake = wake
        self._on_commit = on_commit
        self._on_end = on_end
        # For the form that stays (serving.py): what others hand in; whether anything may begin.
        self._handed_in: deque[str] = deque()
        self._begins = True
        self.failed_session: str | None = None
        self._open: dict[str, _OpenSession] = {}
        self._running: dict[tuple[str, int], _Running] = {}
        self._endings: list[Ending] = []
        self._planned: dict[str, list[NewTask]] = {}
        self._deaths: dict[str, int] = {}
        self._interrupted: str | None = None
        self._next_poll = 0.0
        self._next_renewal = time.monotonic() + _RENEW_SECONDS

    def open(self, session_id: str) -> Journal:
        """Take a session on; gives the journal from which a display reads."""
        with self._database.read() as connection:
            session = read_session(connection, session_id)
            tasks = read_tasks(connection, session_id)
        journal = Journal(self._home.session_folder(session_id), session, tasks)
        # A cancellation that its last process did not live to carry out is carried out first.
        self._open[session_id] = _OpenSession(journal, cancelling=session.cancel_requested)
        return journal

    def run(self) -> None:
        """Work until every session that was taken on has its end.

        Raises StorageError when the database fails and HomeError when files cannot be written;
        what was acknowledged is in the database, and the sessions can be taken up again.
        """
        self._work(lambda: bool(self._open))

    def _work(self, is_wanted: Callable[[], bool]) -> None:
        for executor in self._executors.values():
            executor.start()
        try:
            while is_wanted():
                self._step()
        except OSError as error:
            raise HomeError(
                f"{error.filename or self._home.root} cannot be written: "
                f"{error.strerror or error}. Free space or correct its permissions."
            ) from error
        finally:
            for executor in self._executors.values():
                executor.stop()

    def interrupt(self, reason: str) -> None:
        """Cancel every open session; `run` returns once what runs has ended.

        `{id}` in the reason stands for the id of each session.
        """
        self._interrupted = reason
        self._wake.set()

    @contextmanager
    def _at(self, session_id: str) -> Iterator[None]:
        """Note whose work it was that failed: who begins anew can leave that one for later."""
        try:
            yield
        except Exception:
            self.failed_session = session_id
            raise

    def _step(self) -> None:
        self._wake.clear()
        for executor in self._executors.values():
            for update in executor.tick():
                self._note(update)
        self._commit()
        self._watch()
        for session in list(self._open.values()):
            with self._at(session.id):
                if self._begins:
                    self._advance(session)
                session.journal.flush()
        if self._open and not self._has_work():
            self._wake.wait(_WAIT_SECONDS)

    def _has_work(self) -> bool:
        """Whether the next step has something to do that nobody will wake it for."""
        is_free = self._begins and len(self._running) < self._workers
        return bool(self._endings) or (
            is_free and any(s.may_claim and not s.cancelling for s in self._open.values())
        )

    def _note(self, update: AttemptUpdate) -> None:
        running = self._running.get((update.task_id, update.attempt))
        if running is None:
            return
        task = running.task
        session = self._open[task.session_id]
        if update.ended is None:
            session.journal.report(update.task_id, update.fraction, update.message)
            return
        del self._running[(update.task_id, update.attempt)]
        if update.ended == "died" and self._may_retry(task, session):
            error = update.error
            with suppress(LostLeaseError):
                self._database.writer.write(lambda connection: retry_task(connection, task, error))
            session.may_claim = True
            return
        self._end(ending_of(task, update, time.monotonic() - running.begun), update)

    def _may_retry(self, task: ClaimedTask, session: _OpenSession) -> bool:
        deaths = self._deaths[task.lease.item] = self._deaths.get(task.lease.item, 0) + 1
        return deaths <= _RETRIES_AFTER_DEATH and not session.cancelling

    def _end(self, ending: Ending, update: AttemptUpdate | None = None) -> None:
        """Note an ending for the next commit; a plan is checked first."""
        result = update.result if update is not None else None
        journal = self._open[ending.task.session_id].journal
        record = journal.tasks.get(ending.task.lease.item)
        plans = record is not None and record.phase == Phase.PLAN
        if plans and ending.status == Status.COMPLETED:
            plan = result.plan if result is not None else None
            try:
                self._planned[ending.task.lease.item] = self._accepted(plan, journal.session.team)
            except PlanError as error:
                ending = replace(ending, status=Status.FAILED, error=str(error))
        self._endings.append(ending)
        if record is not None:
            journal.update(ended_record(record, ending, result))

    def _accepted(self, plan: SessionPlan | None, team_id: str) -> list[NewTask]:
        if plan is None:
            raise PlanError("The planning task gave no plan.")
        return accept_plan(plan, self._roster, team_id, choose_specialist(self._host))

    def _commit(self) -> None:
        """Record endings and claim what free workers can begin, in one transaction."""
        free = self._workers - len(self._running) if self._begins else 0
        lanes = [s.id for s in self._open.values() if s.may_claim and not s.cancelling]
        touched = {ending.task.session_id for ending in self._endings}
        if not touched and not (lanes and free > 0):
            return
        for session_id in touched - set(lanes):
            session = self._open.get(session_id)
            if session is not None and not session.cancelling:
                lanes.append(session_id)

        def operation(connection: Connection) -> list[ClaimedTask]:
            sessions.settle(connection, self._endings, self._planned)
            claimed: list[ClaimedTask] = []
            for lane in lanes:
                if len(claimed) < free:
                    left = free - len(claimed)
                    with self._at(lane):
                        claimed += claim_tasks(connection, lane, self._owner, left)
            return claimed

        claimed = self._database.writer.write(operation)
        self._endings, self._planned = [], {}
        self._on_commit()
        for lane in lanes:
            # A lane that left a worker free has nothing ready until something ends.
            self._open[lane].may_claim = len(claimed) >= free
        for task in claimed:
            with self._at(task.session_id):
                self._begin(task)

    def _begin(self, task: ClaimedTask) -> None:
        session = self._open[task.session_id]
        record = session.journal.tasks.get(task.lease.item)
        if record is None:
            self._reload(session)
            record = session.journal.tasks[task.lease.item]
        session.journal.update(started_record(record, task))
        if task.retries >= _MOST_ATTEMPTS:
            why = f"given up: {_MOST_ATTEMPTS} attempts ended with the process that carried them"
            self._end(Ending(task, Status.FAILED, 0.0, error=why))
            return
        reason = veto_task(self._host, task)
        if reason is None:
            try:
                spec = attempt_spec(task, self._roster, self._home,
                                    session.journal.session.repository)  # fmt: skip
            except UsageError as error:
                reason = str(error)
            else:
                executor = self._executors[self._roster.specialists[task.specialist].executor]
                key = (task.lease.item, task.lease.attempt)
                self._running[key] = _Running(task, executor, time.monotonic())
                executor.submit(spec)
                return
        self._end(Ending(task, Status.BLOCKED, 0.0, error=reason))

    def _advance(self, session: _OpenSession) -> None:
        """Move a session on that waits for something other than a task."""
        if any(r.task.session_id == session.id for r in self._running.values()):
            return
        if any(ending.task.session_id == session.id for ending in self._endings):
            return
        if session.may_claim and not session.cancelling:
            return
        self._reload(session)
        phase = session.journal.session.phase
        if session.cancelling or phase == Phase.SUMMARISE:
            self._finish(session)
        elif phase == Phase.GATES:
            self._pass_gates(session)
            session.may_claim = True

    def _pass_gates(self, session: _OpenSession) -> None:
        record = session.journal.session
        tasks = list(session.journal.tasks.values())
        reason = veto_session(self._host, record, tasks)
        # Who was cancelled meanwhile stays at the gates: noticed before they are asked again.
        self._next_poll = 0.0
        if reason is None:
            self._database.writer.write(lambda c: sessions.open_gates(c, record.id))
        else:
            self._database.writer.write(lambda c: sessions.close_gates(c, record.id, reason))

    def _finish(self, session: _OpenSession) -> None:
        if session.cancelling:
            # What a last result or retry made ready since the cancellation is cancelled too.
            asked = session.journal.session
            self._database.writer.write(lambda c: sessions.cancel_tasks(c, asked.id, asked.reason))
            self._reload(session)
        record = session.journal.session
        tasks = list(session.journal.tasks.values())
        status = decide_status(record, tasks)
        # What was cancelled may go on, and is judged at its end.
        judged = Judged()
        if not session.cancelling:
            judged = judge_session(self._host, self._home, self._database, record, tasks)
        summary = summarise(tasks, judged.judgement, judged.fault)
        self._database.writer.write(
            lambda connection: sessions.finish_session(
                connection, record.id, status, reason=record.reason, summary=summary,
                exit_code=exit_code(status, tasks), judgement=judged.text,
            )
        )  # fmt: skip
        self._on_commit()
        with self._database.read() as connection:
            session.journal.replace(read_session(connection, record.id), tasks)
        session.journal.close(f"nothing was verified: {record.reason or 'no such task planned'}")
        for task in tasks:
            self._deaths.pop(task.id, None)
        del self._open[session.id]
        self._on_end(session.id)

    def _watch(self) -> None:
        """Notice cancellations, from this process or another, and keep the leases."""
        now = time.monotonic()
        if self._interrupted is not None:
            self._cancel_all(self._interrupted)
            self._interrupted = None
        elif self._open and now >= self._next_poll:
            self._next_poll = now + _CANCEL_POLL_SECONDS
            with self._database.read() as connection:
                records = [read_session(connection, session_id) for session_id in self._open]
            for record in records:
                if record.owner != self._owner:
                    self._drop(self._open[record.id])
                elif record.cancel_requested:
                    self._cancel_running(self._open[record.id])
        if now >= self._next_renewal:
            self._next_renewal = now + _RENEW_SECONDS
            self._renew()

    def _cancel_all(self, reason: str) -> None:
        def operation(connection: Connection) -> None:
            for session_id in self._open:
                sessions.cancel_tasks(connection, session_id, reason.replace("{id}", session_id))

        self._database.writer.write(operation)
        for session in self._open.values():
            self._cancel_running(session)

    def _cancel_running(self, session: _OpenSession) -> None:
        if session.cancelling:
            return
        session.cancelling = True
        self._reload(session)
        for (task_id, attempt), running in self._running.items():
            if running.task.session_id == session.id:
                running.executor.cancel(task_id, attempt)

    def _renew(self) -> None:
        """Keep the leases; an attempt whose lease is lost is ended, its result is worth nothing."""
        held = self._database.writer.write(lambda c: queue.renew(c, self._owner))
        for key in [key for key in self._running if key not in held]:
            running = self._running.pop(key)
            running.executor.cancel(*key)

    def _drop(self, session: _OpenSession) -> None:
        """Leave a session to the process that took it over while this one was stopped."""
        _log.warning("%s was taken over by another process", session.id)
        del self._open[session.id]
        self._endings = [e for e in self._endings if e.task.session_id != session.id]
        for key, running in list(self._running.items()):
            if running.task.session_id == session.id:
                del self._running[key]
                running.executor.cancel(*key)

    def _reload(self, session: _OpenSession) -> None:
        with self._database.read() as connection:
            record = read_session(connection, session.id)
            tasks = read_tasks(connection, session.id)
        session.journal.replace(record, tasks)
