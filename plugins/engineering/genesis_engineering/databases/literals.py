"""SQL that is written out in programs: as literal text, with nothing put into it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from genesis_engineering.files import RepositoryFile
from genesis_engineering.python_source import PythonSource

SCRIPTS = frozenset(
    {".js", ".mjs", ".cjs", ".ts", ".jsx", ".tsx", ".go", ".rs", ".rb", ".php", ".java", ".kt",
     ".cs"}
)  # fmt: skip
_QUERY = re.compile(
    r"\s*(?:SELECT\s|INSERT\s+(?:OR\s+\w+\s+)?INTO\s|REPLACE\s+INTO\s"
    r"|UPDATE\s+\S+\s+(?:AS\s+\w+\s+)?SET\s|DELETE\s+FROM\s|WITH\s+(?:RECURSIVE\s+)?\w+\s*(?:\([^)]*\))?\s*AS\s*\()"
)
_ANY_QUERY = re.compile(_QUERY.pattern, re.IGNORECASE)
_DEFINITION = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*(?:CREATE\s+(?:\w+\s+){0,3}(?:TABLE|INDEX|VIEW)|ALTER\s+TABLE"
    r"|DROP\s+(?:TABLE|VIEW)|PRAGMA|BEGIN)\b",
    re.IGNORECASE,
)
_RUNS = frozenset(
    {"execute", "executemany", "executescript", "fetch", "fetchrow", "fetchval", "fetch_all",
     "fetch_one", "fetchall", "fetchone", "text", "read_sql", "read_sql_query", "query", "raw",
     "iterate", "fetch_val", "execute_fetchall", "sql", "exec_driver_sql", "prepare"}
)  # fmt: skip
# A literal in quotes or backticks that begins as SQL does; quotes of another kind may be inside.
_STRING = re.compile(
    r"(?P<before>[^\s]?)[ \t]*(?P<quote>[\"'`])(?P<text>\s*"
    r"(?:SELECT|INSERT|REPLACE|UPDATE|DELETE|WITH|CREATE|ALTER|DROP)\s(?:(?!(?P=quote))[^\\])*)(?P=quote)\s*(?P<after>[^\s]?)"
)
_PUT_IN = re.compile(r"\{|#\{|\$\{|%[sdvq]|\\")


# What any of these texts has in front: parsing a file costs a hundred times as much as asking.
_HOLDS_SQL = re.compile(
    r"[\"'`]\s*(?:--[^\n]*\n\s*)*(?:SELECT\s|INSERT\s+(?:OR\s+\w+\s+)?INTO\s|REPLACE\s+INTO\s"
    r"|UPDATE\s+\S+\s+(?:AS\s+\w+\s+)?SET\s|DELETE\s+FROM\s|WITH\s+(?:RECURSIVE\s+)?\w+\s*[(\w]"
    r"|CREATE\s+(?:\w+\s+){0,3}(?:TABLE|INDEX|VIEW)\b|ALTER\s+TABLE\s|PRAGMA\s|BEGIN\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Literal:
    """A text and the line on which it begins, from 1. `is_run` is whether it is given to a call
    that runs SQL."""

    path: str
    text: str
    line: int
    is_run: bool = False

    @property
    def is_query(self) -> bool:
        """Whether it reads or writes rows; in small letters only where it is run."""
        return (_ANY_QUERY if self.is_run else _QUERY).match(self.text) is not None

    @property
    def is_definition(self) -> bool:
        return _DEFINITION.match(self.text) is not None


def find_literals(file: RepositoryFile, text: str) -> list[Literal]:
    """The literal SQL of a program."""
    if not _HOLDS_SQL.search(text):
        return []
    if file.suffix == ".py":
        return sorted(_of_python(PythonSource(file.path, text)), key=lambda one: one.line)
    return list(_of_script(file.path, text)) if file.suffix in SCRIPTS else []


def _of_python(source: PythonSource) -> Iterator[Literal]:
    if source.tree is None:
        return
    pending: list[tuple[ast.AST, bool]] = [(source.tree, False)]
    while pending:
        node, is_run = pending.pop()
        if isinstance(node, ast.Expr | ast.JoinedStr) and not _is_call(node):
            continue  # a docstring, or text with values in it
        text = _folded(node)
        if text is not None and isinstance(node, ast.expr):
            literal = Literal(source.path, text, node.lineno, is_run)
            if literal.is_query or literal.is_definition:
                yield literal
            continue
        if isinstance(node, ast.BinOp | ast.Attribute):
            # What something is added to, or formatted with, is a part of a statement only.
            pending += [(child, False) for child in _calls_within(node)]
            continue
        runs = isinstance(node, ast.Call) and _called(node) in _RUNS
        pending += [(child, runs) for child in ast.iter_child_nodes(node)]


def _is_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)


def _calls_within(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call | ast.Attribute):
            yield child


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _folded(node: ast.AST) -> str | None:
    """The text of a literal, or of literals that are added up; None for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _folded(node.left), _folded(node.right)
        return left + right if left is not None and right is not None else None
    return None


def _of_script(path: str, text: str) -> Iterator[Literal]:
    line, counted = 1, 0
    for found in _STRING.finditer(text):
        line += text.count("\n", counted, found.start("quote"))
        counted = found.start("quote")
        is_part = found["before"] in "+.%" or found["after"] in "+.%"
        # PHP and Perl put in what begins with a dollar.
        is_filled = _PUT_IN.search(found["text"]) or (
            path.endswith(".php") and "$" in found["text"]
        )
        has_lines = "\n" in found["text"] and found["quote"] != "`"
        if not ((is_part and found["before"] + found["after"]) or is_filled or has_lines):
            literal = Literal(path, found["text"], line, found["before"] in "(,")
            if literal.is_query or literal.is_definition:
                yield literal
