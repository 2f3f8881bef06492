"""Tell a SQL statement with a value in its text from one with a name, a placeholder or none."""

from __future__ import annotations

import ast
import re

from genesis.contracts import Severity

from genesis_engineering.python_source import PythonSource
from genesis_engineering.ruff_run import Diagnostic
from genesis_engineering.text_holes import (
    HOLE,
    Template,
    is_given_from_outside,
    is_input,
    template_of,
)

_STATEMENT = re.compile(
    r"\s*(SELECT\b.+\bFROM\b|INSERT\s+INTO\b|UPDATE\b.+\bSET\b|DELETE\s+FROM\b)"
    r"|\s*(select\b.+\bfrom\b|insert\s+into\b|update\b.+\bset\b|delete\s+from\b)",
    re.DOTALL,
)
# A hole in quotes, compared, in a list of values, or as a limit.
_VALUE = re.compile(
    rf"'%?{HOLE}%?'|(?:=|<|>|\bLIKE|\bVALUES\s*\(|\bLIMIT|\bBETWEEN)\s*['\"]?%?{HOLE}",
    re.IGNORECASE,
)
# A comment above that tells why no placeholder stands there.
_REASON = re.compile(r"#.*\b(placeholder|parameter|inject|escap|safe|trusted)", re.IGNORECASE)
_QUOTED = re.compile(rf"['\"]%?{HOLE}")
_PLACEHOLDERS = re.compile(
    r"placeholder|\bmarks\b|['\"],?\s*\?|bind|param|_(expr|sql)\b", re.IGNORECASE
)
# Who asks for tables and columns has their names from the program.
_CATALOG = re.compile(
    r"\b(information_schema|pg_catalog|pg_\w+|sqlite_master|sqlite_schema|(all|user)_(tab|cons)\w+|"
    r"sys\.\w+)\b",
    re.IGNORECASE,
)

# What these give has no quotes: times, dates, identifiers by chance.
_CLOCKS = frozenset({"now", "utcnow", "today", "time_ns", "uuid1", "uuid4"})
_QUOTES = re.compile(r"qn$|_?quote|_?escape|identifier|mogrify|sql_literal")
_AS_TEXT = frozenset({"isoformat", "timestamp", "date", "replace", "astimezone"})


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
        case ast.Attribute(attr="lastrowid" | "rowcount"):
            return True
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            return any(_is_whole(one) or _is_harmless(one, known) for one in (left, right))
        case ast.Call(func=ast.Name(id=name)):
            return name in ("int", "len", "float") or name in _CLOCKS or bool(_QUOTES.match(name))
        case ast.Call(func=ast.Attribute(attr=name)) if _QUOTES.match(name):
            return True
        case ast.Call(func=ast.Attribute(attr="join"), args=[several]):
            return _repeats(several)
        case ast.Call(func=ast.Attribute(value=inner, attr=name)):
            return name in _CLOCKS or (name in _AS_TEXT and _is_harmless(inner, known))
        case _:
            return False


def _repeats(several: ast.expr) -> bool:
    """Whether a list holds one thing as often as there are others: `["?"] * len(names)`."""
    match several:
        case ast.BinOp(op=ast.Mult()):
            return True
        case ast.ListComp(elt=one, generators=loops) | ast.GeneratorExp(elt=one, generators=loops):
            inner = {n.id for n in ast.walk(one) if isinstance(n, ast.Name)}
            targets = (n for loop in loops for n in ast.walk(loop.target))
            return not any(isinstance(n, ast.Name) and n.id in inner for n in targets)
        case _:
            return False


def _is_whole(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and type(value.value) is int


def judge_sql(source: PythonSource, found: Diagnostic) -> Severity | None:
    """Medium for a value from elsewhere that is put into a statement's text, low for one of the
    program's own or a question about the database's tables; None for names and placeholders.

    What stands there without quotes is a number, or the statement would not work: medium only
    where it comes from a request or the like.
    """
    first = found.location.row
    rows = "\n".join(source.lines[first - 1 : found.end_location.row])
    statement = _statement(source, found)
    if statement is None or _PLACEHOLDERS.search(rows):
        return None
    known = _harmless_names(source, first)
    values = [hole for hole in _in_place_of_values(statement) if not _is_harmless(hole, known)]
    if not values:
        return None
    quoted = _in_place_of_values(statement, _QUOTED)
    telling = [value for value in values if value in quoted or _is_input(source, value)]
    is_given = any(is_given_from_outside(source, first, value) for value in telling)
    above = "\n".join(line for line in source.lines[max(0, first - 4) : first] if "#" in line)
    is_minor = _CATALOG.search(rows) or _REASON.search(above) or _is_collected(source, first)
    return Severity.MEDIUM if is_given and not is_minor else Severity.LOW


def _statement(source: PythonSource, found: Diagnostic) -> Template | None:
    """The outermost text at the place of a diagnostic that reads as a statement of SQL."""
    for node in source.enclosing(found.location.row):
        if isinstance(node, ast.JoinedStr | ast.BinOp | ast.Call):
            template = template_of(node)
            if _STATEMENT.match(template.text):
                return template
    return None


def _is_collected(source: PythonSource, row: int) -> bool:
    """Whether the statement is put into a list: what writes migrations makes it of names."""
    calls = [call for call in source.calls_at(row) if not _is_format(call)]
    inner = calls[-1].func if calls else None
    return isinstance(inner, ast.Attribute) and inner.attr in ("append", "extend", "insert")


def _is_format(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "format"


def _is_input(source: PythonSource, value: ast.expr) -> bool:
    """Whether the value, or what the function around it gives its name, is read from outside."""
    return is_input(source.function_at(value.lineno) or value)


def _in_place_of_values(statement: Template, place: re.Pattern[str] = _VALUE) -> list[ast.expr]:
    """The holes that stand where a statement has values, in order."""
    text = statement.text
    places = {found.start() + found[0].rindex(HOLE) for found in place.finditer(text)}
    holes = zip(statement.holes, re.finditer(HOLE, text), strict=True)
    return [hole for hole, found in holes if found.start() in places]
