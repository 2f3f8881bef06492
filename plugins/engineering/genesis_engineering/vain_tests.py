"""Tests that look as if they checked something, and do not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from genesis_engineering.python_source import FunctionNode, PythonSource
from genesis_engineering.risky_shapes import Shape

_MAY_HAVE = re.compile(
    r"\bor\s+f?['\"]|\bassertTrue\(|\bassertFalse\(|\bassertRaises\w*\(|\braises\(|async def test"
    r"|def __init__"
)
# Others, such as Twisted's, have a TestCase that awaits.
_STANDARD = re.compile(
    r"^(import unittest$|from unittest import (?:[\w, ]*, )?TestCase\b)", re.MULTILINE
)
_RAISING = re.compile(r"(^|\.)(raises|assertRaises\w*)$")
# What pytest looks into by itself: other modules have classes that only begin with "Test".
_COLLECTED = re.compile(r"(^|/)(test_[^/]*|[^/]*_test)\.py$")


def find_vain_tests(source: PythonSource) -> Iterator[Shape]:
    """What is wrong in the tests of a file.

    `assert-on-text`: `assert a == b or "message"`, and `assertTrue(a, 3)`, which compares nothing.
    `unreachable-assert`: one about the error that a `with raises(...) as error:` waits for, inside
    of that block, behind what raises it. `test-never-run`: an `async` test of a plain
    `unittest.TestCase` (its coroutine is dropped), a class with `__init__`, which pytest leaves
    out.
    """
    if not _MAY_HAVE.search(source.text) or source.tree is None:
        return
    is_of_pytest = "unittest" not in source.text and bool(_COLLECTED.search(source.path))
    is_standard = bool(_STANDARD.search(source.text))
    for node in ast.walk(source.tree):
        match node:
            case ast.Assert(test=ast.BoolOp(op=ast.Or(), values=[*_, last])) if _is_text(last):
                message = "A text that is not empty is always true: the assertion can never fail."
                yield Shape("assert-on-text", message, node.lineno)
            case ast.Call(func=ast.Attribute(attr="assertTrue"), args=[_, second]):
                if isinstance(second, ast.Constant) and not isinstance(
                    second.value, str | bool | None
                ):
                    message = (
                        "The second argument of assertTrue is the message: nothing is compared."
                    )
                    yield Shape("assert-on-text", message, node.lineno)
            case ast.With() | ast.AsyncWith():
                yield from _in_raises(node)
            # A class inside of a function is what a test of a runner gives it to run.
            case ast.ClassDef() if not source.functions_at(node.lineno):
                yield from _in_class(node, is_of_pytest=is_of_pytest, is_standard=is_standard)
            case _:
                pass


def _is_text(node: ast.expr) -> bool:
    is_constant = isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value
    return bool(is_constant) or isinstance(node, ast.JoinedStr)


def _in_raises(node: ast.With | ast.AsyncWith) -> Iterator[Shape]:
    """Assertions about the caught error that stand in the block which ends with it."""
    item = node.items[-1]
    called = item.context_expr
    if not isinstance(item.optional_vars, ast.Name) or not isinstance(called, ast.Call):
        return
    if not _RAISING.search(ast.unparse(called.func)):
        return
    name = item.optional_vars.id
    for statement in node.body[1:]:
        is_assert = isinstance(statement, ast.Assert) or (
            isinstance(statement, ast.Expr)
            and isinstance(statement.value, ast.Call)
            and ast.unparse(statement.value.func).startswith("self.assert")
        )
        names = {one.id for one in ast.walk(statement) if isinstance(one, ast.Name)}
        if is_assert and name in names:
            message = (
                f"The error ends the block before this line: move it out of the `with`, or `{name}`"
                " is never looked at."
            )
            yield Shape("unreachable-assert", message, statement.lineno)
            return


def _in_class(node: ast.ClassDef, *, is_of_pytest: bool, is_standard: bool) -> Iterator[Shape]:
    bases = {ast.unparse(base) for base in node.bases}
    tests = [one for one in node.body if _is_test(one)]
    if not tests or node.decorator_list:
        return
    if is_standard and bases in ({"unittest.TestCase"}, {"TestCase"}):
        for one in tests:
            if isinstance(one, ast.AsyncFunctionDef) and not one.decorator_list:
                message = (
                    f"`{one.name}` never runs: unittest.TestCase drops its coroutine; use "
                    "unittest.IsolatedAsyncioTestCase."
                )
                yield Shape("test-never-run", message, one.lineno)
                return
    starts = [one for one in node.body if isinstance(one, FunctionNode) and one.name == "__init__"]
    if starts and not bases and node.name.startswith("Test") and is_of_pytest:
        message = f"pytest leaves out {node.name} and its tests, since the class has __init__."
        yield Shape("test-never-run", message, starts[0].lineno)


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, FunctionNode) and node.name.startswith("test")
