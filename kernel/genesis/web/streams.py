"""Streams of events, as browsers read them (`EventSource`)."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from contextlib import aclosing

from pydantic_core import to_json
from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse, SendTimeoutError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from genesis.storage.listing import Listing
from genesis.storage.work_tables import SessionRow
from genesis.web.api.events import EVENT_TYPES
from genesis.web.api.fields import RECORD_ID
from genesis.web.feed import Feed, Stream, feed_of
from genesis.web.openapi import problem_responses
from genesis.web.problems import ProblemError
from genesis.web.services import Services

_HEARTBEAT_SECONDS = 15
_SEND_SECONDS = 10.0
_RETRY_MILLISECONDS = 2000
_SESSIONS = Listing(SessionRow, ("id",))
_ID = re.compile(r"[0-9]{1,18}")
_log = logging.getLogger("genesis.web")


class _EventsResponse(EventSourceResponse):
    """A stream that gives its place back, however it ends."""

    def __init__(self, feed: Feed, events: AsyncIterator[ServerSentEvent]) -> None:
        super().__init__(events, ping=_HEARTBEAT_SECONDS, send_timeout=_SEND_SECONDS, sep="\n")
        self._feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            _log.info("a stream was dropped: its client took nothing for %g s", _SEND_SECONDS)
        finally:
            self._feed.give_place()


def stream_routes(services: Services) -> list[Route]:
    """The routes of the streams."""
    kernel = services.kernel

    async def stream_all(request: Request) -> _EventsResponse:
        return _respond(feed_of(kernel), request, None)

    def has_session(session_id: str) -> bool:
        return _SESSIONS.find(kernel.database, session_id) is not None

    async def stream_session(request: Request) -> _EventsResponse:
        session_id = str(request.path_params["id"])
        if not await run_in_threadpool(has_session, session_id):
            raise ProblemError(404, f"There is no session {session_id!r}.")
        return _respond(feed_of(kernel), request, session_id)

    return [
        Route("/api/events/stream", stream_all, methods=["GET"]),
        Route("/api/sessions/{id}/events/stream", stream_session, methods=["GET"]),
    ]


def stream_paths() -> dict[str, object]:
    """Their path items for the OpenAPI document, below `/api`."""
    place = {"name": "id", "in": "path", "required": True,
             "schema": {"type": "string", "pattern": RECORD_ID}}  # fmt: skip
    return {
        "/api/events/stream": {"get": _operation("Follow the event log", [])},
        "/api/sessions/{id}/events/stream": {
            "get": _operation("Follow the events of a session", [place])
        },
    }


def _respond(feed: Feed, request: Request, session: str | None) -> _EventsResponse:
    types = request.query_params.get("types", "")
    last = request.headers.get("last-event-id", request.query_params.get("after"))
    if types and not re.fullmatch(EVENT_TYPES, types):
        raise ProblemError(422, "query.types: give types such as task.finished, with commas.")
    if last is not None and not _ID.fullmatch(last):
        raise ProblemError(422, "Last-Event-ID is the id of an event, a number.")
    if not feed.take_place():
        if feed.is_closed:
            raise ProblemError(503, "The server is stopping.", headers=((b"retry-after", b"5"),))
        raise ProblemError(
            429, "There are too many open streams. Close one, or try again.",
            headers=((b"retry-after", b"5"),),
        )  # fmt: skip
    stream = Stream(types.split(",") if types else [], session)
    return _EventsResponse(feed, _written(feed, stream, None if last is None else int(last)))


async def _written(feed: Feed, stream: Stream, after: int | None) -> AsyncIterator[ServerSentEvent]:
    # At once, so that a client knows that it is connected.
    yield ServerSentEvent(comment="open", retry=_RETRY_MILLISECONDS, sep="\n")
    async with aclosing(feed.follow(stream, after)) as events:
        async for event in events:
            data = to_json(event).decode()
            yield ServerSentEvent(data, event=str(event["type"]), id=str(event["id"]), sep="\n")


def _operation(summary: str, parameters: list[object]) -> dict[str, object]:
    return {
        "operationId": summary.replace(" ", "_").lower(),
        "summary": summary,
        "description": "Each event has the id of the event, its type, and its JSON as data.",
        "tags": ["kernel"],
        "parameters": [
            *parameters,
            {"name": "types", "in": "query", "required": False,
             "schema": {"type": "string", "pattern": EVENT_TYPES}},
            {"name": "after", "in": "query", "required": False,
             "schema": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}},
            {"name": "Last-Event-ID", "in": "header", "required": False,
             "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"}},
        ],
        "responses": {
            "200": {
                "description": "OK",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            },
            **problem_responses(404, 429),
        },
    }  # fmt: skip
