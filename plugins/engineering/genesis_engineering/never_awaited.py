"""Calls of coroutines whose result is dropped: what they are to do is never done."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TypeGuard

from genesis_engineering.python_source import FunctionNode, PythonSource
from genesis_engineering.risky_shapes import Shape

_MAY_HAVE = re.compile(r"^[ \t]*async def ", re.MULTILINE)
_LIBRARY = frozenset({"asyncio.sleep", "asyncio.wait", "asyncio.wait_for", "asyncio.to_thread"})


def find_never_awaited(source: PythonSource) -> Iterator[Shape]:
    """`never-awaited`: a statement that only calls a coroutine of the same class or module.

    The function has no decorator, and nothing else of that name is in reach: no other definition
    in the file, no assignment to it.
    """
    if not _MAY_HAVE.search(source.text) or source.tree is None:
        return
    functions = [one for one in ast.walk(source.tree) if isinstance(one, FunctionNode)]
    sync = {one.name for one in functions if not _is_coroutine(one)}
    stored = {
        one.attr if isinstance(one, ast.Attribute) else one.id
        for one in ast.walk(source.tree)
        if isinstance(one, ast.Attribute | ast.Name) and isinstance(one.ctx, ast.Store)
    }
    unsure = sync | stored
    yield from _calls(source.tree, _coroutines(source.tree.body) - unsure, "")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            yield from _calls(node, _coroutines(node.body) - unsure, "self.")


def _calls(scope: ast.AST, names: set[str], prefix: str) -> Iterator[Shape]:
    asked = _asked(scope)
    wanted = {prefix + name for name in names} | (set() if prefix else _LIBRARY)
    for node in ast.walk(scope):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            if not isinstance(called, ast.Name | ast.Attribute):
                continue
            name = ast.unparse(called)
            if name in wanted and f"({name})" not in asked.get(node.lineno, ""):
                message = f"`{name}` is a coroutine that is built and dropped: await it."
                yield Shape("never-awaited", message, node.lineno)


def _asked(scope: ast.AST) -> dict[int, str]:
    """By line, what the code asked first whether it is a coroutine."""
    return {
        line: ast.unparse(node.test)
        for node in ast.walk(scope)
        if isinstance(node, ast.If) and "iscoroutine" in ast.unparse(node.test)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def _coroutines(body: list[ast.stmt]) -> set[str]:
    return {one.name for one in body if _is_coroutine(one)}


def _is_coroutine(node: ast.AST) -> TypeGuard[ast.AsyncFunctionDef]:
    """Whether it is an `async def` without decorators; one with `yield` does nothing either."""
    return isinstance(node, ast.AsyncFunctionDef) and not node.decorator_list
