"""Pages of a mind's messages: one statement for each set of filters, each served by an index.

Messages are ordered by (timestamp, id), and a page goes on from such a place: it costs the same
at any depth, and messages of one instant are neither skipped nor seen twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TypeAlias

from pydantic import JsonValue
from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    TextClause,
    bindparam,
    func,
    select,
    text,
    tuple_,
)

from genesis.storage.conversation_tables import RARE_ROLE, MessageRow
from genesis.storage.database import Database
from genesis.storage.statements import Statement, Value, table

MessageDict: TypeAlias = dict[str, JsonValue]
Row: TypeAlias = tuple[Value, ...]
Filters: TypeAlias = Mapping[str, str | int]
"""What a page holds: any of `user_email`, `environment_id` (or `no_user_email` and
`no_environment_id`), `role`, `since` (inclusive), `until` (exclusive); `before` or `after`, the id
of a message of the mind, or the place itself: `before_time` and `before_id`, `after_time` and
`after_id`. With none: every message."""

KEYS = ("id", "timestamp")
COLUMNS = (
    *KEYS, "role", "tool_call_id", "content", "user_email", "environment_id", "extra_data",
)  # fmt: skip

_messages = table(MessageRow)
_m = _messages.c
_cursor = _messages.alias("cursor")
_place = tuple_(_m.timestamp, _m.id)
_ONE = Statement(
    select(*(_m[name] for name in COLUMNS)).where(
        _m.id == bindparam("id"), _m.mind_gmid == bindparam("mind")
    )
)


def _place_of(name: str) -> ScalarSelect[object]:
    """The place of a message. Nothing comes before or after one that does not exist."""
    found = select(_cursor.c.timestamp, _cursor.c.id).where(
        _cursor.c.id == bindparam(name), _cursor.c.mind_gmid == bindparam("mind")
    )
    return found.scalar_subquery()


_CONDITIONS: dict[str, ColumnElement[bool] | TextClause] = {
    "user_email": _m.user_email == bindparam("user_email"),
    "environment_id": _m.environment_id == bindparam("environment_id"),
    "no_user_email": _m.user_email.is_(None),
    "no_environment_id": _m.environment_id.is_(None),
    "role": _m.role == bindparam("role"),
    "rare_role": text(RARE_ROLE),
    "since": _m.timestamp >= bindparam("since"),
    "until": _m.timestamp < bindparam("until"),
    "before": _place < _place_of("before"),
    "after": _place > _place_of("after"),
    "before_id": _place < tuple_(bindparam("before_time"), bindparam("before_id")),
    "after_id": _place > tuple_(bindparam("after_time"), bindparam("after_id")),
}

_HAS = Statement(select(_m.id).where(_m.id == bindparam("id"), _m.mind_gmid == bindparam("mind")))


def listed(name: str) -> Select[int]:
    """The values of a JSON list, for IN: bound parameters would be limited in number."""
    return select(func.json_each(bindparam(name)).table_valued("value").c.value)


def conditions(filters: Iterable[str]) -> list[ColumnElement[bool] | TextClause]:
    """What a statement about messages of the mind `:mind` that pass these filters says."""
    named = [_CONDITIONS[name] for name in sorted(filters) if name in _CONDITIONS]
    return [_m.mind_gmid == bindparam("mind"), *named]


def named(filters: Filters) -> frozenset[str]:
    """The names that tell which statement answers these filters."""
    rare = filters.get("role") in ("system", "tool")
    return frozenset((*filters, "rare_role") if rare else filters)


@cache
def page_statement(filters: frozenset[str], newest: bool, columns: tuple[str, ...]) -> Statement:
    """A page from the newest end (newest first) or the oldest (oldest first)."""
    order = [_m.timestamp, _m.id]
    return Statement(
        select(*(_m[name] for name in columns))
        .where(*conditions(filters))
        .order_by(*(column.desc() if newest else column for column in order))
        .limit(bindparam("limit"))
    )


def fetch_page(
    database: Database,
    mind: str,
    filters: Filters,
    limit: int,
    *,
    newest: bool,
    columns: tuple[str, ...] = COLUMNS,
) -> list[Row]:
    """At most `limit` messages that pass the filters: the newest or the oldest ones. Always in
    chronological order."""
    statement = page_statement(named(filters), newest, columns)
    rows = database.fetch(statement, {**filters, "mind": mind, "limit": limit})
    if newest:
        rows.reverse()
    return rows


def has_message(database: Database, mind: str, message_id: int) -> bool:
    """Whether a mind has a message."""
    return bool(database.fetch(_HAS, {"mind": mind, "id": message_id}))


def fetch_message(database: Database, mind: str, message_id: int) -> Row | None:
    """One message of a mind, or None."""
    rows = database.fetch(_ONE, {"mind": mind, "id": message_id})
    return rows[0] if rows else None


def message_dict(row: Row) -> MessageDict:
    """A message as programs read it, from a row of COLUMNS."""
    number, timestamp, role, _call, content, user, environment, extra = row
    return {
        "id": number,
        "role": role,
        "content": content,
        "user_email": user,
        "environment_id": environment,
        "timestamp": timestamp,
        "metadata": {} if extra is None else json.loads(str(extra)),
    }
