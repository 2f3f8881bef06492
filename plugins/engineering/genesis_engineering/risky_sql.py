"""Tell a SQL statement with a value in its text from one with a name, a placeholder or none."""

from __future__ import annotations

import ast
import re

from genesis.contracts import Severity

from genesis_engineering.python_source import PythonSource
from genesis_engineering.ruff_run import Diagnostic

_STATEMENT = re.compile(
    r"['\"]\s*(SELECT\b.+\bFROM\b|INSERT\s+INTO\b|UPDATE\b.+\bSET\b|DELETE\s+FROM\b)"
    r"|['\"]\s*(select\b.+\bfrom\b|insert\s+into\b|update\b.+\bset\b|delete\s+from\b)",
    re.DOTALL,
)
_BRACES = r"\{[^{}]*\}"
_JOINED = r"['\"]+\s*\+"
_PERCENT = rf"(?:%s|%\(\w+\)s|{_JOINED})"
_STARTS_VALUE = r"(?:=|<|>|\bLIKE|\bVALUES\s*\(|\bLIMIT|\bBETWEEN)\s*['\"]?%?"


def _in_place_of_value(hole: str) -> re.Pattern[str]:
    """A hole in quotes, compared, in a list of values, or as a limit."""
    return re.compile(rf"'%?{hole}%?'|{_STARTS_VALUE}{hole}", re.IGNORECASE)


_VALUE_IN_BRACES = _in_place_of_value(_BRACES)
_VALUE_JOINED = _in_place_of_value(_JOINED)
_VALUE_BY_PERCENT = _in_place_of_value(_PERCENT)
# Without the operator %, %s is the driver's placeholder.
_USES_PERCENT = re.compile(r"['\")]\s*%\s*[(\w{]")
_USES_BRACES = re.compile(r"\.format\(|\b[rRbB]?[fF][rRbB]?['\"]")
_PLACEHOLDERS = re.compile(
    r"placeholder|\bmarks\b|['\"],?\s*\?|bind|param|_(expr|sql)\b", re.IGNORECASE
)


# What these give has no quotes: times, dates, identifiers by chance.
_CLOCKS = frozenset({"now", "utcnow", "today", "time_ns", "uuid1", "uuid4"})
_AS_TEXT = frozenset({"isoformat", "timestamp", "date", "replace", "astimezone"})


def _without_harmless(source: PythonSource, row: int, text: str) -> str:
    """The text with 0 for each hole that a number, a time or an identifier fills: `{int(x)}`,
    `{size + 1}`, `{utcnow()}`, or a name that the function gives to nothing else."""
    known = _harmless_names(source, row)
    for node in source.enclosing(row):
        if isinstance(node, ast.Call):
            holes = {word.arg or "": word.value for word in node.keywords}
        elif isinstance(node, ast.JoinedStr):
            values = [one.value for one in node.values if isinstance(one, ast.FormattedValue)]
            holes = {ast.unparse(value): value for value in values}
        else:
            continue
        for hole, value in holes.items():
            if hole and _is_harmless(value, known):
                text = text.replace(f"{{{hole}}}", "0")
    return text


def _harmless_names(source: PythonSource, row: int) -> frozenset[str]:
    """The names to which the function around a line gives harmless values only."""
    function = source.function_at(row)
    values: dict[str, list[ast.expr | None]] = {}
    for node in ast.walk(function) if function else ():
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                values.setdefault(name, []).append(value)
            case ast.Name(id=name, ctx=ast.Store()):
                values.setdefault(name, []).append(None)
            case ast.arg(arg=name):
                values.setdefault(name, []).append(None)
            case _:
                pass
    nothing: frozenset[str] = frozenset()
    return frozenset(
        name
        for name, given in values.items()
        # The name of an assignment is seen once more, as a name of its own.
        if 2 * sum(one is not None and _is_harmless(one, nothing) for one in given) == len(given)
    )


def _is_harmless(value: ast.expr, known: frozenset[str]) -> bool:
    """Whether an expression gives a number, a time or an identifier, or raises: text plus 1 is no
    text. `known` are names of such."""
    match value:
        case ast.Name(id=name):
            return name in known
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            return any(_is_whole(one) or _is_harmless(one, known) for one in (left, right))
        case ast.Call(func=ast.Name(id=name)):
            return name in ("int", "len", "float") or name in _CLOCKS
        case ast.Call(func=ast.Attribute(value=inner, attr=name)):
            return name in _CLOCKS or (name in _AS_TEXT and _is_harmless(inner, known))
        case _:
            return False


def _is_whole(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and type(value.value) is int


def judge_sql(source: PythonSource, found: Diagnostic) -> Severity | None:
    """Medium for a value put into a statement's text; None for names and placeholders."""
    rows = source.lines[found.location.row - 1 : found.end_location.row]
    text = "\n".join(rows)
    if not _STATEMENT.search(text) or _PLACEHOLDERS.search(text):
        return None
    if _USES_BRACES.search(text):
        text = _without_harmless(source, found.location.row, text)
        value = _VALUE_IN_BRACES
    elif _USES_PERCENT.search(text):
        # %%s comes out as %s, the driver's placeholder: that value does not go into the text.
        value, text = _VALUE_BY_PERCENT, text.replace("%%s", "")
    else:
        value = _VALUE_JOINED
    return Severity.MEDIUM if value.search(text) else None
