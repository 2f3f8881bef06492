"""The minds that a home knows: written when a mind is saved, looked up by GMID or name."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert

from genesis.clock import utc_now
from genesis.storage.database import Database
from genesis.storage.events import NewEvent, append_events
from genesis.storage.imported_rows import forget_imported
from genesis.storage.mind_tables import MindRow
from genesis.storage.statements import Statement, table

_minds = table(MindRow)
_COLUMNS = (
    "gmid", "name", "creator", "creator_email", "template", "primary_purpose", "primary_role",
    "status", "birth_date", "last_active", "storage_path",
)  # fmt: skip
_NAMED = Statement(
    select(*(_minds.c[name] for name in _COLUMNS))
    .where(or_(_minds.c.gmid == bindparam("wanted"), _minds.c.name == bindparam("wanted")))
    .order_by(_minds.c.birth_date, _minds.c.gmid)
)
_ALL = Statement(
    select(*(_minds.c[name] for name in _COLUMNS)).order_by(_minds.c.birth_date, _minds.c.gmid)
)


@dataclass(frozen=True)
class MindRecord:
    """What the database knows of a mind; `storage_path` is where its file was last."""

    gmid: str
    name: str
    creator: str
    creator_email: str | None
    template: str
    primary_purpose: str | None
    primary_role: str | None
    status: str
    birth_date: str
    last_active: str
    storage_path: str


def register_mind(connection: Connection, mind: MindRecord) -> None:
    """Write a mind that is new, with the event `mind.born`, or bring what is known up to date."""
    values = {name: getattr(mind, name) for name in _COLUMNS}
    known = connection.execute(select(_minds.c.gmid).where(_minds.c.gmid == mind.gmid)).first()
    if known is None:
        # It was deleted, and with it what was once imported; that can be imported again.
        forget_imported(connection, mind.gmid)
    described = {**values, "last_active": utc_now()}
    connection.execute(
        upsert(_minds).values(described).on_conflict_do_update(["gmid"], set_=described)
    )
    if known is None:
        append_events(connection, [NewEvent("mind.born", mind.gmid, None, {"name": mind.name})])


def find_minds(database: Database, wanted: str) -> list[MindRecord]:
    """The minds with that GMID or name, oldest first."""
    return [_record(row) for row in database.fetch(_NAMED, {"wanted": wanted})]


def list_minds(database: Database) -> list[MindRecord]:
    """Every mind, oldest first."""
    return [_record(row) for row in database.fetch(_ALL, {})]


def _record(row: tuple[object, ...]) -> MindRecord:
    return MindRecord(*row)  # type: ignore[arg-type]  # the columns are those of the record
