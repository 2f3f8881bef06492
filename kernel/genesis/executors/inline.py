"""Carry attempts in threads of the kernel: for trusted work of milliseconds."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from genesis.contracts.executors import AttemptSpec, AttemptUpdate
from genesis.errors import AttemptCancelledError
from genesis.executors.attempt import run_attempt


class InlineExecutor:
    """Cancels in cooperation: a thread ends at its tool's next report of progress."""

    name = "inline"

    def __init__(self, workers: int, wake: Callable[[], None]) -> None:
        self._workers = workers
        self._wake = wake
        self._specs: queue.SimpleQueue[AttemptSpec | None] = queue.SimpleQueue()
        self._updates: queue.SimpleQueue[AttemptUpdate] = queue.SimpleQueue()
        self._cancelled: set[tuple[str, int]] = set()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Nothing yet: threads come with the first attempts."""

    def submit(self, spec: AttemptSpec) -> None:
        """Queue an attempt; a free thread takes it."""
        if len(self._threads) < self._workers:
            thread = threading.Thread(target=self._serve, name="genesis inline", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._specs.put(spec)

    def cancel(self, task_id: str, attempt: int) -> None:
        """Ask an attempt to end."""
        self._cancelled.add((task_id, attempt))

    def tick(self) -> list[AttemptUpdate]:
        """What happened since the last call."""
        return drain(self._updates)

    def stop(self) -> None:
        """Let the threads end after what they are doing."""
        for _ in self._threads:
            self._specs.put(None)

    def _serve(self) -> None:
        while (spec := self._specs.get()) is not None:
            self._updates.put(run_attempt(spec, self._reporter(spec)))
            self._wake()

    def _reporter(self, spec: AttemptSpec) -> Callable[[float, str], None]:
        key = (spec.task_id, spec.attempt)

        def report(fraction: float, message: str) -> None:
            if key in self._cancelled:
                raise AttemptCancelledError(f"{spec.task_id} attempt {spec.attempt} was cancelled")
            if fraction > 0.0:
                self._updates.put(
                    AttemptUpdate(
                        task_id=spec.task_id, attempt=spec.attempt,
                        fraction=fraction, message=message[:200],
                    )
                )  # fmt: skip

        return report


def drain(updates: queue.SimpleQueue[AttemptUpdate]) -> list[AttemptUpdate]:
    """Everything in a queue, in order, without waiting."""
    found = []
    try:
        while True:
            found.append(updates.get_nowait())
    except queue.Empty:
        return found
