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


def _without_numbers(source: PythonSource, row: int, text: str) -> str:
    """The text with 0 for each hole that only a number can fill: `{int(x)}`, `{size + 1}`."""
    for node in source.enclosing(row):
        if isinstance(node, ast.Call):
            holes = {word.arg or "": word.value for word in node.keywords}
        elif isinstance(node, ast.JoinedStr):
            values = [one.value for one in node.values if isinstance(one, ast.FormattedValue)]
            holes = {ast.unparse(value): value for value in values}
        else:
            continue
        for hole, value in holes.items():
            if hole and _is_number(value):
                text = text.replace(f"{{{hole}}}", "0")
    return text


def _is_number(value: ast.expr) -> bool:
    """Whether an expression gives a number or raises: text plus 1 is no text."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add | ast.Sub):
        parts = (value.left, value.right)
        return any(isinstance(one, ast.Constant) and type(one.value) is int for one in parts)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id in ("int", "len", "float")
    return False


def judge_sql(source: PythonSource, found: Diagnostic) -> Severity | None:
    """Medium for a value put into a statement's text; None for names and placeholders."""
    rows = source.lines[found.location.row - 1 : found.end_location.row]
    text = "\n".join(rows)
    if not _STATEMENT.search(text) or _PLACEHOLDERS.search(text):
        return None
    if _USES_BRACES.search(text):
        text = _without_numbers(source, found.location.row, text)
        value = _VALUE_IN_BRACES
    elif _USES_PERCENT.search(text):
        # %%s comes out as %s, the driver's placeholder: that value does not go into the text.
        value, text = _VALUE_BY_PERCENT, text.replace("%%s", "")
    else:
        value = _VALUE_JOINED
    return Severity.MEDIUM if value.search(text) else None
