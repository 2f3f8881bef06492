"""Counters of conversations: threads and statistics without reading the messages.

They change only by adding and subtracting, so several processes may write at once: new messages
are added in batches, deleted ones subtracted in the transaction that deletes them. A thread is one
user in one environment; an empty text stands for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, bindparam, delete, exists, func, select, update

from genesis.storage.conversation_tables import MessageRow, ThreadRow
from genesis.storage.database import Database
from genesis.storage.message_pages import KEYS, Row, fetch_page, listed, page_statement
from genesis.storage.statements import Statement, Value, table

ROLES = ("user", "assistant", "system", "tool")
PREVIEW_CHARACTERS = 100

_threads = table(ThreadRow)
_messages = table(MessageRow)
_t, _m = _threads.c, _messages.c
_COUNTERS = ("message_count", *(f"{role}_messages" for role in ROLES))


def counts_of(condition: str, by: str = "") -> str:
    """SQL for the counters that threads have of the messages for which a condition holds. The last
    message is the one with the greatest time, then id: as one text, so that it can be compared.
    `by` may forbid an index."""
    return (
        "SELECT mind_gmid, coalesce(user_email, '') AS user_email, "
        "coalesce(environment_id, '') AS environment_id, count(*) AS message_count, "
        + ", ".join(f"sum(role = '{role}') AS {role}_messages" for role in ROLES)
        + ", max(printf('%s %019d', timestamp, id)) AS last_message "
        f"FROM conversation_messages {by} WHERE {condition} GROUP BY 1, 2, 3"
    )


_COUNTED = "coalesce((SELECT counted_id FROM conversation_progress), 0)"
COUNTED_MESSAGES = f"id <= {_COUNTED}"
_NEW_MESSAGES = f"id > {_COUNTED}"
# By their ids: for the groups SQLite would rather read the index of all threads.
_BY_ID = "NOT INDEXED"
_KEY = "mind_gmid, user_email, environment_id"
LAST_MESSAGE = "substr(last_message, 1, 27), CAST(substr(last_message, 29) AS INTEGER)"
_is_later = (
    "(excluded.last_message_time, excluded.last_message_id) > (last_message_time, last_message_id)"
)
THREAD_COLUMNS = f"{_KEY}, {', '.join(_COUNTERS)}, last_message_time, last_message_id"
_COUNT = Statement(
    f"INSERT INTO conversation_threads ({THREAD_COLUMNS}) "  # noqa: S608 - our own text
    f"SELECT {_KEY}, {', '.join(_COUNTERS)}, {LAST_MESSAGE} "
    f"FROM ({counts_of(_NEW_MESSAGES, _BY_ID)}) WHERE true ON CONFLICT ({_KEY}) DO UPDATE SET "
    + "".join(f"{name} = {name} + excluded.{name}, " for name in _COUNTERS)
    + ", ".join(
        f"{name} = CASE WHEN {_is_later} THEN excluded.{name} ELSE {name} END"
        for name in ("last_message_time", "last_message_id")
    )
)
_ARE_COUNTED = Statement(
    "UPDATE conversation_progress SET counted_id = "
    "max(counted_id, coalesce((SELECT max(id) FROM conversation_messages), 0))"
)
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
# Those that are counted, and those that are not counted yet: at most a few hundred.
_OF_MIND = (
    f"SELECT {_KEY}, {', '.join(_COUNTERS)}, "  # noqa: S608 - our own text
    "printf('%s %019d', last_message_time, last_message_id) AS last_message "
    "FROM conversation_threads WHERE mind_gmid = :mind UNION ALL "
    f"SELECT * FROM ({counts_of(f'{_NEW_MESSAGES} AND mind_gmid = :mind', _BY_ID)})"
)
_TOTALS = Statement(
    f"SELECT {', '.join(f'coalesce(sum({name}), 0)' for name in _COUNTERS)} FROM ({_OF_MIND})"  # noqa: S608
)
_LIST = Statement(
    "SELECT t.user_email, t.environment_id, substr(t.last_message, 1, 27), t.message_count, "  # noqa: S608
    f"substr(m.content, 1, {PREVIEW_CHARACTERS}), m.role FROM (SELECT user_email, environment_id, "
    f"sum(message_count) AS message_count, max(last_message) AS last_message FROM ({_OF_MIND}) "
    "WHERE user_email = coalesce(:user, user_email) GROUP BY 1, 2) AS t "
    "JOIN conversation_messages AS m ON m.id = CAST(substr(t.last_message, 29) AS INTEGER)"
)

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


def count_new_messages(connection: Connection) -> None:
    """Count what is not counted yet, in the caller's transaction: for a batch that costs hardly
    more than for one message."""
    _COUNT.run(connection, {})
    _ARE_COUNTED.run(connection, {})


def discount_messages(connection: Connection, mind: str, ids: str) -> list[ThreadKey]:
    """Take messages that are about to be deleted out of the counters; gives their threads, which
    `settle_threads` wants afterwards. `ids` is a JSON list."""
    # Also so that none of their ids is given again.
    count_new_messages(connection)
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
