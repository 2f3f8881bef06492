"""Carry out background tasks: workers that claim, run and record; and one who looks after them.

A worker records how its attempt ended and claims the next task in one transaction. A worker that
finds nothing sleeps until it is woken: by who submits in this process, or by the keeper, which
looks once a second for what other processes left, for what has become due, for cancellations,
and renews the leases.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from genesis.clock import seconds_between, utc_now
from genesis.contracts.background import BackgroundContext, BackgroundTask
from genesis.errors import AttemptCancelledError, StorageError
from genesis.minds.background_handlers import Handlers, readable, run_handler
from genesis.storage import background_tasks as tasks
from genesis.storage import queue
from genesis.storage.database import Database

_POLL_SECONDS = 1.0
_REPORT_SECONDS = 0.5
_RENEW_SECONDS = queue.LEASE_SECONDS / 3
_MOST_DEATHS = 10
_MOST_MESSAGE = 200
_log = logging.getLogger("genesis.background")


@dataclass
class _Running:
    """An attempt that a worker carries out; `stopped` says why it is to end, `given_up` that its
    result does not count any more."""

    lease: queue.Lease
    stopped: str = ""
    given_up: bool = False
    next_report: float = 0.0


class BackgroundRunner:
    """Runs the tasks of all minds of one home whose handlers this process knows.

    `owner` is this process's name in the home (`OwnerLock`), `is_alive` tells whether another
    owner still lives (`is_owner_alive`). `on_commit` is called after events were written.
    Thread-safe; several processes may run one home's tasks at the same time.
    """

    def __init__(
        self,
        database: Database,
        handlers: Handlers,
        *,
        owner: str,
        is_alive: Callable[[str], bool],
        workers: int = 2,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._owner = owner
        self._is_alive = is_alive
        self._workers = workers
        self._on_commit = on_commit
        self._threads: list[threading.Thread] = []
        self._running: dict[str, _Running] = {}
        self._stopping = threading.Event()
        self._until_idle = False
        # The workers' sleep: a worker that saw the latest signal and found nothing may wait.
        self._changed = threading.Condition()
        self._signals = 0
        self._sleeping = 0
        self._next_renewal = 0.0

    def start(self) -> None:
        """Take over what dead processes left, and begin to work. Raises StorageError."""
        self._stopping.clear()
        self._take_over()
        self._next_renewal = time.monotonic() + _RENEW_SECONDS
        jobs = [("background keeper", self._keep)]
        jobs += [(f"background {number}", self._work) for number in range(self._workers)]
        self._threads = [threading.Thread(target=job, name=name, daemon=True) for name, job in jobs]
        for thread in self._threads:
            thread.start()

    def stop(self, drain_seconds: float = 10.0) -> None:
        """Claim nothing more and let what runs end, at most that long; then give it back, so that
        another process can begin it anew. What this process comes to later is dropped.

        Once it has returned, a further call does nothing.
        """
        self._stopping.set()
        self.wake()
        deadline = time.monotonic() + drain_seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        left = list(self._running.values()) if self._threads else []
        for running in left:
            running.stopped, running.given_up = "stopped with its process", True
        if left:
            leases = [running.lease for running in left]
            self._database.writer.write(lambda c: tasks.give_back(c, leases))
        self._threads = []

    def run_until_idle(self) -> None:
        """Work in this call until nothing is left that is due and has a handler here; not to be
        called between `start` and `stop`."""
        self._until_idle = True
        try:
            self.start()
            for worker in self._threads[1:]:
                worker.join()
        finally:
            self.stop(drain_seconds=0 if self._running else 10)
            self._until_idle = False

    def wake(self) -> None:
        """Say that there may be something to do."""
        with self._changed:
            self._signals += 1
            self._changed.notify_all()

    def _work(self) -> None:
        ending: tasks.Ending | None = None
        while True:
            seen = self._signals
            try:
                claimed = self._commit(ending)
            except StorageError as error:
                # The ending is kept: it is recorded when the database can be written again.
                _log.error("background tasks wait: %s", error)
                if self._stopping.wait(_POLL_SECONDS):
                    return
                continue
            ending = None
            if claimed is not None:
                running = _Running(claimed[0])
                ending = self._carry(running, tasks.task_of(claimed[1]))
                if running.given_up:
                    return
            elif not self._sleep(seen):
                return

    def _commit(self, ending: tasks.Ending | None) -> tuple[queue.Lease, tasks.Row] | None:
        """Record how the last attempt ended and claim the next task, in one transaction."""
        lanes = [] if self._stopping.is_set() else self._handlers.lanes()
        if ending is None and not lanes:
            return None

        def operation(connection: Connection) -> tuple[queue.Lease, tasks.Row] | None:
            if ending is not None:
                tasks.finish_attempt(connection, ending)
            return tasks.claim_task(connection, lanes, self._owner)

        claimed = self._database.writer.write(operation)
        self._on_commit()
        return claimed

    def _sleep(self, seen: int) -> bool:
        """Wait for a signal that came after `seen`; False when there is nothing to wait for."""
        with self._changed:
            if self._stopping.is_set() or self._until_idle:
                return False
            if self._signals == seen:
                self._sleeping += 1
                self._changed.wait()
                self._sleeping -= 1
        return True

    def _carry(self, running: _Running, task: BackgroundTask) -> tasks.Ending:
        lease = running.lease
        if lease.attempt - task.retry_count > _MOST_DEATHS:
            why = f"given up: {_MOST_DEATHS} attempts ended with the process that carried them"
            return tasks.Ending(lease, task, error=why, may_retry=False)
        context = BackgroundContext(
            task_id=task.task_id,
            mind_gmid=task.mind_gmid,
            user_request=task.user_request,
            user_email=task.user_email,
            context=task.context,
            attachments=task.attachments,
            metadata=task.metadata,
            attempt=lease.attempt,
            report=self._reporter(running),
        )
        self._running[task.task_id] = running
        try:
            result, error, may_retry = run_handler(self._handlers, task.handler, context)
        finally:
            del self._running[task.task_id]
        return tasks.Ending(lease, task, result, error, may_retry)

    def _reporter(self, running: _Running) -> Callable[[float, str], None]:
        def report(fraction: float, message: str) -> None:
            now = time.monotonic()
            if not running.stopped and now >= running.next_report:
                running.next_report = now + _REPORT_SECONDS
                self._record_progress(running, fraction, message)
            if running.stopped:
                raise AttemptCancelledError(
                    f"task {running.lease.item}, attempt {running.lease.attempt}: {running.stopped}"
                )

        return report

    def _record_progress(self, running: _Running, fraction: float, message: str) -> None:
        text = readable(message, _MOST_MESSAGE)
        try:
            goes_on = self._database.writer.write(
                lambda c: tasks.report_progress(c, running.lease, fraction, text)
            )
        except StorageError as error:  # Work does not fail because nobody could be told of it.
            _log.error("progress of a background task is not recorded: %s", error)
            return
        if not goes_on:
            running.stopped = "cancelled while it ran"

    def _keep(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            pause = _POLL_SECONDS
            try:
                self._watch_running()
                self._take_over()
                pause = self._wake_for_due()
            except Exception as error:  # noqa: BLE001 - nobody else would keep the leases
                _log.error("background tasks: %s", error)

    def _watch_running(self) -> None:
        """Notice cancellations; renew the leases, and notice those that were lost."""
        for task_id, running in list(self._running.items()):
            if tasks.is_cancel_requested(self._database, task_id):
                running.stopped = "cancelled while it ran"
        if self._running and time.monotonic() >= self._next_renewal:
            self._next_renewal = time.monotonic() + _RENEW_SECONDS
            # Who began after the renewal is not in it, and has not lost anything.
            before = list(self._running.values())
            held = self._database.writer.write(lambda c: queue.renew(c, self._owner))
            for running in before:
                if (running.lease.item, running.lease.attempt) not in held:
                    running.stopped = "it has passed to another attempt"

    def _take_over(self) -> None:
        """Make ready what dead owners held, and what stopped ones have not renewed."""
        for owner, is_overdue in queue.read_holders(self._database, tasks.LANES):
            if owner == self._owner:
                continue
            is_dead = not self._is_alive(owner)
            if is_dead or is_overdue:
                self._release(owner, only_overdue=not is_dead)

    def _release(self, owner: str, *, only_overdue: bool) -> None:
        count = self._database.writer.write(
            lambda c: tasks.release_tasks(c, owner, only_overdue=only_overdue)
        )
        self._on_commit()
        _log.info("%d tasks of %s wait for another attempt", count, owner)

    def _wake_for_due(self) -> float:
        """Wake sleeping workers when something is due; gives the seconds until the next look."""
        if not self._sleeping:
            return _POLL_SECONDS
        lanes = self._handlers.lanes()
        times = [queue.read_next_time(self._database, lane) for lane in lanes]
        due = min((moment for moment in times if moment is not None), default=None)
        if due is None:
            return _POLL_SECONDS
        left = seconds_between(utc_now(), due) if due else 0.0
        if left <= 0:
            self.wake()
            return _POLL_SECONDS
        return min(left, _POLL_SECONDS)
