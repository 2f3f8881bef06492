"""The threads in which endpoints run: some for the kernel, and some for each plugin.

A thread in which a plugin hangs cannot be ended, and a pool of the standard library would not let
the process end before it. So these are daemon threads, and a plugin that has its own all in use
gets no more of them.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar, cast

from genesis.errors import HookTimeoutError
from genesis.web.limits import MOST_WAITING
from genesis.web.problems import ProblemError

T = TypeVar("T")


class Lane:
    """A few threads, made when they are needed, and what waits for them. Used from one loop."""

    def __init__(self, name: str, threads: int, seconds: float | None = None) -> None:
        """`seconds` is the limit of one call, its time of waiting included; None for no limit."""
        self.name = name
        self._most = threads
        self._seconds = seconds
        self._started = 0
        self._idle = threading.Semaphore(0)
        self._calls: queue.SimpleQueue[tuple[Future[object], Callable[[], object]] | None]
        self._calls = queue.SimpleQueue()

    async def run(self, function: Callable[[], T]) -> T:
        """Call in one of the threads. Raises what it raises (an exit as RuntimeError),
        HookTimeoutError after the limit, ProblemError 503 when too many wait already."""
        if self._calls.qsize() >= MOST_WAITING:
            raise ProblemError(
                503, f"{self.name} is too busy. Try again.", headers=((b"retry-after", b"5"),)
            )
        future: Future[object] = Future()
        self._calls.put((future, function))
        if not self._idle.acquire(blocking=False) and self._started < self._most:
            self._started += 1
            name = f"{self.name} {self._started}"
            threading.Thread(target=self._serve, name=name, daemon=True).start()
        waiting = asyncio.wrap_future(future)
        if self._seconds is None:
            return cast(T, await waiting)
        done, _ = await asyncio.wait((waiting,), timeout=self._seconds)
        if not done:
            # Nothing runs that has not begun; what runs goes on, and nobody hears of it.
            waiting.cancel()
            raise HookTimeoutError(f"{self.name} did not answer within {self._seconds:g} s")
        return cast(T, waiting.result())

    def close(self) -> None:
        """Let the threads end, each after what it is at."""
        for _ in range(self._started):
            self._calls.put(None)

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            future, function = call
            if future.set_running_or_notify_cancel():
                _settle(future, function)
            del call, future, function
            if self._calls.empty():
                self._idle.release()


def _settle(future: Future[object], function: Callable[[], object]) -> None:
    try:
        value = function()
    except BaseException as error:  # noqa: BLE001 - handed to who waits
        # A loop that is handed an exit ends, and a future takes no StopIteration.
        is_odd = not isinstance(error, Exception) or isinstance(error, StopIteration)
        future.set_exception(RuntimeError(repr(error)) if is_odd else error)
    else:
        future.set_result(value)
