"""Relationships of minds: one row for each pair, counted and moved by SQL alone.

Two processes that record interactions with one person add up, since no statement writes what it
has read before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from genesis.storage.concern_tables import RelationshipRow
from genesis.storage.database import Database
from genesis.storage.events import NewEvent, append_events
from genesis.storage.statements import Statement, Value, Values, table

LAST_ID = 2**63 - 1

_relationships = table(RelationshipRow)
_c = _relationships.c
_FIELDS = (
    "id", "to_gmid", "relationship_type", "closeness", "trust_level", "interaction_count",
    "positive_interactions", "negative_interactions", "started_at", "last_interaction",
    "extra_data",
)  # fmt: skip
_COLUMNS = [_c[name] for name in _FIELDS]
_NEW: dict[str, Value] = {
    "relationship_type": "acquaintance", "closeness": 0.0, "trust_level": 0.5,
    "interaction_count": 0, "positive_interactions": 0, "negative_interactions": 0,
    "last_interaction": None, "extra_data": "{}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Relationship:
    """What a mind feels towards `to`, a GMID or a user's e-mail address.

    `closeness` and `trust_level` are 0 to 1; times are UTC timestamps.
    """

    id: int
    to: str
    relationship_type: str
    closeness: float
    trust_level: float
    interaction_count: int
    positive_interactions: int
    negative_interactions: int
    started_at: str
    last_interaction: str | None
    metadata: dict[str, JsonValue]


def _moved(level: ColumnElement[float], change: str) -> ColumnElement[float]:
    return func.max(0.0, func.min(1.0, level + bindparam(change)))


def _upsert(changes: dict[str, object]) -> Statement:
    statement = upsert(_relationships).on_conflict_do_update(
        index_elements=["from_gmid", "to_gmid"], set_=changes
    )
    written = ["from_gmid", "to_gmid", "started_at", *_NEW]
    return Statement(statement.returning(*_COLUMNS), written)


_pair = (_c.from_gmid == bindparam("mind")) & (_c.to_gmid == bindparam("to"))
_INTERACT = _upsert(
    {
        "closeness": _moved(_c.closeness, "closeness_change"),
        "trust_level": _moved(_c.trust_level, "trust_change"),
        "interaction_count": _c.interaction_count + 1,
        "positive_interactions": _c.positive_interactions + bindparam("positive"),
        "negative_interactions": _c.negative_interactions + bindparam("negative"),
        "last_interaction": bindparam("now"),
    }
)
_GET = Statement(select(*_COLUMNS).where(_pair))
_REMOVE = Statement(delete(_relationships).where(_pair).returning(_c.id))
_RECENT = Statement(
    select(*_COLUMNS)
    .where(_c.from_gmid == bindparam("mind"), _c.id < bindparam("before"))
    .order_by(_c.id.desc())
    .limit(bindparam("at_most"))
)
_STRONGEST = Statement(
    select(*_COLUMNS)
    .where(_c.from_gmid == bindparam("mind"))
    .order_by(_c.closeness.desc(), _c.id.desc())
    .limit(bindparam("at_most"))
)


@dataclass(frozen=True)
class Interaction:
    """One meeting: whether it was good (None: neither), and how far it moves both levels."""

    positive: bool | None
    closeness_change: float
    trust_change: float
    relationship_type: str


def add_interaction(
    connection: Connection, mind: str, to: str, interaction: Interaction, now: str
) -> Relationship:
    """Count an interaction and move the levels; the first one begins the relationship."""
    positive, negative = int(interaction.positive is True), int(interaction.positive is False)
    closeness, trust = interaction.closeness_change, interaction.trust_change
    values = {
        **_NEW, "relationship_type": interaction.relationship_type,
        "closeness": min(1.0, max(0.0, closeness)), "trust_level": min(1.0, max(0.0, 0.5 + trust)),
        "interaction_count": 1, "positive_interactions": positive,
        "negative_interactions": negative, "last_interaction": now,
        "closeness_change": closeness, "trust_change": trust, "positive": positive,
        "negative": negative, "now": now,
    }  # fmt: skip
    return _write(connection, _INTERACT, mind, to, {**values, "started_at": now})


def set_relationship(
    connection: Connection, mind: str, to: str, values: Values, now: str
) -> Relationship:
    """Write the named columns; what is not named stays, or begins as it does for strangers."""
    return _write(
        connection, _setting(values), mind, to, {**_NEW, **values, "started_at": now}
    )  # fmt: skip


def remove_relationship(connection: Connection, mind: str, to: str) -> bool:
    """Remove one; False if there is none."""
    gone = _REMOVE.run(connection, {"mind": mind, "to": to}).fetchall()
    for (number,) in gone:
        _tell(connection, "relationship.removed", mind, {"relationship": number})
    return bool(gone)


def read_relationship(database: Database, mind: str, to: str) -> Relationship | None:
    """One relationship of a mind."""
    rows = database.fetch(_GET, {"mind": mind, "to": to})
    return _record(rows[0]) if rows else None


def recent_relationships(
    database: Database, mind: str, before: int, limit: int
) -> list[Relationship]:
    """Relationships that began before the one with that id, newest first."""
    values: Values = {"mind": mind, "before": before, "at_most": limit}
    return [_record(row) for row in database.fetch(_RECENT, values)]


def strongest_relationships(database: Database, mind: str, limit: int) -> list[Relationship]:
    """The closest first."""
    return [_record(row) for row in database.fetch(_STRONGEST, {"mind": mind, "at_most": limit})]


def _setting(columns: Iterable[str]) -> Statement:
    return _upsert({name: upsert(_relationships).excluded[name] for name in columns})


def _write(
    connection: Connection, statement: Statement, mind: str, to: str, values: Values
) -> Relationship:
    rows = statement.run(connection, {**values, "from_gmid": mind, "to_gmid": to}).fetchall()
    written = _record(rows[0])
    payload: dict[str, JsonValue] = {
        "relationship": written.id, "interactions": written.interaction_count,
    }  # fmt: skip
    _tell(connection, "relationship.changed", mind, payload)
    return written


def _record(row: tuple[Value, ...]) -> Relationship:
    # The columns are those of the record, with the metadata as JSON text.
    return Relationship(*row[:-1], json.loads(row[-1]))  # type: ignore[arg-type, call-arg]


def _tell(connection: Connection, event: str, mind: str, payload: dict[str, JsonValue]) -> None:
    append_events(connection, [NewEvent(event, mind, None, payload)])
