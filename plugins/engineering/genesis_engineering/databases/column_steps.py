"""Steps that lose a column or a part of its values, or fail on rows that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from genesis_engineering.databases.course import Course, Step
from genesis_engineering.databases.defining import line_of_name, name_of
from genesis_engineering.databases.narrowing import is_narrower
from genesis_engineering.databases.statements import Statement

_GIVES_VALUE = (
    exp.DefaultColumnConstraint, exp.ComputedColumnConstraint, exp.AutoIncrementColumnConstraint,
    exp.GeneratedAsIdentityColumnConstraint, exp.GeneratedAsRowColumnConstraint,
)  # fmt: skip
_FILLED = re.compile(r"\b(?:identity|\w*serial|auto_?increment|rowversion)\b", re.IGNORECASE)
# They give a column without a default the zero of its type.
_GIVES_ZERO = frozenset({"mysql", "clickhouse"})


def find_column_steps(statement: Statement, tree: exp.Alter, course: Course) -> Iterator[Step]:
    """The steps of one ALTER TABLE."""
    table = name_of(tree.this)
    for action in tree.args.get("actions") or ():
        line = line_of_name(statement, action)
        if isinstance(action, exp.Drop) and action.args.get("kind") == "COLUMN":
            for column in map(name_of, action.args.get("tables") or ()):
                if not course.is_own_column(table, column):
                    yield Step("drop-column", line, f"the column {table}.{column} is dropped")
        elif isinstance(action, exp.ColumnDef):
            yield from _add(line, table, action, course)
        elif isinstance(action, exp.AlterColumn):
            yield from _retype(line, table, name_of(action.this), action.args.get("dtype"), course)
        elif isinstance(action, exp.ModifyColumn) and isinstance(action.this, exp.ColumnDef):
            former = name_of(action.args.get("rename_from") or action.this.this)
            yield from _retype(line, table, former, action.this.args.get("kind"), course)
        elif isinstance(action, exp.AlterRename):
            course.saved.add(table)
            course.made.add(name_of(action.this))


def _add(line: int, table: str, column: exp.ColumnDef, course: Course) -> Iterator[Step]:
    name = name_of(column.this)
    course.added.add((table, name))
    is_needed = any(
        not constraint.args.get("allow_null")
        for constraint in column.find_all(exp.NotNullColumnConstraint)
    )
    has_value = column.find(*_GIVES_VALUE) is not None or _FILLED.search(column.sql("postgres"))
    has_rows = table not in course.made | course.emptied and course.dialect not in _GIVES_ZERO
    if is_needed and has_rows and not has_value:
        what = f"the column {table}.{name} is added NOT NULL without a default"
        yield Step("not-null-without-default", line, what)


def _retype(line: int, table: str, column: str, kind: object, course: Course) -> Iterator[Step]:
    known = course.before.tables.get(table)
    old = known.columns.get(column) if known is not None else None
    if isinstance(kind, exp.DataType) and old is not None and is_narrower(old, kind):
        shown = f"from {old.sql('postgres')} to {kind.sql('postgres')}"
        yield Step("narrowed-type", line, f"the column {table}.{column} shrinks {shown}")
