"""The event log, and how far each plugin has read it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from genesis.clock import utc_now
from genesis.contracts.events import Event, NewEvent
from genesis.storage.event_tables import EventCursorRow, EventRow
from genesis.storage.statements import Statement, Values, table

# Whoever writes events needs the record too.
__all__ = ["NewEvent", "append_events", "events_after", "move_cursor", "open_cursor"]

_events = table(EventRow)
_cursors = table(EventCursorRow)
_APPEND = Statement(insert(_events), ["type", "subject", "session_id", "payload", "created_at"])
_AFTER = Statement(
    select(
        _events.c.id, _events.c.type, _events.c.subject,
        _events.c.session_id, _events.c.payload, _events.c.created_at,
    )
    .where(_events.c.id > bindparam("after"))
    .order_by(_events.c.id)
    .limit(bindparam("at_most"))
)  # fmt: skip
_CURSOR = select(_cursors.c.event_id).where(_cursors.c.plugin == bindparam("of_plugin"))
_NEW_CURSOR = upsert(_cursors).on_conflict_do_nothing()
_MOVE = (
    update(_cursors)
    .where(_cursors.c.plugin == bindparam("of_plugin"))
    .values(event_id=bindparam("to"), failures=bindparam("failed"), updated_at=bindparam("now"))
)


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
    rows = _AFTER.run(connection, {"after": event_id, "at_most": at_most}).fetchall()
    # Only `append_events` wrote them, so nothing is checked, and one call parses all payloads:
    # plugins read the log from its first event on.
    payloads = json.loads(f"[{','.join([row[4] for row in rows])}]")
    return [
        Event.model_construct(
            id=row[0], type=row[1], subject=row[2], session_id=row[3], payload=payload,
            created_at=row[5],
        )
        for row, payload in zip(rows, payloads, strict=True)
    ]  # fmt: skip


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
