"""Counters of conversations: threads and statistics without reading the messages.

They change in the transaction that writes or deletes messages, and only by adding and
subtracting, so several processes may write at once. A thread is one user in one environment; an
empty text stands for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, bindparam, case, delete, exists, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from genesis.storage.conversation_tables import MessageRow, ThreadRow
from genesis.storage.database import Database
from genesis.storage.message_pages import KEYS, Row, fetch_page, listed, page_statement
from genesis.storage.statements import Statement, Value, Values, table

ROLES = ("user", "assistant", "system", "tool")
PREVIEW_CHARACTERS = 100

_threads = table(ThreadRow)
_messages = table(MessageRow)
_t, _m = _threads.c, _messages.c
_COUNTERS = ("message_count", *(f"{role}_messages" for role in ROLES))
_BY_ROLE = {role: {f"{one}_messages": int(one == role) for one in ROLES} for role in ROLES}


def _count_statement() -> Statement:
    """Add one message to its thread; the last one is the latest in time, not the last written."""
    insert = upsert(_threads)
    new = insert.excluded
    later = (new.last_message_time > _t.last_message_time) | (
        (new.last_message_time == _t.last_message_time) & (new.last_message_id > _t.last_message_id)
    )
    last = ("last_message_id", "last_message_time")
    changes = {name: _t[name] + new[name] for name in _COUNTERS}
    changes |= {name: case((later, new[name]), else_=_t[name]) for name in last}
    key = ["mind_gmid", "user_email", "environment_id"]
    return Statement(
        insert.on_conflict_do_update(key, set_=changes), [column.name for column in _threads.c]
    )


_COUNT = _count_statement()
_LEAVING = Statement(
    select(
        func.coalesce(_m.user_email, ""),
        func.coalesce(_m.environment_id, ""),
        func.count(),
        *(func.count().filter(_m.role == role) for role in ROLES),
    )
    .where(_m.mind_gmid == bindparam("mind"), _m.id.in_(listed("ids")))
    .group_by(_m.user_email, _m.environment_id)
)
_this = (
    (_t.mind_gmid == bindparam("mind"))
    & (_t.user_email == bindparam("user"))
    & (_t.environment_id == bindparam("environment"))
)
_DISCOUNT = Statement(
    update(_threads)
    .where(_this)
    .values({name: _t[name] - bindparam(f"gone_{name}") for name in _COUNTERS})
)
_DROP_EMPTY = Statement(delete(_threads).where(_this, _t.message_count == 0))
_LOST_LAST = Statement(
    select(_t.last_message_id).where(_this, ~exists().where(_m.id == _t.last_message_id))
)
_SET_LAST = Statement(
    update(_threads)
    .where(_this)
    .values(last_message_id=bindparam("last_id"), last_message_time=bindparam("last_time"))
)
_TOTALS = Statement(
    select(*(func.coalesce(func.sum(_t[name]), 0) for name in _COUNTERS)).where(
        _t.mind_gmid == bindparam("mind")
    )
)
_LIST = Statement(
    select(
        _t.user_email, _t.environment_id, _t.last_message_time, _t.message_count,
        func.substr(_m.content, 1, PREVIEW_CHARACTERS), _m.role,
    )
    .join(_messages, _m.id == _t.last_message_id)
    .where(
        _t.mind_gmid == bindparam("mind"),
        _t.user_email == func.coalesce(bindparam("user"), _t.user_email),
    )
)  # fmt: skip

ThreadKey: TypeAlias = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Thread:
    """The messages with one user in one environment (None: without), and the latest of them."""

    user_email: str | None
    environment_id: str | None
    last_message_time: str
    message_count: int
    last_message_preview: str
    last_message_role: str


def count_message(connection: Connection, message: Values, message_id: int) -> None:
    """Count a message that was just written; `message` has the columns of its row."""
    thread: Values = {
        "mind_gmid": message["mind_gmid"],
        "user_email": message["user_email"] or "",
        "environment_id": message["environment_id"] or "",
        "message_count": 1,
        **_BY_ROLE[str(message["role"])],
        "last_message_id": message_id,
        "last_message_time": message["timestamp"],
    }
    _COUNT.run(connection, thread)


def discount_messages(connection: Connection, mind: str, ids: str) -> list[ThreadKey]:
    """Take messages that are about to be deleted out of the counters; gives their threads, which
    `settle_threads` wants afterwards. `ids` is a JSON list."""
    keys: list[ThreadKey] = []
    for user, environment, *counts in _LEAVING.run(
        connection, {"mind": mind, "ids": ids}
    ).fetchall():
        key: ThreadKey = {"mind": mind, "user": user, "environment": environment}
        gone = {f"gone_{name}": count for name, count in zip(_COUNTERS, counts, strict=True)}
        _DISCOUNT.run(connection, {**key, **gone})
        keys.append(key)
    return keys


def settle_threads(connection: Connection, keys: Sequence[ThreadKey]) -> None:
    """Once messages are deleted: drop threads without any, find the last one of the others."""
    for key in keys:
        _DROP_EMPTY.run(connection, key)
        if _LOST_LAST.run(connection, key).fetchall():
            ((last_id, last_time),) = _newest(connection, key)
            _SET_LAST.run(connection, {**key, "last_id": last_id, "last_time": last_time})


def _newest(connection: Connection, key: ThreadKey) -> list[Row]:
    user, environment = key["user"], key["environment"]
    values: dict[str, Value] = {"mind": key["mind"], "limit": 1}
    values |= {"user_email": user} if user else {"no_user_email": None}
    values |= {"environment_id": environment} if environment else {"no_environment_id": None}
    statement = page_statement(frozenset(values), newest=True, columns=KEYS)
    return list(statement.run(connection, values).fetchall())


def count_messages(database: Database, mind: str) -> dict[str, int]:
    """How many messages a mind has: `total` and by role."""
    ((*counts,),) = database.fetch(_TOTALS, {"mind": mind})
    return dict(zip(("total", *ROLES), map(int, counts), strict=True))  # type: ignore[arg-type]


def outermost_times(database: Database, mind: str) -> tuple[str | None, str | None]:
    """The times of a mind's oldest and newest message; None without messages."""
    rows = [fetch_page(database, mind, {}, 1, newest=new, columns=KEYS) for new in (False, True)]
    oldest, newest = (str(found[0][1]) if found else None for found in rows)
    return oldest, newest


def list_threads(database: Database, mind: str, user_email: str | None = None) -> list[Thread]:
    """The threads of a mind, or those with one user; the latest message first."""
    rows = database.fetch(_LIST, {"mind": mind, "user": user_email})
    rows.sort(key=lambda row: str(row[2]), reverse=True)
    return [
        Thread(user or None, environment or None, *about)  # type: ignore[arg-type]  # columns
        for user, environment, *about in rows
    ]
