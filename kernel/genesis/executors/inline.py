"""Carry attempts in threads of the kernel: for trusted work of milliseconds."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from genesis.contracts.executors import AttemptSpec, AttemptUpdate
from genesis.errors import AttemptCancelledError
from genesis.executors.attempt import run_attempt

_GRACE_SECONDS = 3.0
Key = tuple[str, int]


class InlineExecutor:
    """A cancelled or overdue attempt ends at its tool's next report of progress.

    A thread cannot be ended from outside: one that never reports is given up after three seconds,
    and what it comes to later is dropped.
    """

    name = "inline"

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._updates: queue.SimpleQueue[AttemptUpdate] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._deadlines: dict[Key, float] = {}
        self._cancelled: set[Key] = set()

    def start(self) -> None:
        """Nothing to prepare."""

    def submit(self, spec: AttemptSpec) -> None:
        """Start a thread for an attempt."""
        key = (spec.task_id, spec.attempt)
        with self._lock:
            self._deadlines[key] = time.monotonic() + spec.time_limit_seconds
        name = f"genesis attempt {spec.task_id}"
        threading.Thread(target=self._carry, args=(spec, key), name=name, daemon=True).start()

    def cancel(self, task_id: str, attempt: int) -> None:
        """Ask an attempt to end; it is given up when it does not."""
        key = (task_id, attempt)
        with self._lock:
            if key in self._deadlines:
                self._cancelled.add(key)
                self._deadlines[key] = time.monotonic() + _GRACE_SECONDS

    def tick(self) -> list[AttemptUpdate]:
        """What happened since the last call; gives up what is overdue."""
        now = time.monotonic()
        with self._lock:
            overdue = [key for key, deadline in self._deadlines.items() if now >= deadline]
        for task_id, attempt in overdue:
            cancelled = (task_id, attempt) in self._cancelled
            self._end(
                AttemptUpdate(
                    task_id=task_id,
                    attempt=attempt,
                    ended="cancelled" if cancelled else "timed_out",
                    error="cancelled while it ran" if cancelled else "stopped at its time limit",
                )
            )
        return drain(self._updates)

    def stop(self) -> None:
        """Threads are daemons: what still runs ends with the process."""

    def _carry(self, spec: AttemptSpec, key: Key) -> None:
        self._end(run_attempt(spec, self._reporter(spec, key)))

    def _end(self, update: AttemptUpdate) -> None:
        """Report an end, unless the attempt was given up or has ended a moment ago."""
        key = (update.task_id, update.attempt)
        with self._lock:
            if self._deadlines.pop(key, None) is None:
                return
            self._cancelled.discard(key)
            self._updates.put(update)
        self._wake()

    def _reporter(self, spec: AttemptSpec, key: Key) -> Callable[[float, str], None]:
        def report(fraction: float, message: str) -> None:
            if key in self._cancelled or key not in self._deadlines:
                raise AttemptCancelledError(f"{spec.task_id} attempt {spec.attempt} was cancelled")
            if fraction > 0.0:
                self._updates.put(
                    AttemptUpdate(
                        task_id=spec.task_id,
                        attempt=spec.attempt,
                        fraction=fraction,
                        message=message[:200],
                    )
                )

        return report


def drain(updates: queue.SimpleQueue[AttemptUpdate]) -> list[AttemptUpdate]:
    """Everything in a queue, in order, without waiting."""
    found = []
    try:
        while True:
            found.append(updates.get_nowait())
    except queue.Empty:
        return found
