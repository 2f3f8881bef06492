"""Ask SQLite what it makes of a query, on empty tables like those of the repository."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from genesis_engineering.databases.model import Schema, Table

_NO_COLUMN = re.compile(r"no such column: (?:.*\.)?(.+)|has no column named (.+)", re.DOTALL)
_COUNTS = re.compile(r"(\d+) values for (\d+) columns")
_SCANS = re.compile(r"SCAN (?:TABLE )?(\S+)(?! USING)|SEARCH (\S+) USING AUTOMATIC")


@dataclass(frozen=True)
class Answer:
    """What SQLite says: the plan's lines, or the column that it does not find, or the numbers of
    values and columns that differ. Nothing where it does not know the language of the query."""

    plan: tuple[str, ...] = ()
    no_column: str = ""
    counts: str = ""

    @property
    def scanned(self) -> dict[str, int]:
        """The tables, by the name they have in the query, that are read as a whole, with the line
        of the plan that says so, from 0."""
        found: dict[str, int] = {}
        for place, line in enumerate(self.plan):
            scan = None if " USING INDEX" in line else _SCANS.match(line)
            if scan is not None:
                found.setdefault((scan.group(1) or scan.group(2)).lower(), place)
        return found


@contextmanager
def empty_database(schema: Schema) -> Iterator[sqlite3.Connection]:
    """A database in memory with the tables of which all columns are known.

    The columns have no types: so an index serves every comparison.
    """
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for table in schema.tables.values():
            if not table.is_open and table.columns:
                _create(connection, table)
        yield connection
    finally:
        connection.close()


def explain(connection: sqlite3.Connection, query: str) -> Answer:
    """The plan of a query, which is not carried out."""
    try:
        rows = _plan(connection, "EXPLAIN QUERY PLAN " + query)
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        column = _NO_COLUMN.search(str(error))
        counts = _COUNTS.search(str(error))
        return Answer(
            no_column=(column.group(1) or column.group(2)) if column else "",
            counts=counts.group() if counts else "",
        )
    return Answer(plan=tuple(str(row[3]) for row in rows))


def _plan(connection: sqlite3.Connection, text: str) -> list[tuple[object, ...]]:
    """The rows of a plan, with NULL for every parameter."""
    try:
        return connection.execute(text, _Nothing()).fetchall()
    except sqlite3.ProgrammingError as error:
        if "no name" not in str(error):
            raise
    try:
        return connection.execute(text, ()).fetchall()
    except sqlite3.ProgrammingError as error:
        number = re.search(r"uses (\d+)", str(error))
        if number is None:
            raise
        return connection.execute(text, (None,) * int(number.group(1))).fetchall()


class _Nothing(dict[str, None]):
    """NULL for every named parameter."""

    def __missing__(self, key: str) -> None:
        return None


def _create(connection: sqlite3.Connection, table: Table) -> None:
    columns = ", ".join(map(_quoted, table.columns))
    connection.execute(f"CREATE TABLE {_quoted(table.name)} ({columns})")
    for number, key in enumerate(dict.fromkeys(table.keys)):
        if key and set(key) <= table.columns.keys():
            name = _quoted(f"{table.name} {number}")
            parts = ", ".join(map(_quoted, key))
            connection.execute(f"CREATE INDEX {name} ON {_quoted(table.name)} ({parts})")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
