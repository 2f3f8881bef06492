"""The runner of a process that stays: sessions are handed in, and it is drained at the end."""

from __future__ import annotations

import time
from contextlib import suppress

from sqlalchemy import Connection

from genesis.errors import LostLeaseError, StorageError
from genesis.sessions.runner import SessionRunner
from genesis.storage.tasks import retry_task

_IDLE_SECONDS = 1.0


class ServingRunner(SessionRunner):
    """A runner that can also `serve`: work on what is handed in, until it is drained.

    `hand_in`, `holds` and `drain` may be used from any thread.
    """

    _ends_at: float | None = None

    def serve(self) -> None:
        """Work until `drain`; raises what `run` does.

        What has not ended by then stays open, for who takes it up.
        """
        self._work(self._goes_on)
        self._give_back()

    def hand_in(self, session_id: str) -> None:
        """Let `serve` take a session on, which is ours by now."""
        self._handed_in.append(session_id)
        self._wake.set()

    def holds(self, session_id: str) -> bool:
        """Whether it was handed in, and has neither its end nor another owner since."""
        return session_id in tuple(self._handed_in) or session_id in self._open

    def count(self) -> int:
        """How many sessions it holds."""
        return len(self._handed_in) + len(self._open)

    def drain(self, seconds: float) -> None:
        """Let `serve` begin nothing more and return once what runs has ended, at most that many
        seconds from now; a later call can only shorten that."""
        ends_at = time.monotonic() + seconds
        self._ends_at = ends_at if self._ends_at is None else min(self._ends_at, ends_at)
        self._begins = False
        self._wake.set()

    def _give_back(self) -> None:
        """Let others begin anew what an orderly end interrupted, and not hold that against it."""
        tasks = [running.task for running in self._running.values()]

        def operation(connection: Connection) -> None:
            for task in tasks:
                why = f"attempt {task.lease.attempt} was interrupted by an orderly end"
                with suppress(LostLeaseError):
                    retry_task(connection, task, why, counts=False)

        if tasks:
            # What cannot be given back is taken back from the dead, and counts.
            with suppress(StorageError):
                self._database.writer.write(operation)

    def _goes_on(self) -> bool:
        if self._ends_at is None and not self._open and not self._handed_in:
            # Not for ever: children that were cancelled a moment ago may have to be killed.
            self._wake.wait(_IDLE_SECONDS)
        if self._ends_at is not None:
            return bool(self._running or self._endings) and time.monotonic() < self._ends_at
        self._take_on()
        return True

    def _take_on(self) -> None:
        while self._handed_in:
            session_id = self._handed_in[0]
            with self._at(session_id):
                self.open(session_id)
            # Held until it is open, so that nobody hands it in a second time.
            self._handed_in.popleft()
