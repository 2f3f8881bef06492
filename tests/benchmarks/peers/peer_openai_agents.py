"""openai-agents: `SQLiteSession.add_items` with one item."""

from __future__ import annotations

import asyncio
from pathlib import Path

from agents import SQLiteSession

from tests.benchmarks.peers.loops import timed_async
from tests.benchmarks.peers.program import Round, message, serve, started


async def append(path: Path, of: Round) -> float:
    """One round in one event loop; a conversation is a session."""
    sessions = {name: SQLiteSession(name, path) for name in of.conversations()}
    for session in sessions.values():
        await session.add_items([_item(number) for number in range(of.held)])
    taken = await timed_async(of, lambda name, n: sessions[name].add_items([_item(n)]))
    for session in sessions.values():
        assert len(await session.get_items()) == of.held + len(of.each())
        session.close()
    return taken


def _item(number: int) -> dict[str, str]:
    return {"role": "user", "content": message(number)}


def main() -> None:
    """All rounds on one file."""
    start = started()
    serve(start, lambda of: asyncio.run(append(start.folder / "peer.db", of)))


if __name__ == "__main__":
    main()
