"""google-adk: `append_event` of its two session services that write to SQLite.

Variants: `sqlite` and `database` as installed; `sqlite-wal` and `database-wal` on a file that was
set to WAL before, which the package itself does not do.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from google.adk.events import Event
from google.adk.sessions.base_session_service import BaseSessionService
from google.genai import types

from tests.benchmarks.peers.loops import timed_async
from tests.benchmarks.peers.program import USER, Round, message, serve, set_to_wal, started

APP = "bench"


async def append(service: BaseSessionService, of: Round) -> float:
    """One round in one event loop; a conversation is a session."""
    sessions = {}
    for name in of.conversations():
        session = await service.create_session(app_name=APP, user_id=USER, session_id=name)
        for number in range(of.held):
            await service.append_event(session, _event(number))
        sessions[name] = session
    taken = await timed_async(of, lambda name, n: service.append_event(sessions[name], _event(n)))
    for name in sessions:
        stored = await service.get_session(app_name=APP, user_id=USER, session_id=name)
        assert len(stored.events) == of.held + len(of.each())
    await service.close()
    return taken


def _event(number: int) -> Event:
    content = types.Content(role="user", parts=[types.Part(text=message(number))])
    return Event(author="user", invocation_id=f"i{number}", content=content)


def _service(kind: str, path: Path) -> BaseSessionService:
    if kind == "sqlite":
        from google.adk.sessions.sqlite_session_service import SqliteSessionService

        return SqliteSessionService(str(path))
    from google.adk.sessions import DatabaseSessionService

    return DatabaseSessionService(f"sqlite+aiosqlite:///{path}")


def main() -> None:
    """All rounds of one variant on one file."""
    start = started()
    kind, _, wal = start.variant.partition("-")
    path = start.folder / "peer.db"
    if wal:
        set_to_wal(path)
    serve(start, lambda of: asyncio.run(append(_service(kind, path), of)))


if __name__ == "__main__":
    main()
