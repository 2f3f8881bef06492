"""Call into a plugin with a time limit that holds even when the plugin never gives way."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from genesis.errors import HookTimeoutError

T = TypeVar("T")
_log = logging.getLogger("genesis.host")


class LimitedThread:
    """A daemon thread that is used again as long as nothing hangs in it.

    A thread cannot be ended from outside: one in which a call hangs is left behind, harms nobody
    who does not wait for it, and the next call gets another.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] | None = None

    def call(self, function: Callable[[], T], seconds: float, what: str) -> T:
        """Call in the thread and wait at most that long. Raises HookTimeoutError."""
        box: list[T] = []
        raised: list[BaseException] = []
        done = threading.Event()

        def run() -> None:
            try:
                box.append(function())
            except BaseException as error:  # noqa: BLE001 - handed to the caller, SystemExit too
                raised.append(error)
            done.set()

        calls = self._calls or self._start()
        calls.put(run)
        if not done.wait(seconds):
            self.close()
            raise HookTimeoutError(f"{what} did not return within {seconds:g} s")
        if raised:
            raise raised[0]
        return box[0]

    def close(self) -> None:
        """Let the thread end after what it is at."""
        if self._calls is not None:
            self._calls.put(None)
            self._calls = None

    def _start(self) -> queue.SimpleQueue[Callable[[], None] | None]:
        calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._calls = calls

        def serve() -> None:
            while (run := calls.get()) is not None:
                run()

        threading.Thread(target=serve, name="genesis limited", daemon=True).start()
        return calls


def call_limited(function: Callable[[], T], seconds: float, what: str) -> T:
    """Call once in a thread of its own, as `LimitedThread` does."""
    thread = LimitedThread()
    try:
        return thread.call(function, seconds, what)
    finally:
        thread.close()


class HookLoop:
    """The one place where plugins' coroutines are awaited: an event loop in its own thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, call: Callable[[], Awaitable[T]], seconds: float, what: str) -> T:
        """Await what `call` gives, at most that long. Raises HookTimeoutError."""
        loop = self._running_loop()
        if _current_loop() is loop:
            # Asked from one of our own coroutines, which waits for the answer.
            nested = HookLoop()
            try:
                return nested.run(call, seconds, what)
            finally:
                nested.close()
        future = asyncio.run_coroutine_threadsafe(_settle(call, seconds, what), loop)
        try:
            # A little more than the limit inside, which can end only what awaits.
            values, error = future.result(seconds + 0.25)
        except TimeoutError:
            self._abandon(loop)
            raise HookTimeoutError(
                f"{what} did not return within {seconds:g} s and does not give way; "
                "a coroutine must not block"
            ) from None
        if error is not None:
            raise error
        return values[0]

    def close(self) -> None:
        """Stop the loop."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            with suppress(RuntimeError):  # it is closed already
                loop.call_soon_threadsafe(loop.stop)

    def _abandon(self, loop: asyncio.AbstractEventLoop) -> None:
        """Leave a blocked loop to its thread; the next call starts a new one."""
        with self._lock:
            if self._loop is loop:
                self._loop = None
        loop.call_soon_threadsafe(loop.stop)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=_serve, args=(self._loop,), name="genesis hooks", daemon=True
                ).start()
            return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    while not _runs_to_its_end(loop):
        pass
    # What a plugin left running would be destroyed in the middle of its work.
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.close()


def _runs_to_its_end(loop: asyncio.AbstractEventLoop) -> bool:
    """Run until the loop is stopped; False when SystemExit in a plugin's own task ended it."""
    try:
        loop.run_forever()
    except BaseException as error:  # noqa: BLE001 - whatever gets out of a loop was the plugin's
        _log.warning("a task that a plugin left running ended with %r", error)
        return False
    return True


def _current_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def _settle(
    call: Callable[[], Awaitable[T]], seconds: float, what: str
) -> tuple[list[T], BaseException | None]:
    """Await within the limit; errors are values, because SystemExit would end the loop."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return [await call()], None
    except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
        if limit.expired():
            return [], HookTimeoutError(f"{what} did not return within {seconds:g} s")
        return [], error
