"""Pages of the event log for those who follow it over the API."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select

from genesis.storage.database import Database
from genesis.storage.event_tables import EventRow
from genesis.storage.listing import JsonRow, Listing, as_json
from genesis.storage.statements import Statement, table

LOOKED_AT = 1000
"""So many events one page looks at, however few of them are wanted."""

_events = table(EventRow)
_e = _events.c
_COLUMNS = ("id", "type", "subject", "session_id", "payload", "created_at")
_AFTER = (
    select(*(_e[name] for name in _COLUMNS))
    .where(_e.id > bindparam("after"))
    .order_by(_e.id)
    .limit(bindparam("at_most"))
)
_OF_ALL = Statement(_AFTER)
_OF_SESSION = Statement(_AFTER.where(_e.session_id == bindparam("session")))
_LOG = Listing(EventRow, _COLUMNS, read={"payload": as_json})
_LAST = Statement(select(func.max(_e.id)))


def event_rows(
    database: Database, after: int, at_most: int, session: str | None = None
) -> list[JsonRow]:
    """The events after an id, oldest first: of all, or of one session."""
    statement = _OF_ALL if session is None else _OF_SESSION
    rows = database.fetch(statement, {"after": after, "at_most": at_most, "session": session})
    return [_LOG.row(row) for row in rows]


def last_event(database: Database) -> int:
    """The id of the newest event, 0 when there is none."""
    ((last,),) = database.fetch(_LAST, {})
    return int(last or 0)


def is_wanted(kind: str, types: Sequence[str]) -> bool:
    """Whether a type is among some; `task` stands for `task.started` and its like, nothing for
    all."""
    return not types or any(kind == one or kind.startswith(f"{one}.") for one in types)
