"""Steps of `upgrade()` in a revision of Alembic that lose data or fail on rows that are there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from genesis_engineering.databases.course import Course, Step
from genesis_engineering.databases.model import Schema
from genesis_engineering.databases.narrowing import is_narrower
from genesis_engineering.databases.python_calls import (
    argument,
    foresee,
    is_given,
    name_of_call,
    sql_steps,
    text_of,
    type_of,
)
from genesis_engineering.python_source import PythonSource

_GIVES_VALUE = frozenset({"Computed", "Identity", "Sequence"})


def find_alembic_steps(source: PythonSource, dialect: str) -> Iterator[Step]:
    """The steps forward of one revision."""
    tree = source.tree
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef) and node.name == "upgrade":
            yield from _upgrade(node, Course(Schema(), dialect))


def _upgrade(function: ast.FunctionDef, course: Course) -> Iterator[Step]:
    batches = _batches(function)
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    for call in calls:
        if name_of_call(call) in ("create_table", "rename_table"):
            course.to_be_made.add(text_of(argument(call, "table_name", 0)).lower())
        elif name_of_call(call) == "execute":
            foresee(argument(call, "sqltext", 0), course)
    for call in calls:
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        name = owner.id if isinstance(owner, ast.Name) else ""
        if name == "op":
            yield from _operation(call, "", course)
        elif name in batches:
            yield from _operation(call, batches[name], course)


def _batches(function: ast.FunctionDef) -> dict[str, str]:
    """The tables of `with op.batch_alter_table("t") as batch_op`, by the name that is bound."""
    found = {}
    for node in ast.walk(function):
        if isinstance(node, ast.withitem) and isinstance(node.context_expr, ast.Call):
            call, bound = node.context_expr, node.optional_vars
            table = text_of(argument(call, "table_name", 0))
            if name_of_call(call) == "batch_alter_table" and isinstance(bound, ast.Name) and table:
                found[bound.id] = table.lower()
    return found


def _operation(call: ast.Call, batch: str, course: Course) -> Iterator[Step]:
    """One operation; in a batch, its first argument is the column and not the table."""
    first = 0 if batch else 1
    table = batch or text_of(argument(call, "table_name", 0)).lower()
    match name_of_call(call):
        case "create_table":
            course.made.add(table)
        case "rename_table":
            course.saved.add(table)
        case "drop_table" if not course.is_own(table) and table not in course.saved:
            if table not in course.to_be_made:
                yield Step("drop-table", call.lineno, f"the table {table} and its rows are dropped")
        case "drop_column":
            column = text_of(argument(call, "column_name", first)).lower()
            if column and not course.is_own_column(table, column):
                yield Step("drop-column", call.lineno, f"the column {table}.{column} is dropped")
        case "add_column":
            yield from _add(argument(call, "column", first), table, course)
        case "alter_column":
            yield from _alter(call, table, text_of(argument(call, "column_name", first)))
        case "execute":
            yield from sql_steps(argument(call, "sqltext", 0), course)
        case _:
            pass


def _add(node: ast.expr | None, table: str, course: Course) -> Iterator[Step]:
    if not isinstance(node, ast.Call) or name_of_call(node) != "Column":
        return
    name = text_of(argument(node, "name", 0))
    course.added.add((table, name.lower()))
    has_value = argument(node, "server_default") is not None or any(
        isinstance(part, ast.Call) and name_of_call(part) in _GIVES_VALUE for part in node.args
    )
    has_rows = table not in course.made | course.emptied and course.dialect != "mysql"
    if is_given(node, "nullable", False) and has_rows and not has_value:
        what = f"the column {table}.{name} is added NOT NULL without a server_default"
        yield Step("not-null-without-default", node.lineno, what)


def _alter(call: ast.Call, table: str, column: str) -> Iterator[Step]:
    old, new = type_of(argument(call, "existing_type")), type_of(argument(call, "type_"))
    if old is not None and new is not None and is_narrower(old, new):
        shown = f"from {old.sql()} to {new.sql()}"
        yield Step("narrowed-type", call.lineno, f"the column {table}.{column} shrinks {shown}")
