"""Judge a default value that all calls of a function share: whether the function changes it."""

from __future__ import annotations

import ast
import re

from genesis.contracts import Severity

from genesis_engineering.python_source import FunctionNode, PythonSource
from genesis_engineering.ruff_run import Diagnostic, Location

_CHANGING = frozenset(
    {"append", "add", "extend", "update", "insert", "setdefault", "pop", "remove", "clear",
     "discard", "popitem", "sort", "reverse"}
)  # fmt: skip
# What leaves an empty list or dictionary as it is.
_SHRINKING = frozenset({"pop", "remove", "clear", "discard", "popitem", "sort", "reverse"})


def judge_mutable_default(source: PythonSource, found: Diagnostic) -> Severity | None:
    """A default that the function changes; in a nested function it is kept on purpose."""
    functions = source.functions_at(found.location.row)
    function = functions[0] if len(functions) == 1 else None
    name = function and _parameter_with_default(function, found.location)
    if not function or not name or name.startswith("_") or re.search("cache|memo|seen", name):
        return None
    default = next((n for n in ast.walk(function.args) if _is_at(n, found.location)), None)
    is_empty = isinstance(default, ast.List | ast.Dict) and not ast.unparse(default).strip("[]{}")
    if is_empty and _is_filled_once(function, name):
        return None
    changing = _CHANGING - _SHRINKING if is_empty else _CHANGING
    return Severity.LOW if _changes(function, name, changing) else None


def _is_filled_once(function: FunctionNode, name: str) -> bool:
    """Whether the function asks if the default is still empty, or lacks a key: it is a cache."""
    tests = [ast.unparse(node.test) for node in ast.walk(function) if isinstance(node, ast.If)]
    return any(
        test == f"not {name}" or re.fullmatch(rf"\w+ not in {re.escape(name)}", test)
        for test in tests
    )


def _is_at(node: ast.AST, location: Location) -> bool:
    place = (getattr(node, "lineno", 0), getattr(node, "col_offset", -2) + 1)
    return isinstance(node, ast.expr) and place == (location.row, location.column)


def _parameter_with_default(function: FunctionNode, location: object) -> str | None:
    arguments = function.args
    positional = arguments.posonlyargs + arguments.args
    pairs: list[tuple[ast.arg, ast.expr | None]] = list(
        zip(reversed(positional), reversed(arguments.defaults), strict=False)
    )
    pairs += list(zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))
    row, column = getattr(location, "row", 0), getattr(location, "column", 0)
    for argument, default in pairs:
        if default and (default.lineno, default.col_offset + 1) == (row, column):
            return argument.arg
    return None


def _changes(function: FunctionNode, name: str, changing: frozenset[str]) -> bool:
    """Whether the function changes the parameter's value in place, by a method of these or an
    item, and never gives it a new one.

    A function inside that has a parameter of that name may change its own.
    """
    changed = False
    named = [node for node in ast.walk(function) if isinstance(node, ast.arg) and node.arg == name]
    if len(named) > 1:
        return False
    # `name += [...]` changes a list in place, although it stores it too.
    added = {node.target for node in ast.walk(function) if isinstance(node, ast.AugAssign)}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
            if node not in added:
                return False
            changed = True
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.value, ast.Name):
            by_method = isinstance(node, ast.Attribute) and node.attr in changing
            by_item = isinstance(node, ast.Subscript) and (
                isinstance(node.ctx, ast.Store)
                or (isinstance(node.ctx, ast.Del) and "pop" in changing)
            )
            changed = changed or (node.value.id == name and (by_method or by_item))
    return changed
