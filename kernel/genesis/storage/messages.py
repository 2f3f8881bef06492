"""Messages of minds: written and deleted, together with all that is derived from them.

A message and its event are one transaction. Of a tool call and its result
each says, by `tool_call_id`, to which other one it belongs; they are deleted together.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, delete, func, insert, select, text

from genesis.errors import ConflictError, NotFoundError, UsageError
from genesis.storage.conversation_tables import MessageRow
from genesis.storage.database import Database
from genesis.storage.events import NewEvent, append_events
from genesis.storage.idempotency import forget_answers
from genesis.storage.message_pages import listed
from genesis.storage.message_words import (
    FEED_EVERY,
    feed_words,
    forget_for_good,
    forget_words,
)
from genesis.storage.statements import Statement, Values, table
from genesis.storage.threads import count_new_messages, discount_messages, settle_threads

DELETED_AT_ONCE = 500
"""Messages deleted in one transaction, so that others write in between."""

_messages = table(MessageRow)
_m = _messages.c
_mine = _m.mind_gmid == bindparam("mind")
# The next id that was never given: without AUTOINCREMENT, whose own table would be written with
# every message, SQLite gives that of a deleted last message again.
_next_id = text(
    "(SELECT max(counted_id, coalesce((SELECT max(id) FROM conversation_messages), 0)) + 1 "
    "FROM conversation_progress)"
)
_INSERT = Statement(
    insert(_messages).values(
        {"id": _next_id}
        | {column.name: bindparam(column.name) for column in _m if column.name != "id"}
    )
)
_partner = _messages.alias("partner").c
_PAIRED = Statement(
    select(_partner.id).where(
        _partner.mind_gmid == bindparam("mind"),
        _partner.tool_call_id.in_(
            select(_m.tool_call_id).where(
                _mine, _m.id.in_(listed("ids")), _m.tool_call_id.is_not(None)
            )
        ),
    )
)
_DELETE = Statement(delete(_messages).where(_mine, _m.id.in_(listed("ids"))))
_LAST = Statement(select(func.max(_m.id)))
_SOME = Statement(
    select(_m.id)
    .where(_mine, _m.id <= bindparam("last"))
    .order_by(_m.timestamp, _m.id)
    .limit(DELETED_AT_ONCE)
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `timestamp` is that of `genesis.clock`, `metadata` what JSON gave back."""

    id: int
    role: str
    content: str
    user_email: str | None
    environment_id: str | None
    timestamp: str
    metadata: dict[str, JsonValue]

    def to_dict(self) -> dict[str, JsonValue]:
        """The same as the pages of a conversation give it."""
        return asdict(self)


def insert_message(connection: Connection, row: Values) -> int:
    """Write a message (all columns but the id); gives its id.

    Raises NotFoundError for a mind that the home does not know and ConflictError for a tool call's
    id that is taken.
    """
    try:
        number = _INSERT.run(connection, row).lastrowid
    except sqlite3.IntegrityError as error:
        raise _refusal(row, str(error)) from None
    if number % FEED_EVERY == 0:
        count_new_messages(connection)
        feed_words(connection, number)
    return number


def append_message(connection: Connection, row: Values) -> int:
    """Write one message as `insert_message` does, with the event `message.added`."""
    number = insert_message(connection, row)
    about: dict[str, JsonValue] = {"message_id": number, "role": str(row["role"])}
    append_events(connection, [NewEvent("message.added", str(row["mind_gmid"]), None, about)])
    return number


def import_messages(connection: Connection, rows: Sequence[Values]) -> None:
    """Write messages of one mind that were said before; they are one event."""
    for row in rows:
        insert_message(connection, row)
    about: dict[str, JsonValue] = {"count": len(rows)}
    append_events(
        connection, [NewEvent("messages.imported", str(rows[0]["mind_gmid"]), None, about)]
    )


def delete_messages(
    connection: Connection, mind: str, ids: Sequence[int], *, pairs: bool = True
) -> int:
    """Delete messages of a mind, each with the other half of its pair; gives how many they were."""
    every = json.dumps(ids)
    if pairs:
        partners = _PAIRED.run(connection, {"mind": mind, "ids": every}).fetchall()
        every = json.dumps([*ids, *(row[0] for row in partners)])
    forget_answers(connection)
    forget_words(connection, mind, every)
    keys = discount_messages(connection, mind, every)
    deleted = _DELETE.run(connection, {"mind": mind, "ids": every}).rowcount
    settle_threads(connection, keys)
    return deleted


def delete_with_event(database: Database, mind: str, ids: Sequence[int], event: str) -> int:
    """Delete messages as `delete_messages` does, in one transaction with an event that says how
    many they were."""

    def delete(connection: Connection) -> int:
        deleted = delete_messages(connection, mind, ids)
        if deleted:
            append_events(connection, [NewEvent(event, mind, None, {"count": deleted})])
        return deleted

    return database.writer.write(delete)


def clear_messages(database: Database, mind: str) -> int:
    """Delete every message that a mind has now, in steps; gives how many they were."""
    ((last,),) = database.fetch(_LAST, {})
    deleted = 0
    while rows := database.fetch(_SOME, {"mind": mind, "last": last}):
        ids = [int(row[0]) for row in rows]  # type: ignore[arg-type]  # the id
        deleted += delete_with_event(database, mind, ids, "messages.cleared")
    forget_for_good(database)
    return deleted


def _refusal(row: Values, reason: str) -> UsageError:
    mind = row["mind_gmid"]
    if "FOREIGN KEY" in reason:
        return NotFoundError(
            f"The mind {mind!s} is not known in this home; load or save it here first."
        )
    return ConflictError(
        f"The mind {mind!s} already has a tool call {row['tool_call_id']!r:.80}; give another "
        "call_id, or none, to have one drawn."
    )
