"""Which rows of older systems were taken in, whatever path they came from.

A row is noted in the transaction that writes it, so each is taken once. The key of a mind's row
begins with its GMID, so that those of a mind can be forgotten together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select

from genesis.storage.database import Database
from genesis.storage.import_tables import ImportedRow
from genesis.storage.statements import Statement, Values, table

_rows = table(ImportedRow)
_r = _rows.c
_FIND = Statement(
    select(_r.digest).where(
        _r.source == bindparam("source"),
        _r.kind == bindparam("kind"),
        _r.source_id == bindparam("source_id"),
    )
)
_NOTE = Statement(insert(_rows), ["source", "kind", "source_id", "digest"])
_COUNT = Statement(
    select(func.count()).where(_r.source == bindparam("source"), _r.kind == bindparam("kind"))
)


def mind_key(gmid: str | None, source_id: str) -> str:
    """The key under which a row of a mind (None: of nobody) is noted."""
    return source_id if gmid is None else f"{gmid}/{source_id}"


def find_digest(connection: Connection, source: str, kind: str, source_id: str) -> str | None:
    """What a row said when it was taken in; None when it was not."""
    values = {"source": source, "kind": kind, "source_id": source_id}
    found = _FIND.run(connection, values).fetchone()
    return None if found is None else str(found[0])


def note_imported(connection: Connection, rows: Sequence[Values]) -> None:
    """Note rows (`source`, `kind`, `source_id`, `digest`)."""
    _NOTE.run_many(connection, rows)


def count_imported(database: Database, source: str, kind: str) -> int:
    """How many rows of a kind were taken in and are not forgotten."""
    return cast(int, database.fetch(_COUNT, {"source": source, "kind": kind})[0][0])


def forget_imported(connection: Connection, gmid: str) -> None:
    """Let a mind that was deleted, and all of its rows, be imported again."""
    # "0" comes right after "/".
    of_mind = (_r.source_id >= f"{gmid}/") & (_r.source_id < f"{gmid}0")
    connection.execute(delete(_rows).where(or_(of_mind, _r.source_id == gmid)))
