"""Read the tables of an older database as rows for the tables of this release."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from genesis.clock import utc_now
from genesis.importing.fields import Fields, UnfitError
from genesis.importing.recognise import Findings, Left
from genesis.importing.rows import Item, Part, SourceRow, Unfit, digest_of
from genesis.importing.sqlite_files import count_rows, rows_of, tables_of
from genesis.storage.statements import Values

Row = Mapping[str, object]
Convert = Callable[[Row], SourceRow]


def table_parts(
    connection: sqlite3.Connection,
    path: Path,
    system: str,
    readers: Iterable[tuple[str, str, str, Convert]],
) -> Iterator[Part]:
    """The parts of those tables that are there: (table, kind, column that names a row, reader)."""
    tables = tables_of(connection)
    for table, kind, key, convert in readers:
        if table in tables:
            yield Part(
                kind, system, f"{path}: table {table}", count_rows(connection, table),
                partial(converted, kind, rows_of(connection, table), key, convert),
            )  # fmt: skip


def leave_others(
    connection: sqlite3.Connection, path: Path, found: Findings, known: set[str]
) -> None:
    """Name the tables that have no place here, if they hold anything."""
    for table in sorted(tables_of(connection) - known):
        rows = count_rows(connection, table)
        if rows != 0:
            found.left.append(Left(f"{path}: table {table}", "has no place in this release", rows))


def converted(kind: str, rows: Iterator[Row], key: str, convert: Convert) -> Iterator[Item]:
    """Rows as this release takes them, or why it cannot."""
    for place, row in enumerate(rows, start=1):
        try:
            yield convert(row)
        except UnfitError as error:
            name = row.get(key)
            yield Unfit(kind, str(place if name is None else name)[:200], str(error))


def source_row(
    kind: str, name: object, row: Row, fields: Fields, values: Values, mind: str | None = None
) -> SourceRow:
    """A row that was read from another one through `fields`."""
    notes = tuple(dict.fromkeys(fields.notes))
    return SourceRow(kind, str(name), digest_of(dict(row)), values, mind, notes)


def first_time(fields: Fields, name: str, *others: str) -> str:
    """When something began; else the first of other times that there is, or now; it is noted."""
    if (moment := fields.time(name)) is not None:
        return moment
    for other in others:
        if (moment := fields.time(other)) is not None:
            fields.notes.append(f"its beginning is unknown; {other} is used")
            return moment
    fields.notes.append("its beginning is unknown; the time of the import is used")
    return utc_now()
