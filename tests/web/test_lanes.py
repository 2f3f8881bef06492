"""The threads in which endpoints run."""

from __future__ import annotations

import asyncio
import threading
import weakref

import pytest
from genesis.errors import HookTimeoutError
from genesis.web.lanes import Lane
from genesis.web.limits import MOST_WAITING
from genesis.web.problems import ProblemError

from tests.support import until


def test_calls_that_come_one_by_one_share_one_thread() -> None:
    async def main() -> set[str]:
        lane = Lane("lane", 4)
        names = {await lane.run(lambda: threading.current_thread().name) for _ in range(50)}
        gate = threading.Barrier(4)
        together = await asyncio.gather(*(lane.run(gate.wait) for _ in range(4)))
        assert sorted(together) == [0, 1, 2, 3]
        names |= {await lane.run(lambda: threading.current_thread().name) for _ in range(50)}
        lane.close()
        return names

    # A thread may still be on its way to being idle when the next call comes.
    assert len(asyncio.run(main())) <= 4


def test_the_last_thread_that_became_idle_works_next() -> None:
    async def main() -> None:
        lane = Lane("lane", 3)
        gate = threading.Barrier(3)
        await asyncio.gather(*(lane.run(gate.wait) for _ in range(3)))
        until(lambda: len(lane._idle) == 3, "all are idle")
        used = set()
        for _ in range(20):
            used.add(await lane.run(threading.get_ident))
            until(lambda: len(lane._idle) == 3, "all are idle")
        assert len(used) == 1
        lane.close()

    asyncio.run(main())


def test_what_waits_is_done_in_its_order_even_after_closing_and_too_much_is_refused() -> None:
    async def main() -> None:
        lane, held, done = Lane("lane", 1), threading.Event(), list[int]()
        first = asyncio.ensure_future(lane.run(held.wait))
        await asyncio.sleep(0)
        rest = [
            asyncio.ensure_future(lane.run(lambda n=n: done.append(n)))  # type: ignore[misc]
            for n in range(MOST_WAITING)
        ]
        await asyncio.sleep(0)
        with pytest.raises(ProblemError, match="too busy"):
            await lane.run(lambda: None)
        lane.close()
        held.set()
        await asyncio.gather(first, *rest)
        assert done == list(range(MOST_WAITING))
        until(lambda: not any(t.name.startswith("lane ") for t in threading.enumerate()), "it ends")

    asyncio.run(main())


def test_a_call_that_had_to_wait_too_long_is_never_begun() -> None:
    async def main() -> list[str]:
        lane, held, done = Lane("lane", 1, seconds=0.2), threading.Event(), list[str]()
        with pytest.raises(HookTimeoutError):
            await asyncio.gather(
                lane.run(held.wait), lane.run(lambda: done.append("begun")), return_exceptions=False
            )
        await asyncio.sleep(0.3)
        held.set()
        await lane.run(lambda: None)
        lane.close()
        return done

    assert asyncio.run(main()) == []


def test_an_idle_thread_keeps_nothing_of_its_last_call() -> None:
    class Held:
        pass

    async def main() -> None:
        lane, held = Lane("lane", 1), Held()
        gone = weakref.ref(held)
        await lane.run(lambda held=held: None)  # type: ignore[misc]
        del held
        until(lambda: gone() is None, "the call is forgotten")
        lane.close()

    asyncio.run(main())
