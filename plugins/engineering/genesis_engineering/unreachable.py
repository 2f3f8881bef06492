"""Statements that never run because what stands before them never ends, or ends the program."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from genesis_engineering.python_source import Block

_ENDS = frozenset({"sys.exit", "os._exit", "os.abort"})
_TOLD = re.compile(r"\bsys\.exit\(|\bos\._exit\(|\bos\.abort\(|\bwhile[ \t(]+(True|1)\b")
_STOPS = ast.Return | ast.Raise | ast.Break | ast.Continue
_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
_LOOPS = ast.For | ast.AsyncFor | ast.While


@dataclass(frozen=True)
class Unreachable:
    """The first and the last line that never run, and after what they stand."""

    line: int
    last_line: int
    after: str


def may_stop(statement: ast.stmt) -> bool:
    """Whether what follows a statement in its block could be out of reach; it is a first guess.

    Loops and `with` are never guessed: see `find_unreachable`, and what vulture misjudges.
    """
    if isinstance(statement, ast.If):
        branches = [statement.body, statement.orelse]
        return bool(statement.orelse) and all(may_stop(branch[-1]) for branch in branches)
    if isinstance(statement, ast.Try | ast.TryStar):
        parts = [statement.body, statement.orelse, statement.finalbody]
        parts += [handler.body for handler in statement.handlers]
        return any(may_stop(part[-1]) for part in parts if part)
    if isinstance(statement, ast.Match):
        return any(may_stop(case.body[-1]) for case in statement.cases)
    return isinstance(statement, _STOPS)


def find_unreachable(text: str, blocks: Sequence[Block]) -> Iterator[Unreachable]:
    """What follows `sys.exit()` and its like, or a `while True` that nothing leaves.

    A last `return`, `raise` or the like in such a place is there for readers and type checkers.
    What follows `return` and `raise` themselves is not looked for: vulture does.
    """
    if not _TOLD.search(text):
        return
    modules = {
        alias.asname or alias.name
        for block in blocks
        for one in block.body
        if isinstance(one, ast.Import)
        for alias in one.names
    }
    for block in blocks:
        yield from _in_block(block.body, modules)


def is_behind_loop(row: int, blocks: Sequence[Block]) -> bool:
    """Whether a line stands behind a `while True` that nothing leaves, its last `return` too."""
    return any(
        second.lineno <= row <= (block.body[-1].end_lineno or second.lineno)
        for block in blocks
        for first, second in itertools.pairwise(block.body)
        if _never_goes_on(first, set())
    )


def _in_block(body: list[ast.stmt], modules: set[str]) -> Iterator[Unreachable]:
    for first, second in itertools.pairwise(body):
        after = _never_goes_on(first, modules)
        if not after:
            continue
        is_closing = second is body[-1] and isinstance(second, _STOPS | ast.Assert | ast.Pass)
        if not is_closing and not _holds_yield(second):
            yield Unreachable(second.lineno, body[-1].end_lineno or second.lineno, after)
        return


def _never_goes_on(statement: ast.stmt, modules: set[str]) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        called = statement.value.func
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            name = f"{called.value.id}.{called.attr}"
            return name if name in _ENDS and called.value.id in modules else ""
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
