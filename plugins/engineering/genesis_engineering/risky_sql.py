"""Tell a SQL statement with a value in its text from one with a name, a placeholder or none."""

from __future__ import annotations

import re

from genesis.contracts import Severity

from genesis_engineering.python_source import PythonSource
from genesis_engineering.ruff_run import Diagnostic

_STATEMENT = re.compile(
    r"['\"]\s*(SELECT\b.+\bFROM\b|INSERT\s+INTO\b|UPDATE\b.+\bSET\b|DELETE\s+FROM\b)"
    r"|['\"]\s*(select\b.+\bfrom\b|insert\s+into\b|update\b.+\bset\b|delete\s+from\b)",
    re.DOTALL,
)
_HOLE = r"(\{[^{}]+\}|%s|%\(\w+\)s|['\"]+\s*\+)"
# A hole in the place of a value: in quotes, compared, in a list of values, or as a limit.
_VALUE = re.compile(
    rf"'%?{_HOLE}%?'|(=|<|>|\bLIKE|\bVALUES\s*\(|\bLIMIT|\bBETWEEN)\s*['\"]?%?{_HOLE}",
    re.IGNORECASE,
)
_PLACEHOLDERS = re.compile(r"placeholder|\bmarks\b|['\"],?\s*\?|bind|param|_expr\b", re.IGNORECASE)


def judge_sql(source: PythonSource, found: Diagnostic) -> Severity | None:
    """Medium for a value put into a statement's text; None for names and placeholders."""
    rows = source.lines[found.location.row - 1 : found.end_location.row]
    text = "\n".join(rows)
    if not _STATEMENT.search(text) or _PLACEHOLDERS.search(text):
        return None
    return Severity.MEDIUM if _VALUE.search(text) else None
