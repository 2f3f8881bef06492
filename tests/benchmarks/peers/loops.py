"""The loops that are timed, the same for every program; standard library only."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from tests.benchmarks.peers.program import Round


def timed(run: Round, append: Callable[[str, int], object]) -> float:
    """The seconds of `append(conversation, number)`, by one thread for each conversation."""
    names, each = run.conversations(), run.each()
    ready = threading.Barrier(len(names) + 1)

    def call(name: str) -> None:
        ready.wait()
        for number in each:
            append(name, number)

    if len(names) == 1:
        begun = time.perf_counter()
        for number in each:
            append(names[0], number)
        return time.perf_counter() - begun
    with ThreadPoolExecutor(len(names)) as pool:
        calls = [pool.submit(call, name) for name in names]
        ready.wait()
        begun = time.perf_counter()
        for one in calls:
            one.result()
        return time.perf_counter() - begun


async def timed_async(run: Round, append: Callable[[str, int], Awaitable[object]]) -> float:
    """The same for what is awaited, by one task for each conversation."""

    async def call(name: str) -> None:
        for number in run.each():
            await append(name, number)

    begun = time.perf_counter()
    await asyncio.gather(*(call(name) for name in run.conversations()))
    return time.perf_counter() - begun
