"""The ledger: which rows of older systems are here already, whatever path they came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, bindparam, func, insert, select

from genesis.importing.rows import SourceRow
from genesis.storage.database import Database
from genesis.storage.mind_tables import ImportedRow
from genesis.storage.statements import Statement, Values
from genesis.storage.tables import table

_ledger = table(ImportedRow)
_l = _ledger.c
_FIND = Statement(
    select(_l.digest).where(
        _l.source == bindparam("source"),
        _l.kind == bindparam("kind"),
        _l.source_id == bindparam("source_id"),
    )
)
_NOTE = Statement(insert(_ledger), ["source", "kind", "source_id", "digest"])
_COUNT = Statement(
    select(func.count()).where(_l.source == bindparam("source"), _l.kind == bindparam("kind"))
)


def find_digest(connection: Connection, source: str, row: SourceRow) -> str | None:
    """What a row said when it was taken in; None when it was not."""
    values = {"source": source, "kind": row.kind, "source_id": row.source_id}
    found = _FIND.run(connection, values).fetchone()
    return None if found is None else str(found[0])


def note_rows(connection: Connection, source: str, rows: Sequence[SourceRow]) -> None:
    """Note rows, in the transaction that writes them."""
    notes: list[Values] = [
        {"source": source, "kind": row.kind, "source_id": row.source_id, "digest": row.digest}
        for row in rows
    ]
    _NOTE.run_many(connection, notes)


def count_noted(database: Database, source: str, kind: str) -> int:
    """How many rows of a kind were taken in, ever."""
    return cast(int, database.fetch(_COUNT, {"source": source, "kind": kind})[0][0])
