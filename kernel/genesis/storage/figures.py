"""Counts that cost little: each stops at a limit."""

from __future__ import annotations

from pydantic import JsonValue
from sqlalchemy import bindparam, func, select
from sqlmodel import SQLModel

from genesis.contracts.work import Status
from genesis.storage.database import Database
from genesis.storage.mind_tables import MindRow
from genesis.storage.queue_tables import QueueRow
from genesis.storage.schedule_tables import ScheduleRow
from genesis.storage.statements import Statement, table
from genesis.storage.work_tables import AgentRow, RepositoryRow, TeamRow

AT_MOST = 10_000
_TABLES: dict[str, type[SQLModel]] = {
    "agents": AgentRow,
    "teams": TeamRow,
    "repositories": RepositoryRow,
    "minds": MindRow,
    "schedules": ScheduleRow,
    "open_tasks": QueueRow,
}
_COUNTS = Statement(
    select(
        *(
            select(func.count())
            .select_from(select(table(model)).limit(bindparam("most")).subquery())
            .scalar_subquery()
            for model in _TABLES.values()
        )
    )
)
_SESSIONS = Statement(
    "SELECT value, (SELECT count(*) FROM (SELECT 1 FROM sessions WHERE status = value LIMIT :most))"
    " FROM json_each(:statuses)"
)
_QUEUE = Statement(
    "SELECT status, count(*) FROM (SELECT status FROM queue LIMIT :most) GROUP BY status"
)
_CURSORS = Statement("SELECT plugin, event_id FROM event_cursors ORDER BY plugin")
_STATUSES = "[" + ", ".join(f'"{status}"' for status in Status) + "]"


def count_rows(database: Database) -> dict[str, JsonValue]:
    """How many rows tables have, and `sessions` by status; AT_MOST means as many or more."""
    (counts,) = database.fetch(_COUNTS, {"most": AT_MOST})
    rows = database.fetch(_SESSIONS, {"statuses": _STATUSES, "most": AT_MOST})
    found: dict[str, JsonValue] = {
        name: int(n or 0) for name, n in zip(_TABLES, counts, strict=True)
    }
    return {**found, "sessions": {str(status): int(count or 0) for status, count in rows}}


def queue_figures(database: Database) -> dict[str, int]:
    """How much work waits (`ready`) and is at work (`leased`), counted up to AT_MOST."""
    rows = database.fetch(_QUEUE, {"most": AT_MOST})
    counts = {str(status): int(count or 0) for status, count in rows}
    return {status: counts.get(status, 0) for status in ("ready", "leased")}


def event_cursors(database: Database) -> dict[str, int]:
    """The last event that each plugin has taken."""
    return {str(plugin): int(event or 0) for plugin, event in database.fetch(_CURSORS, {})}
