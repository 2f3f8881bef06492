"""Concerns of minds: rows, the statements that read and move them, and their events.

A change names the states in which it is possible, so of two processes that resolve one concern,
one does. What is due comes from an index that holds unresolved concerns only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from pydantic import JsonValue
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    desc,
    exists,
    func,
    null,
    select,
    text,
    tuple_,
    union_all,
    update,
)  # fmt: skip
from sqlalchemy.dialects.sqlite import insert as upsert

from genesis.storage.concern_tables import OPEN_CONCERN, ConcernRow
from genesis.storage.database import Database
from genesis.storage.events import NewEvent, append_events
from genesis.storage.mind_tables import MindRow
from genesis.storage.statements import Statement, Value, Values, table

STATUSES = ("active", "monitoring", "resolved")
OLDEST, NEWEST = "", "~"  # Before and after every timestamp.
Group = Literal["user_email", "concern_type"]

_concerns = table(ConcernRow)
_minds = table(MindRow)
_c = _concerns.c
_FIELDS = (
    "concern_id", "concern_type", "content", "user_email", "context", "priority", "confidence",
    "status", "created_at", "last_checked_at", "next_check_at", "resolved_at", "check_count",
    "follow_up_message", "extra_data",
)  # fmt: skip
_COLUMNS = [_c[name] for name in _FIELDS]
_EMPTY = (None, "{}")


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that a mind cares about. Times are UTC timestamps; `confidence` is 0 to 1."""

    concern_id: str
    concern_type: str
    content: str
    user_email: str | None
    context: str
    priority: str
    confidence: float
    status: str
    created_at: str
    last_checked_at: str | None
    next_check_at: str | None
    resolved_at: str | None
    check_count: int
    follow_up_message: str | None
    metadata: dict[str, JsonValue]


class Step(NamedTuple):
    """A change of a concern: what it is called, its event, and the statement that does it in the
    states in which it is possible."""

    verb: str
    event: str
    statement: Statement


class Page(NamedTuple):
    """A stretch of concerns, newest first: from `since` on, and before (`until`, `before_id`)."""

    since: str
    until: str
    before_id: str
    limit: int


_mine = (_c.concern_id == bindparam("of_concern")) & (_c.mind_gmid == bindparam("mind"))
_open = text(OPEN_CONCERN)


def _step(verb: str, event: str, possible: ColumnElement[bool], **changes: object) -> Step:
    change = update(_concerns).where(_mine, possible).values(changes).returning(*_COLUMNS)
    return Step(verb, event, Statement(change))


CHECK = _step(
    "check", "concern.checked", _c.status != "resolved",
    check_count=_c.check_count + 1, last_checked_at=bindparam("now"),
    next_check_at=bindparam("next"),
    follow_up_message=func.coalesce(bindparam("message"), _c.follow_up_message),
)  # fmt: skip
_DUE_NOW = (_c.status != "resolved") & (_c.next_check_at <= bindparam("now"))
FOLLOW_UP = _step(
    "follow_up", "concern.checked", _DUE_NOW,
    check_count=_c.check_count + 1, last_checked_at=bindparam("now"),
    next_check_at=bindparam("next"), follow_up_message=bindparam("message"),
)  # fmt: skip
MONITOR = _step(
    "monitor", "concern.monitoring", _c.status == "active",
    status="monitoring", next_check_at=func.coalesce(bindparam("next"), _c.next_check_at),
)  # fmt: skip
RESOLVE = _step(
    "resolve", "concern.resolved", _c.status != "resolved",
    status="resolved", resolved_at=bindparam("now"), next_check_at=null(),
    # A merge: the key `resolution` is set, or removed where the reason is null.
    extra_data=func.json_patch(func.coalesce(_c.extra_data, "{}"), bindparam("resolution")),
)  # fmt: skip
REOPEN = _step(
    "reopen", "concern.reopened", _c.status != "active",
    status="active", resolved_at=null(),
    next_check_at=func.coalesce(bindparam("next"), _c.next_check_at),
)  # fmt: skip
DELETE = Step(
    "delete", "concern.deleted", Statement(delete(_concerns).where(_mine).returning(*_COLUMNS))
)
_NEW: dict[str, Value] = {"status": "active", "check_count": 0}
_ADD = Statement(
    upsert(_concerns).on_conflict_do_nothing(["concern_id"]).returning(*_COLUMNS),
    ["mind_gmid", "concern_id", "created_at", "content", "concern_type", "user_email", "context",
     "priority", "confidence", "next_check_at", "extra_data", *_NEW],
)  # fmt: skip
_GET = Statement(select(*_COLUMNS).where(_mine))
_DUE = Statement(
    select(*_COLUMNS)
    .where(
        _c.mind_gmid == bindparam("mind"),
        _open,
        _c.next_check_at <= bindparam("now"),
        tuple_(_c.next_check_at, _c.concern_id) > tuple_(bindparam("time"), bindparam("id")),
    )
    .order_by(_c.next_check_at, _c.concern_id)
    .limit(bindparam("at_most"))
)
# One look into the index of what is due for each mind, however many concerns it has.
_MINDS_DUE = Statement(
    select(_minds.c.gmid)
    .where(
        exists().where(_c.mind_gmid == _minds.c.gmid, _open, _c.next_check_at <= bindparam("now"))
    )
    .order_by(_minds.c.gmid)
)
_COUNT = Statement(
    select(_c.status, func.count()).where(_c.mind_gmid == bindparam("mind")).group_by(_c.status)
)


def add_concern(connection: Connection, values: Values) -> Concern | None:
    """Write a new concern, active, and its event; nothing, and None, if its id is taken."""
    added = _first(_ADD, connection, {**_NEW, **values})
    if added is not None:
        _tell(connection, "concern.added", str(values["mind_gmid"]), added)
    return added


def get_concern(connection: Connection, mind: str, concern_id: str) -> Concern | None:
    """One concern of a mind, as it stands inside this transaction."""
    return _first(_GET, connection, {"of_concern": concern_id, "mind": mind})


def change_concern(
    connection: Connection, step: Step, mind: str, concern_id: str, values: Values
) -> Concern | None:
    """Do one step and write its event; None if there is no such concern in a state for it."""
    found = _first(step.statement, connection, {**values, "of_concern": concern_id, "mind": mind})
    if found is not None:
        _tell(connection, step.event, mind, found)
    return found


def update_step(columns: Iterable[str]) -> Step:
    """Writes the named columns, whatever state the concern is in."""
    changes: dict[str, object] = {name: bindparam(name) for name in columns}
    change = update(_concerns).where(_mine).values(changes).returning(*_COLUMNS)
    return Step("update", "concern.updated", Statement(change))


def read_concern(database: Database, mind: str, concern_id: str) -> Concern | None:
    """One concern of a mind."""
    rows = database.fetch(_GET, {"of_concern": concern_id, "mind": mind})
    return _record(rows[0]) if rows else None


def due_concerns(
    database: Database, mind: str, now: str, limit: int, after: tuple[str, str] = ("", "")
) -> list[Concern]:
    """The unresolved concerns whose next check is due, earliest first; `after` is the next check
    and the id of the last one of the page before."""
    values: Values = {"mind": mind, "now": now, "at_most": limit, "time": after[0], "id": after[1]}
    rows = database.fetch(_DUE, values)
    return [_record(row) for row in rows]


def minds_with_due(database: Database, now: str) -> list[str]:
    """The GMIDs of the minds that have an unresolved concern whose next check is due."""
    return [str(gmid) for (gmid,) in database.fetch(_MINDS_DUE, {"now": now})]


def page_concerns(
    database: Database,
    mind: str,
    page: Page,
    *,
    status: str | None = None,
    group: Group | None = None,
    value: str | None = None,
) -> list[Concern]:
    """One page, newest first: of one status or all, of one user or type or all."""
    values: dict[str, Value] = {
        "mind": mind, "since": page.since, "until": page.until, "before": page.before_id,
        "at_most": page.limit,
    }  # fmt: skip
    if status is not None:
        values["of_status"] = status
    if group is not None:
        values["of_group"] = value
    return [_record(row) for row in database.fetch(page_statement(group, status is None), values)]


def count_concerns(database: Database, mind: str) -> dict[str, int]:
    """How many concerns have each status; reads an index entry of each."""
    counts = {str(status): number for status, number in database.fetch(_COUNT, {"mind": mind})}
    return {status: int(counts.get(status) or 0) for status in STATUSES}


@cache
def page_statement(group: Group | None, every_status: bool) -> Statement:
    """Pages of all states merge one ordered read of each, so that one index serves both."""
    statuses: list[object] = [*STATUSES] if every_status else [bindparam("of_status")]
    reads = [_stretch(group, status) for status in statuses]
    if len(reads) == 1:
        query = reads[0].order_by(_c.created_at.desc(), _c.concern_id.desc())
        return Statement(query.limit(bindparam("at_most")))
    merged = union_all(*reads).order_by(desc("created_at"), desc("concern_id"))
    return Statement(merged.limit(bindparam("at_most")))


def _stretch(group: Group | None, status: object) -> Select[tuple[object, ...]]:
    query = select(*_COLUMNS).where(
        _c.mind_gmid == bindparam("mind"),
        _c.status == status,
        _c.created_at >= bindparam("since"),
        tuple_(_c.created_at, _c.concern_id) < tuple_(bindparam("until"), bindparam("before")),
    )
    return query if group is None else query.where(_c[group] == bindparam("of_group"))


def _first(statement: Statement, connection: Connection, values: Values) -> Concern | None:
    rows = statement.run(connection, values).fetchall()
    return _record(rows[0]) if rows else None


def _record(row: tuple[Value, ...]) -> Concern:
    # The columns are those of the record, with the metadata as JSON text.
    metadata = {} if row[-1] in _EMPTY else json.loads(row[-1])  # type: ignore[arg-type]
    return Concern(*row[:-1], metadata)  # type: ignore[arg-type, call-arg]


def _tell(connection: Connection, event: str, mind: str, concern: Concern) -> None:
    payload: dict[str, JsonValue] = {
        "mind": mind, "concern_type": concern.concern_type, "status": concern.status,
    }  # fmt: skip
    append_events(connection, [NewEvent(event, concern.concern_id, None, payload)])
