"""Call into a plugin with a time limit that holds even when the plugin never gives way."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from genesis.errors import HookTimeoutError

T = TypeVar("T")
_log = logging.getLogger("genesis.host")


def call_limited(function: Callable[[], T], seconds: float, what: str) -> T:
    """Call in a daemon thread and wait at most that long. Raises HookTimeoutError.

    A thread cannot be ended from outside: one that hangs is left behind, and harms nobody who
    does not wait for it.
    """
    box: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            box.append(function())
        except BaseException as error:  # noqa: BLE001 - handed to the caller, SystemExit included
            raised.append(error)

    thread = threading.Thread(target=run, name=f"limited {what}", daemon=True)
    thread.start()
    thread.join(seconds)
    if raised:
        raise raised[0]
    if not box:
        raise HookTimeoutError(f"{what} did not return within {seconds:g} s")
    return box[0]


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
