"""Steps of a migration forward that lose rows or tables, or block writing.

What is innocent: a table that the same migration made or saved elsewhere, and rows that it writes
anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from genesis_engineering.databases.column_steps import find_column_steps
from genesis_engineering.databases.course import Course, Parsed, Step, made_by
from genesis_engineering.databases.defining import name_of
from genesis_engineering.databases.statements import Statement

_CONSTANT = (exp.Literal, exp.Boolean, exp.Null, exp.Neg)


def find_steps(statements: Sequence[Parsed], course: Course) -> Iterator[Step]:
    """The steps of a migration, given its statements with their trees in order."""
    for statement, tree in statements:
        if statement.is_routine:
            continue
        course.note(statement)
        if isinstance(tree, exp.Alter):
            yield from find_column_steps(statement, tree, course)
        elif isinstance(tree, exp.Create):
            course.made.add(made_by(tree))
            yield from _index(statement, tree, course)
        elif tree is not None:
            yield from _rows(statement, tree, course)


def _rows(statement: Statement, tree: exp.Expr, course: Course) -> Iterator[Step]:
    if isinstance(tree, exp.Drop) and tree.args.get("kind") == "TABLE":
        for table in tree.args.get("tables") or ():
            yield from _drop_table(statement, name_of(table), course)
    elif isinstance(tree, exp.TruncateTable):
        for table in tree.expressions:
            yield from _empty(statement, name_of(table), "TRUNCATE", course)
    elif tree.args.get("where") or tree.args.get("limit") or not isinstance(tree.this, exp.Table):
        return
    elif isinstance(tree, exp.Delete) and not tree.args.get("using"):
        yield from _empty(statement, name_of(tree.this), "DELETE without WHERE", course)
    elif isinstance(tree, exp.Update):
        yield from _update(statement, tree, course)


def _drop_table(statement: Statement, name: str, course: Course) -> Iterator[Step]:
    known = course.before.tables.get(name)
    is_begun_anew = name in course.to_be_made and known is None
    is_view = known is not None and known.kind == "view"
    if not (course.is_own(name) or name in course.saved or is_begun_anew or is_view):
        yield Step("drop-table", statement.line, f"the table {name} and its rows are dropped")


def _empty(statement: Statement, name: str, how: str, course: Course) -> Iterator[Step]:
    course.emptied.add(name)
    if not (course.is_own(name) or name in course.refilled or name in course.saved):
        yield Step("delete-all-rows", statement.line, f"{how} removes all rows of {name}")


def _update(statement: Statement, tree: exp.Update, course: Course) -> Iterator[Step]:
    name = name_of(tree.this)
    if tree.this.args.get("joins") or tree.args.get("from_") or course.is_own(name):
        return
    lost = [
        name_of(setting.this)
        for setting in tree.expressions
        if isinstance(setting, exp.EQ)
        and isinstance(setting.expression, _CONSTANT)
        and not course.is_own_column(name, name_of(setting.this))
    ]
    if lost:
        what = f"UPDATE without WHERE gives every row of {name} the same {', '.join(lost)}"
        yield Step("update-all-rows", statement.line, what)


def _index(statement: Statement, tree: exp.Create, course: Course) -> Iterator[Step]:
    if not isinstance(tree.this, exp.Index) or course.dialect != "postgres":
        return
    name = name_of(tree.this.args.get("table"))
    is_old = name in course.before.tables and name not in course.made
    if is_old and not tree.args.get("concurrently"):
        what = f"CREATE INDEX without CONCURRENTLY blocks writing to {name} until it is built"
        yield Step("locking-index", statement.line, what)
