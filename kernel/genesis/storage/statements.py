"""Statements whose SQL text is made once, for what runs with every message or memory.

SQLAlchemy's own execution costs several times what SQLite takes for a small statement. The text
still comes from a Core statement, so columns are checked and another database gets its own text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TypeAlias, cast

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.elements import ClauseElement
from sqlmodel import SQLModel

Value: TypeAlias = str | int | float | bytes | None
Values: TypeAlias = Mapping[str, Value]

_DIALECT = sqlite.dialect(paramstyle="named")


class Statement:
    """The text of a statement; its bound parameters are given by name when it runs."""

    def __init__(self, clause: ClauseElement | str, columns: Sequence[str] | None = None) -> None:
        """`columns` names what an INSERT without values writes."""
        self._clause = clause
        self._columns = columns

    @cached_property
    def _compiled(self) -> tuple[str, dict[str, Value]]:
        # On first use: a program that only reads messages need not compile two hundred others.
        if isinstance(self._clause, str):
            return self._clause, {}
        keys = None if self._columns is None else list(self._columns)
        compiled = self._clause.compile(dialect=_DIALECT, column_keys=keys)
        # What the statement itself compares with, e.g. `column == "active"`.
        constants = {k: v for k, v in compiled.params.items() if v is not None}
        return str(compiled), constants

    @property
    def text(self) -> str:
        """The SQL, with parameters as `:name`."""
        return self._compiled[0]

    def bound(self, values: Values) -> dict[str, Value]:
        """The values of all of its parameters."""
        return {**self._compiled[1], **values}

    def run(self, connection: Connection, values: Values) -> DBAPICursor:
        """Run it once, inside the caller's transaction; gives the driver's cursor."""
        cursor = connection.connection.cursor()
        cursor.execute(self.text, self.bound(values))
        return cursor

    def run_many(self, connection: Connection, rows: Sequence[Values]) -> int:
        """Run it for each row; gives how many rows it changed. Nothing for no rows."""
        if not rows:
            return 0
        cursor = connection.connection.cursor()
        cursor.executemany(self.text, [self.bound(row) for row in rows])
        return cursor.rowcount


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model, for prebuilt statements."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]  # SQLModel adds it
