"""Environments of minds: the places where they are, and how often they were there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, delete, insert, or_, select, true, tuple_, update

from genesis.storage.concern_tables import EnvironmentRow
from genesis.storage.database import Database
from genesis.storage.events import NewEvent, append_events
from genesis.storage.statements import Statement, Value, Values, table

NEWEST = ("~", "")  # After every timestamp.

_environments = table(EnvironmentRow)
_c = _environments.c
_FIELDS = (
    "env_id", "name", "owner_gmid", "env_type", "description", "is_public", "created_at",
    "last_accessed", "access_count", "extra_metadata",
)  # fmt: skip
_COLUMNS = [_c[name] for name in _FIELDS]
_mine = (_c.env_id == bindparam("of")) & (_c.owner_gmid == bindparam("mind"))
_reachable = (_c.env_id == bindparam("of")) & or_(
    _c.owner_gmid == bindparam("mind"), _c.is_public == true()
)
_ADD = Statement(insert(_environments).returning(*_COLUMNS), _FIELDS)
_GET = Statement(select(*_COLUMNS).where(_reachable))
_FIND = Statement(
    select(*_COLUMNS)
    .where(_c.owner_gmid == bindparam("mind"), _c.name == bindparam("wanted"))
    .order_by(_c.created_at, _c.env_id)
    .limit(1)
)
_RECENT = Statement(
    select(*_COLUMNS)
    .where(
        _c.owner_gmid == bindparam("mind"),
        tuple_(_c.created_at, _c.env_id) < tuple_(bindparam("until"), bindparam("before")),
    )
    .order_by(_c.created_at.desc(), _c.env_id.desc())
    .limit(bindparam("at_most"))
)
ENTER = Statement(
    update(_environments)
    .where(_reachable)
    .values(access_count=_c.access_count + 1, last_accessed=bindparam("now"))
    .returning(*_COLUMNS)
)
REMOVE = Statement(delete(_environments).where(_mine).returning(*_COLUMNS))


@dataclass(frozen=True, slots=True)
class Environment:
    """A place. Times are UTC timestamps."""

    env_id: str
    name: str
    owner_gmid: str
    env_type: str
    description: str
    is_public: bool
    created_at: str
    last_accessed: str | None
    access_count: int
    metadata: dict[str, JsonValue]

    @property
    def id(self) -> str:
        """The same as `env_id`: programs know it under both names."""
        return self.env_id


def add_environment(connection: Connection, values: Values) -> Environment:
    """Write a new environment and its event."""
    new = {"last_accessed": None, "access_count": 0, **values}
    (row,) = _ADD.run(connection, new).fetchall()
    return _told(connection, "environment.created", str(values["owner_gmid"]), row)


def change_environment(
    connection: Connection, event: str, statement: Statement, mind: str, env_id: str, values: Values
) -> Environment | None:
    """Run ENTER, REMOVE or an update, with its event; None if this mind has no such place."""
    rows = statement.run(connection, {**values, "of": env_id, "mind": mind}).fetchall()
    return _told(connection, event, mind, rows[0]) if rows else None


def update_statement(columns: Iterable[str]) -> Statement:
    """Writes the named columns of an environment that the mind owns."""
    changes: dict[str, object] = {name: bindparam(name) for name in columns}
    return Statement(update(_environments).where(_mine).values(changes).returning(*_COLUMNS))


def read_environment(database: Database, mind: str, env_id: str) -> Environment | None:
    """An environment that the mind owns, or that is public."""
    rows = database.fetch(_GET, {"of": env_id, "mind": mind})
    return _record(rows[0]) if rows else None


def find_environment(database: Database, mind: str, name: str) -> Environment | None:
    """The oldest of the mind's own environments with a name."""
    rows = database.fetch(_FIND, {"wanted": name, "mind": mind})
    return _record(rows[0]) if rows else None


def recent_environments(
    database: Database, mind: str, until: tuple[str, str], limit: int
) -> list[Environment]:
    """The mind's own environments before (`created_at`, `env_id`), newest first."""
    values: Values = {"mind": mind, "until": until[0], "before": until[1], "at_most": limit}
    return [_record(row) for row in database.fetch(_RECENT, values)]


def _told(connection: Connection, event: str, mind: str, row: tuple[Value, ...]) -> Environment:
    found = _record(row)
    payload: dict[str, JsonValue] = {"mind": mind, "env_type": found.env_type}
    append_events(connection, [NewEvent(event, found.env_id, None, payload)])
    return found


def _record(row: tuple[Value, ...]) -> Environment:
    # The columns are those of the record; SQLite has numbers for truth, and metadata is JSON.
    named = dict(zip(_FIELDS, row, strict=True))
    metadata = json.loads(str(named.pop("extra_metadata")))
    named["is_public"] = bool(named["is_public"])
    return Environment(**named, metadata=metadata)  # type: ignore[arg-type]
