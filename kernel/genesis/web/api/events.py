"""The event log, page by page; `genesis.web.streams` has it as it grows."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from genesis.contracts.events import Event
from genesis.contracts.web import AnyEndpoint, Call, Endpoint, NoInput
from genesis.storage.event_pages import LOOKED_AT, event_rows, is_wanted
from genesis.web.api.fields import Answer, Input, Limit
from genesis.web.api.sessions import ONE, SessionRoutes
from genesis.web.services import Services

EVENT_TYPES = r"^[a-z_]{1,40}(\.[a-z_]{1,40})?(,[a-z_]{1,40}(\.[a-z_]{1,40})?){0,19}$"


class EventPage(Answer):
    """Events, oldest first. A page looks at no more than 1,000 of the log, so it may be short or
    empty; `next` is where to read on (`after`), null at the end of what there is so far."""

    items: list[Event]
    next: int | None


class EventsQuery(Input):
    """Which events; `types` are such as `task.finished`, or `task` for all of tasks."""

    after: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    limit: Limit = 50
    types: Annotated[str, Field(pattern=EVENT_TYPES)] | None = None


def event_endpoints(services: Services, sessions: SessionRoutes) -> tuple[AnyEndpoint, ...]:
    """The endpoints of events."""
    database = services.kernel.database

    def page(query: EventsQuery, session: str | None) -> object:
        types = query.types.split(",") if query.types else []
        looked_at = LOOKED_AT if types else query.limit
        found = event_rows(database, query.after, looked_at, session)
        wanted = [event for event in found if is_wanted(str(event["type"]), types)]
        items = wanted[: query.limit]
        last = items[-1]["id"] if len(wanted) > query.limit else found[-1]["id"] if found else None
        more = len(found) == looked_at or len(wanted) > query.limit
        return {"items": items, "next": last if more else None}

    def list_events(call: Call[EventsQuery, NoInput]) -> object:
        return page(call.query, None)

    def list_of_session(call: Call[EventsQuery, NoInput]) -> object:
        return page(call.query, str(sessions.find(call.path["id"])["id"]))

    return (
        Endpoint("GET", "/events", "Read the event log", list_events, EventPage, EventsQuery),
        Endpoint("GET", "/sessions/{id}/events", "Read the events of a session", list_of_session,
                 EventPage, EventsQuery, problems=(404,), path_patterns=ONE),
    )  # fmt: skip
