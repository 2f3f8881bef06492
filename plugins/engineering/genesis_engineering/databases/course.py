"""What a migration has done so far, by which its next step is innocent or not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlglot import exp

from genesis_engineering.databases.defining import name_of
from genesis_engineering.databases.model import Schema
from genesis_engineering.databases.statements import Statement

_TABLE_FOR_A_WHILE = re.compile(
    r"^(?:_|#|(?:te?mp|temporary|old|new|bak|backup|staging|stage)_)|cache|^(?:\w+_)?sessions?$"
    r"|_(?:te?mp|temporary|old|new|bak|backup|staging|stage|archive|copy|legacy)\d*$"
    r"|^(?:\w+_)?migrations?$",
    re.IGNORECASE,
)
_COLUMN_FOR_A_WHILE = re.compile(
    r"^(?:old|te?mp)_|_(?:old|te?mp|bak|backup|deprecated|legacy|unused)$", re.IGNORECASE
)
_TABLE = r"([\w.\"`\[\]]+)"
_FILLS = re.compile(rf"(?:INSERT|REPLACE)\b[\w\s]*\bINTO\s+{_TABLE}", re.IGNORECASE)
_SAVES = re.compile(r"INSERT|CREATE|WITH|MERGE|UPDATE|SELECT\b[^;]{0,2000}\bINTO\b", re.IGNORECASE)
_READS = re.compile(rf"\b(?:FROM|JOIN|USING)\s+{_TABLE}", re.IGNORECASE)
_READ_CHARACTERS = 20_000
Parsed = tuple[Statement, exp.Expr | None]


@dataclass(frozen=True)
class Step:
    """A step that loses data, fails or blocks: which rule, where, and what it does in words."""

    rule: str
    line: int
    what: str


@dataclass
class Course:
    """`before` is the schema when the migration began; the sets hold names of tables, `added` pairs
    of table and column. `to_be_made` and `refilled` look ahead to its end."""

    before: Schema
    dialect: str = ""
    to_be_made: set[str] = field(default_factory=set)
    refilled: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    saved: set[str] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)
    added: set[tuple[str, str]] = field(default_factory=set)

    def is_own(self, table: str) -> bool:
        """Whether nothing of worth is lost with a table: made here, or there only for a while."""
        return table in self.made or not table or _TABLE_FOR_A_WHILE.search(table) is not None

    def is_own_column(self, table: str, column: str) -> bool:
        """As `is_own`, for a column."""
        is_new = (table, column) in self.added or table in self.made
        return is_new or _COLUMN_FOR_A_WHILE.search(column) is not None

    def note(self, statement: Statement) -> None:
        """Take notice of the tables whose rows a statement writes elsewhere."""
        text = statement.text[:_READ_CHARACTERS]
        if _SAVES.match(text):
            self.saved |= {_plain(name) for name in _READS.findall(text)}


def course_of(statements: Iterable[Parsed], before: Schema, dialect: str) -> Course:
    """The course at the beginning of a migration with these statements."""
    course = Course(before, dialect)
    look_ahead(statements, course)
    return course


def look_ahead(statements: Iterable[Parsed], course: Course) -> None:
    """Take notice of what statements will make and fill."""
    for statement, tree in statements:
        if isinstance(tree, exp.Create):
            course.to_be_made.add(made_by(tree))
        filled = _FILLS.match(statement.text[:500])
        if filled is not None:
            course.refilled.add(_plain(filled.group(1)))


def made_by(tree: exp.Create) -> str:
    """The name of the table or view that a statement makes, "" for anything else."""
    if isinstance(tree.this, exp.Index):
        return ""
    return name_of(tree.this.this if isinstance(tree.this, exp.Schema) else tree.this)


def _plain(name: str) -> str:
    return name.rpartition(".")[2].strip('"`[]').lower()
