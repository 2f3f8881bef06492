"""The threads in which endpoints run: some for the kernel, and some for each plugin.

A thread in which a plugin hangs cannot be ended, and a pool of the standard library would not let
the process end before it. So these are daemon threads, and a plugin that has its own all in use
gets no more of them.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeAlias, TypeVar, cast

from genesis.errors import HookTimeoutError
from genesis.web.limits import MOST_WAITING
from genesis.web.problems import ProblemError

T = TypeVar("T")
_Work: TypeAlias = tuple[Future[object], Callable[[], object]]


class Lane:
    """A few threads, made when they are needed, and what waits for them. Used from one loop."""

    def __init__(self, name: str, threads: int, seconds: float | None = None) -> None:
        """`seconds` is the limit of one call, its time of waiting included; None for no limit."""
        self.name = name
        self._most = threads
        self._seconds = seconds
        self._lock = threading.Lock()
        self._started = 0
        self._closed = False
        # Where each idle thread is handed its next call. The last to become idle is the first to
        # work: each thread keeps some memory once it has worked, so as few as possible should.
        self._idle: list[queue.SimpleQueue[_Work | None]] = []
        self._waiting: deque[_Work] = deque()

    async def run(self, function: Callable[[], T]) -> T:
        """Call in one of the threads. Raises what it raises (an exit as RuntimeError),
        HookTimeoutError after the limit, ProblemError 503 when too many wait already."""
        future: Future[object] = Future()
        self._hand_over((future, function))
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
        """Let the threads end, each after what it is at and what waits."""
        with self._lock:
            self._closed = True
            for inbox in self._idle:
                inbox.put(None)

    def _hand_over(self, work: _Work) -> None:
        with self._lock:
            if self._idle:
                self._idle.pop().put(work)
            elif self._started < self._most:
                self._started += 1
                inbox: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
                inbox.put(work)
                name = f"{self.name} {self._started}"
                threading.Thread(target=self._serve, args=(inbox,), name=name, daemon=True).start()
            elif len(self._waiting) < MOST_WAITING:
                self._waiting.append(work)
            else:
                raise ProblemError(
                    503, f"{self.name} is too busy. Try again.", headers=((b"retry-after", b"5"),)
                )

    def _serve(self, inbox: queue.SimpleQueue[_Work | None]) -> None:
        while (work := inbox.get()) is not None:
            future, function = work
            if future.set_running_or_notify_cancel():
                _settle(future, function)
            # What was called must not live on while the thread is idle.
            del future, function, work
            self._go_on(inbox)

    def _go_on(self, inbox: queue.SimpleQueue[_Work | None]) -> None:
        """Hand a thread that has done its call what waits, or let it be idle or end."""
        with self._lock:
            if self._waiting:
                inbox.put(self._waiting.popleft())
            elif self._closed:
                inbox.put(None)
            else:
                self._idle.append(inbox)


def _settle(future: Future[object], function: Callable[[], object]) -> None:
    try:
        value = function()
    except BaseException as error:  # noqa: BLE001 - handed to who waits
        # A loop that is handed an exit ends, and a future takes no StopIteration.
        is_odd = not isinstance(error, Exception) or isinstance(error, StopIteration)
        future.set_exception(RuntimeError(repr(error)) if is_odd else error)
    else:
        future.set_result(value)
