"""The event log, and how far each plugin has read it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from genesis.clock import utc_now
from genesis.contracts.events import Event
from genesis.storage.event_tables import EventCursorRow, EventRow
from genesis.storage.statements import Statement, Values, table

_events = table(EventRow)
_cursors = table(EventCursorRow)
_APPEND = Statement(insert(_events), ["type", "subject", "session_id", "payload", "created_at"])
_AFTER = (
    select(_events)
    .where(_events.c.id > bindparam("after"))
    .order_by(_events.c.id)
    .limit(bindparam("at_most"))
)
_CURSOR = select(_cursors.c.event_id).where(_cursors.c.plugin == bindparam("of_plugin"))
_NEW_CURSOR = upsert(_cursors).on_conflict_do_nothing()
_MOVE = (
    update(_cursors)
    .where(_cursors.c.plugin == bindparam("of_plugin"))
    .values(event_id=bindparam("to"), failures=bindparam("failed"), updated_at=bindparam("now"))
)


@dataclass(frozen=True)
class NewEvent:
    """An event about to be written, in the same transaction as the change that it tells of."""

    type: str
    subject: str
    session_id: str | None = None
    payload: Mapping[str, JsonValue] = field(default_factory=dict)


def append_events(connection: Connection, events: Sequence[NewEvent]) -> None:
    """Write events in this order."""
    now = utc_now()
    rows: list[Values] = [
        {
            "type": event.type,
            "subject": event.subject,
            "session_id": event.session_id,
            "payload": json.dumps(event.payload),
            "created_at": now,
        }
        for event in events
    ]
    _APPEND.run_many(connection, rows)


def events_after(connection: Connection, event_id: int, at_most: int = 100) -> list[Event]:
    """The events that follow an id, oldest first."""
    rows = connection.execute(_AFTER, {"after": event_id, "at_most": at_most}).mappings()
    return [Event.model_validate({**row, "payload": json.loads(row["payload"])}) for row in rows]


def open_cursor(connection: Connection, plugin: str) -> int:
    """Where a plugin reads on; one that is new begins at the first event."""
    connection.execute(
        _NEW_CURSOR, {"plugin": plugin, "event_id": 0, "failures": 0, "updated_at": utc_now()}
    )
    return int(connection.execute(_CURSOR, {"of_plugin": plugin}).scalar_one())


def move_cursor(connection: Connection, plugin: str, event_id: int, failures: int = 0) -> None:
    """Record that a plugin has taken everything up to an event, or failed that often after it."""
    connection.execute(
        _MOVE, {"of_plugin": plugin, "to": event_id, "failed": failures, "now": utc_now()}
    )
