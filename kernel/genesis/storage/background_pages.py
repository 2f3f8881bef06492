"""Pages of the background tasks of a mind; keys as places, so that none is read twice."""

from __future__ import annotations

from sqlalchemy import bindparam, select, text, tuple_

from genesis.contracts.background import BackgroundTask
from genesis.storage.background_tables import BackgroundTaskRow
from genesis.storage.background_tasks import COLUMNS, task_of
from genesis.storage.database import Database
from genesis.storage.queue_tables import QueueRow
from genesis.storage.statements import Statement, Values, table

_tasks = table(BackgroundTaskRow)
_queue = table(QueueRow)
_t = _tasks.c
_mine = _t.mind_gmid == bindparam("mind")
_OPEN = Statement(
    select(*COLUMNS)
    .join_from(_queue, _tasks, _t.task_id == _queue.c.item)
    .where(_mine, _t.task_id > bindparam("after"))
    .order_by(_t.task_id)
    .limit(bindparam("at_most"))
)
_ENDED = Statement(
    select(*COLUMNS)
    .where(
        _mine,
        # Word for word as in the index, so that it is used.
        text("completed_at IS NOT NULL"),
        tuple_(_t.completed_at, _t.task_id) < tuple_(bindparam("time"), bindparam("after")),
    )
    .order_by(_t.completed_at.desc(), _t.task_id.desc())
    .limit(bindparam("at_most"))
)


def page_open_tasks(
    database: Database, mind: str, limit: int, after: str = ""
) -> list[BackgroundTask]:
    """The tasks that have not ended, oldest first; `after` is the last id of the page before."""
    values: Values = {"mind": mind, "after": after, "at_most": limit}
    return [task_of(row) for row in database.fetch(_OPEN, values)]


def page_ended_tasks(
    database: Database, mind: str, limit: int, after: tuple[str, str] = ("~", "")
) -> list[BackgroundTask]:
    """The tasks that ended, the last to end first; `after` is the end and the id of the last one
    of the page before."""
    values: Values = {"mind": mind, "time": after[0], "after": after[1], "at_most": limit}
    return [task_of(row) for row in database.fetch(_ENDED, values)]
