"""Take up every session that nobody works on, and see each of them to its end.

A runner that fails (a full disk, a database error) is given up with its owner's name, so that its
sessions count as interrupted, and the next one takes them up again after a pause.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from genesis.clock import growing_pause
from genesis.errors import GenesisError, UsageError
from genesis.home import OwnerLock
from genesis.kernel import Kernel
from genesis.sessions.serving import ServingRunner
from genesis.storage.records import SessionRecord, open_sessions

_LOOK_SECONDS = 1.0
_MOST_LOOKED_AT = 500
_MOST_PAUSE = 60.0
_MOST_DELAY = 600.0
_STOP_SECONDS = 4.0
_log = logging.getLogger("genesis.sessions")


class SessionService:
    """Runs the sessions of one home in two threads: one looks for sessions, one works on them.

    `on_end` is called with the id of each session that has its end. Thread-safe.
    """

    def __init__(self, kernel: Kernel, on_end: Callable[[str], None] = lambda _id: None) -> None:
        self._kernel = kernel
        self._on_end = on_end
        # So many at once keep every worker busy; the others wait in the database.
        self._most_open = 4 * kernel.settings.workers
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._hurried = threading.Event()
        self._current: tuple[ServingRunner, str] | None = None
        self._failures = 0
        self._delayed: dict[str, tuple[int, float]] = {}
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to look and to work."""
        for name, job in (("session runner", self._work), ("session finder", self._find)):
            thread = threading.Thread(target=job, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def wake(self) -> None:
        """Say that there may be a new session."""
        self._changed.set()

    def stop(self, drain_seconds: float) -> None:
        """Begin nothing more, let what runs end, at most that long, and leave the rest open."""
        self._stopping.set()
        self._changed.set()
        self._drain(drain_seconds)
        deadline = time.monotonic() + drain_seconds + _STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def hurry(self) -> None:
        """Do not wait for what runs, when it stops."""
        self._hurried.set()
        if self._stopping.is_set():
            self._drain(0.0)

    def _drain(self, seconds: float) -> None:
        current = self._current
        if current is not None:
            current[0].drain(0.0 if self._hurried.is_set() else seconds)

    def _work(self) -> None:
        while not self._stopping.is_set():
            pause = self._work_once()
            self._stopping.wait(pause)

    def _work_once(self) -> float:
        """One runner's life; gives the seconds until the next one may begin."""
        lock: OwnerLock | None = None
        runner: ServingRunner | None = None
        try:
            lock = OwnerLock(self._kernel.home)
            runner = self._kernel.runner(lock.owner, self._ended)
            self._current = (runner, lock.owner)
            self.wake()
            if self._stopping.is_set():
                runner.drain(0.0)
            runner.serve()
        except Exception as error:  # noqa: BLE001 - whatever it is, the sessions must go on
            return self._note_failure(error, runner)
        finally:
            self._current = None
            if lock is not None:
                lock.release()
        return 0.0

    def _note_failure(self, error: Exception, runner: ServingRunner | None) -> float:
        self._failures += 1
        pause = growing_pause(self._failures, 1.0, _MOST_PAUSE)
        culprit = runner.failed_session if runner is not None else None
        if culprit is not None:
            # One session that cannot be worked on must not hold up the others.
            times, _ = self._delayed.get(culprit, (0, 0.0))
            delay = growing_pause(times + 1, pause, _MOST_DELAY)
            self._delayed[culprit] = (times + 1, time.monotonic() + delay)
        _log.error(
            "sessions wait for %g s%s: %s", pause, f", at {culprit}" if culprit else "", error,
            exc_info=not isinstance(error, GenesisError),
        )  # fmt: skip
        return pause

    def _ended(self, session_id: str) -> None:
        self._failures = 0
        self._delayed.pop(session_id, None)
        self._changed.set()  # there is room for another
        try:
            self._on_end(session_id)
        except Exception as error:  # noqa: BLE001 - the session has its end all the same
            _log.error("the end of %s could not be passed on: %s", session_id, error)

    def _find(self) -> None:
        while not self._stopping.is_set():
            self._changed.wait(_LOOK_SECONDS)
            self._changed.clear()
            current = self._current
            if current is None or self._stopping.is_set():
                continue
            try:
                self._take_up(*current)
            except Exception as error:  # noqa: BLE001 - looked for again in a second
                _log.error("sessions cannot be looked for: %s", error)
                self._stopping.wait(_LOOK_SECONDS)

    def _take_up(self, runner: ServingRunner, owner: str) -> None:
        with self._kernel.database.read() as connection:
            found = open_sessions(connection, _MOST_LOOKED_AT)
        for session in found:
            # What was cancelled only has to be finished.
            has_room = session.cancel_requested or runner.count() < self._most_open
            if has_room and not runner.holds(session.id) and self._is_free(session):
                try:
                    self._kernel.take_up(session.id, owner)
                except UsageError:  # it has ended, or another process was faster
                    continue
                runner.hand_in(session.id)

    def _is_free(self, session: SessionRecord) -> bool:
        if self._delayed.get(session.id, (0, 0.0))[1] > time.monotonic():
            return False
        # Nobody else in this process runs what the kernel itself owns.
        return session.owner == self._kernel.owner or not self._kernel.is_worked_on(session)
