"""Statements that never run because what stands before them never ends, or ends the program."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

_ENDS = frozenset({"sys.exit", "os._exit", "os.abort"})
_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
_LOOPS = ast.For | ast.AsyncFor | ast.While


@dataclass(frozen=True)
class Unreachable:
    """The first and the last line that never run, and after what they stand."""

    line: int
    last_line: int
    after: str


def find_unreachable(tree: ast.Module) -> Iterator[Unreachable]:
    """What follows `sys.exit()` and its like, or a `while True` that nothing leaves.

    A last `return`, `raise` or the like in such a place is there for readers and type checkers.
    What follows `return` and `raise` themselves is not looked for: vulture does.
    """
    modules = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                yield from _in_block(body, modules)


def _in_block(body: list[ast.stmt], modules: set[str]) -> Iterator[Unreachable]:
    for first, second in itertools.pairwise(body):
        after = _never_goes_on(first, modules)
        if not after:
            continue
        is_closing = second is body[-1] and isinstance(
            second, ast.Return | ast.Raise | ast.Assert | ast.Pass | ast.Break | ast.Continue
        )
        if not is_closing and not _holds_yield(second):
            yield Unreachable(second.lineno, body[-1].end_lineno or second.lineno, after)
        return


def _never_goes_on(statement: ast.stmt, modules: set[str]) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        called = ast.unparse(statement.value.func)
        return called if called in _ENDS and called.partition(".")[0] in modules else ""
    if isinstance(statement, ast.While) and isinstance(statement.test, ast.Constant):
        return "while" if statement.test.value and not _is_left(statement.body) else ""
    return ""


def _is_left(body: list[ast.stmt]) -> bool:
    """Whether a `break` in a loop's body belongs to that loop."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Break):
            return True
        if isinstance(node, _LOOPS):
            pending += node.orelse
        elif not isinstance(node, _SCOPES):
            pending += ast.iter_child_nodes(node)
    return False


def _holds_yield(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Yield | ast.YieldFrom) for one in ast.walk(node))
