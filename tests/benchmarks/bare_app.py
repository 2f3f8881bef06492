"""A bare Starlette application with the SQL of three endpoints, and nothing else around it.

`python -m tests.benchmarks.bare_app DATABASE PORT`. It writes `ready` when it answers, and ends
with SIGTERM.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading

import uvicorn
from genesis.clock import utc_now
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.benchmarks.messages import GMID

SESSIONS = (
    "SELECT id, team_id, goal, status, phase, target_repo, branch_name, pr_url, iteration_count, "
    "started_at, completed_at, duration_seconds, exit_code FROM sessions ORDER BY id DESC LIMIT 51"
)
PAGE = (
    "SELECT id, timestamp, role, content, user_email, environment_id, extra_data "
    "FROM conversation_messages WHERE mind_gmid = ? ORDER BY timestamp DESC, id DESC LIMIT 51"
)
APPEND = (
    "INSERT INTO conversation_messages (mind_gmid, user_email, role, content, timestamp, "
    "awaits_result) VALUES (?, ?, ?, ?, ?, 0)"
)
EVENT = "INSERT INTO events (type, subject, payload, created_at) VALUES ('message.added', ?, ?, ?)"
_held = threading.local()
_writing = threading.Lock()


def _connection(path: str) -> sqlite3.Connection:
    if not hasattr(_held, "connection"):
        _held.connection = sqlite3.connect(path, isolation_level=None)
        _held.connection.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000"
        )
        _held.connection.row_factory = sqlite3.Row
    return _held.connection


def application(path: str) -> Starlette:
    """The three routes over a database."""

    def sessions(_request: Request) -> JSONResponse:
        return JSONResponse({"items": [dict(row) for row in _connection(path).execute(SESSIONS)]})

    def page(_request: Request) -> JSONResponse:
        rows = _connection(path).execute(PAGE, (GMID,))
        return JSONResponse({"items": [dict(row) for row in rows]})

    def append(user: str, content: str) -> dict[str, object]:
        connection, now = _connection(path), utc_now()
        with _writing:
            connection.execute("BEGIN IMMEDIATE")
            row = (GMID, user, "user", content, now)
            number = connection.execute(APPEND, row).lastrowid
            about = json.dumps({"message_id": number, "role": "user"})
            connection.execute(EVENT, (GMID, about, now))
            connection.execute("COMMIT")
        return {"id": number, "role": "user", "content": content, "timestamp": now}

    async def post(request: Request) -> JSONResponse:
        from starlette.concurrency import run_in_threadpool

        body = await request.json()
        made = await run_in_threadpool(append, body["user_email"], body["content"])
        return JSONResponse(made, 201)

    return Starlette(
        routes=[
            Route("/sessions", sessions),
            Route("/messages", page),
            Route("/messages", post, methods=["POST"]),
        ]
    )


def main() -> None:
    """Serve until the end; the HTTP parser and the loop are those of `genesis up`."""
    path, port = sys.argv[1:]
    uvicorn.run(
        application(path), port=int(port), http="h11", loop="asyncio", log_level="error",
        access_log=False, server_header=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
