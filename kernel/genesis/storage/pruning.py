"""Deleting old messages: what is beyond a bound, in steps between which others write.

By (timestamp, id) the messages to delete are the ones before one place, so a bound is found once
and every step begins where the last one ended.
"""

from __future__ import annotations

from typing import TypeAlias

from sqlalchemy import bindparam, select, tuple_

from genesis.storage.background_tables import BackgroundTaskRow
from genesis.storage.conversation_tables import MessageRow
from genesis.storage.database import Database
from genesis.storage.messages import DELETED_AT_ONCE, delete_with_event
from genesis.storage.queue_tables import QueueRow
from genesis.storage.statements import Statement, Values, table
from genesis.storage.tool_calls import AWAITS_RESULT

Place: TypeAlias = tuple[str, int]

_messages = table(MessageRow)
_m = _messages.c
_partner = _messages.alias("partner").c
_mine = _m.mind_gmid == bindparam("mind")
_place = tuple_(_m.timestamp, _m.id)
_bound = tuple_(bindparam("bound_time"), bindparam("bound_id"))
# An OFFSET that reads one index from its newest end, once for each time a mind is pruned.
_NEWEST_AFTER = Statement(
    select(_m.timestamp, _m.id)
    .where(_mine)
    .order_by(_m.timestamp.desc(), _m.id.desc())
    .limit(1)
    .offset(bindparam("kept"))
)
_partner_is_kept = (
    select(_partner.id)
    .where(
        _partner.mind_gmid == bindparam("mind"),
        _partner.tool_call_id == _m.tool_call_id,
        tuple_(_partner.timestamp, _partner.id) > _bound,
    )
    .exists()
)
_EXPIRED = Statement(
    select(_m.id, _m.timestamp)
    .where(
        _mine,
        _place > tuple_(bindparam("after_time"), bindparam("after_id")),
        _place <= _bound,
        _m.awaits_result != AWAITS_RESULT,
        _m.tool_call_id.is_(None) | ~_partner_is_kept,
    )
    .order_by(_m.timestamp, _m.id)
    .limit(DELETED_AT_ONCE)
)
_tasks, _queue = table(BackgroundTaskRow).c, table(QueueRow).c
_OPEN_TASKS = Statement(
    select(_tasks.task_id).where(
        _queue.item == _tasks.task_id,
        _tasks.mind_gmid == bindparam("mind"),
        _tasks.handler == bindparam("handler"),
    )
)


def open_tasks(database: Database, mind: str, handler: str) -> list[str]:
    """The ids of a mind's tasks for a handler that have not ended."""
    rows = database.fetch(_OPEN_TASKS, {"mind": mind, "handler": handler})
    return [str(task) for (task,) in rows]


def prune_messages(
    database: Database, mind: str, *, before: str | None, max_count: int | None, keep_minimum: int
) -> int:
    """Delete a mind's messages from before a time, and all but the `max_count` newest; gives how
    many they were. None: no such limit.

    The `keep_minimum` newest stay in any case. A tool call and its result go together, once both
    may go; a call that awaits its result stays.
    """
    least = _newest_after(database, mind, keep_minimum)
    limits: list[Place] = [] if before is None else [(before, 0)]
    if max_count is not None and (most := _newest_after(database, mind, max_count)):
        limits.append(most)
    if least is None or not limits:
        return 0
    bound_time, bound_id = min(least, max(limits))
    values: Values = {"mind": mind, "bound_time": bound_time, "bound_id": bound_id}
    deleted = 0
    after: Values = {"after_time": "", "after_id": 0}
    while rows := database.fetch(_EXPIRED, {**values, **after}):
        ids = [int(row[0]) for row in rows]  # type: ignore[arg-type]  # the id
        deleted += delete_with_event(database, mind, ids, "messages.pruned")
        after = {"after_time": str(rows[-1][1]), "after_id": ids[-1]}
    return deleted


def _newest_after(database: Database, mind: str, kept: int) -> Place | None:
    """The newest message's place that is left when that many newer ones are kept."""
    rows = database.fetch(_NEWEST_AFTER, {"mind": mind, "kept": kept})
    return (str(rows[0][0]), int(rows[0][1])) if rows else None  # type: ignore[arg-type]
