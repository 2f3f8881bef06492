"""A database as its definitions tell: tables, columns, keys, indexes; names in lower case."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sqlglot import exp

Key = tuple[str, ...]
_ROW_NUMBERS = frozenset({"rowid", "oid", "_rowid_", "ctid"})


@dataclass(frozen=True)
class ForeignKey:
    """Columns of a table that point to those of another; `target_columns` may be empty: its
    primary key is meant. `path` and `line` are where it is written."""

    columns: Key
    target: str
    target_columns: Key
    path: str
    line: int


@dataclass
class Table:
    """One table or view. `is_open`: it may have columns that nobody wrote down.

    `columns` are the types by name, None where none is written; `keys` are the columns of each
    index, primary key and unique constraint, in their order.
    """

    name: str
    path: str = ""
    line: int = 1
    columns: dict[str, exp.DataType | None] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    is_open: bool = False
    kind: Literal["table", "view"] = "table"

    def has_index_on(self, column: str) -> bool:
        """Whether an index or key starts with a column, or it is the row's own number."""
        return column in _ROW_NUMBERS or any(key and key[0] == column for key in self.keys)

    def add(self, other: Table) -> None:
        """Take over what another definition of the same table has."""
        self.columns = other.columns | self.columns
        self.keys += other.keys
        self.foreign_keys += other.foreign_keys
        self.is_open = self.is_open or other.is_open


@dataclass
class Schema:
    """Tables by name. `open_folders` are the top folders of programs that may have tables which
    nobody wrote down, "" for the repository's own; `altered_folders` those that may add columns
    to any table."""

    tables: dict[str, Table] = field(default_factory=dict)
    open_folders: set[str] = field(default_factory=set)
    altered_folders: set[str] = field(default_factory=set)

    def add(self, other: Schema) -> None:
        """Take over all that another schema has; a table may be defined in both."""
        for name, table in other.tables.items():
            known = self.tables.get(name)
            if known is None:
                self.tables[name] = Table(name, table.path, table.line, kind=table.kind)
            self.tables[name].add(table)
        self.open_folders |= other.open_folders
        self.altered_folders |= other.altered_folders


def top_folder(path: str) -> str:
    """The first folder of a path, "" for a file of the repository's own folder."""
    return path.partition("/")[0] if "/" in path else ""
