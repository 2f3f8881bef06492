"""What a call in a Python file is given, where it is written out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqlglot import exp

from genesis_engineering.databases.course import Course, Parsed, Step, look_ahead
from genesis_engineering.databases.dialects import parse
from genesis_engineering.databases.statements import split_statements
from genesis_engineering.databases.steps import find_steps

# How SQLAlchemy and Django call the types of SQL; `{}` is a length.
_TYPES = {
    "String": "VARCHAR{}", "Unicode": "VARCHAR{}", "VARCHAR": "VARCHAR{}", "CharField": "VARCHAR{}",
    "Text": "TEXT", "TextField": "TEXT", "UnicodeText": "TEXT", "TEXT": "TEXT",
    "Integer": "INT", "INTEGER": "INT", "IntegerField": "INT", "SmallInteger": "SMALLINT",
    "SmallIntegerField": "SMALLINT", "BigInteger": "BIGINT", "BigIntegerField": "BIGINT",
    "DateTime": "TIMESTAMP", "DateTimeField": "TIMESTAMP", "Date": "DATE", "DateField": "DATE",
}  # fmt: skip


def argument(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    """An argument by its name, or by its position from 0."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if position is not None and position < len(call.args):
        found = call.args[position]
        return None if isinstance(found, ast.Starred) else found
    return None


def text_of(node: ast.expr | None) -> str:
    """A literal text, also within a call such as `text("...")`, "" for anything else."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        node = node.args[0]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ""


def name_of_call(call: ast.Call) -> str:
    """The last part of what is called: `add_column` of `op.add_column(...)`."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def is_given(call: ast.Call, name: str, value: object) -> bool:
    """Whether an argument is that constant."""
    found = argument(call, name)
    return isinstance(found, ast.Constant) and found.value is value


def type_of(node: ast.expr | None) -> exp.DataType | None:
    """The SQL type that `sa.String(50)` or `models.CharField(max_length=50)` stands for."""
    call = node if isinstance(node, ast.Call) else None
    name = name_of_call(call) if call else getattr(node, "attr", getattr(node, "id", ""))
    pattern = _TYPES.get(str(name))
    if pattern is None:
        return None
    length: object = None
    if call is not None:
        given = argument(call, "max_length") or argument(call, "length", 0)
        length = given.value if isinstance(given, ast.Constant) else None
    return exp.DataType.build(pattern.format(f"({length})" if isinstance(length, int) else ""))


def foresee(node: ast.expr | None, course: Course) -> None:
    """Take notice of what literal SQL will make and fill, before any of it is judged."""
    for _, statements in _literals(node, course):
        look_ahead(statements, course)


def sql_steps(node: ast.expr | None, course: Course) -> Iterator[Step]:
    """The steps of literal SQL that a migration executes; lines are those of the Python file."""
    for line, statements in _literals(node, course):
        for step in find_steps(statements, course):
            yield Step(step.rule, line + step.line - 1, step.what)


def _literals(node: ast.expr | None, course: Course) -> Iterator[tuple[int, list[Parsed]]]:
    """The literal texts of an argument, one or a list, with the lines on which they begin."""
    for one in node.elts if isinstance(node, ast.List | ast.Tuple) else [node]:
        text = text_of(one)
        if one is not None and text:
            yield one.lineno, [(s, parse(s, course.dialect)) for s in split_statements(text)]
