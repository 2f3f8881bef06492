"""Candidates for dead code in one Python file, by vulture, without what may be meant so."""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from vulture.core import Vulture  # type: ignore[import-untyped]

from genesis_engineering.python_source import PythonSource
from genesis_engineering.unreachable import find_unreachable

_HARMLESS_DECORATORS = frozenset(
    {"staticmethod", "classmethod", "property", "cached_property", "lru_cache", "cache",
     "contextmanager", "asynccontextmanager", "wraps", "abstractmethod", "override", "final"}
)  # fmt: skip
_PLAIN_BASES = frozenset(
    {"object", "Exception", "ABC", "NamedTuple", "TypedDict", "Protocol", "Generic"}
)
# `getattr(self, f"_{kind}")`: any private name of the file may be meant.
_BUILDS_NAMES = re.compile(r"[\"']_([\"']\s*[+%]|\{|%s)|\bglobals\(\)|\bdir\(")


@dataclass(frozen=True)
class Candidate:
    """A definition or statement; `kind` is function, method, class or unreachable."""

    path: str
    line: int
    last_line: int
    name: str
    kind: str
    message: str


@dataclass(frozen=True)
class _Item:
    name: str
    line: int
    last_line: int
    message: str


def find_candidates(source: PythonSource) -> Iterator[Candidate]:
    """Private functions, methods and classes of a file, and statements that are never reached."""
    if source.tree is None:
        return
    functions, unreachable = _scan(source)
    if _BUILDS_NAMES.search(source.text):
        functions = []
    for item in functions:
        node = _definition_at(source, item)
        if node is not None and _may_be_dead(source, node):
            kind = "class" if isinstance(node, ast.ClassDef) else _kind(source, node)
            yield Candidate(
                source.path, node.lineno, item.last_line, item.name, kind, f"{kind} `{item.name}`"
            )
    before = _statements_before(source.tree) if unreachable else {}
    for item in unreachable:
        if not _is_meant(source, item, before):
            yield Candidate(
                source.path, item.line, item.last_line, item.name, "unreachable", item.message
            )
    for one in find_unreachable(source.tree):
        message = f"unreachable code after {one.after!r}"
        yield Candidate(source.path, one.line, one.last_line, one.after, "unreachable", message)


def _scan(source: PythonSource) -> tuple[list[_Item], list[_Item]]:
    # vulture prints about files that it cannot read, and then finds nothing in them.
    vulture = Vulture()
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        vulture.scan(source.text, filename=source.path)
    defined = [*vulture.defined_funcs, *vulture.defined_methods, *vulture.defined_props]
    defined += vulture.defined_classes
    private = [item for item in defined if _is_private(item.name)]
    return [_item(one) for one in private], [_item(one) for one in vulture.unreachable_code]


def _item(one: object) -> _Item:
    values = [getattr(one, name) for name in ("name", "first_lineno", "last_lineno", "message")]
    return _Item(str(values[0]), int(values[1]), int(values[2]), str(values[3]))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("_") and name.strip("_") != ""


_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _definition_at(source: PythonSource, item: _Item) -> _Definition | None:
    for node in source.enclosing(item.last_line):
        if isinstance(node, _Definition) and node.name == item.name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first == item.line:
                return node
    return None


def _may_be_dead(source: PythonSource, node: _Definition) -> bool:
    """Not registered by a decorator or a base class, not there for the type checker."""
    if any(_last_name(one) not in _HARMLESS_DECORATORS for one in node.decorator_list):
        return False
    around = [one for one in source.enclosing(node.lineno) if one is not node]
    if any(isinstance(one, ast.If) and "TYPE_CHECKING" in ast.unparse(one.test) for one in around):
        return False
    if isinstance(node, ast.ClassDef):
        return _has_plain_bases(node)
    # A method can be called by a base class that is not here, or by one that is mixed in later.
    return all(
        _has_plain_bases(one) and not _is_subclassed(source, one.name)
        for one in around
        if isinstance(one, ast.ClassDef)
    )


def _has_plain_bases(node: ast.ClassDef) -> bool:
    return not node.keywords and all(_last_name(base) in _PLAIN_BASES for base in node.bases)


def _is_subclassed(source: PythonSource, name: str) -> bool:
    return name.endswith("Mixin") or name in _base_names(source)


@lru_cache(maxsize=2)
def _base_names(source: PythonSource) -> frozenset[str]:
    """All names in what the classes of a file are built on."""
    return frozenset(
        name
        for node in ast.walk(source.tree or ast.Module([], []))
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        for part in ast.walk(base)
        for name in [getattr(part, "id", None) or getattr(part, "attr", None)]
        if isinstance(name, str)
    )


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    if isinstance(node, ast.Subscript):
        return _last_name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _kind(source: PythonSource, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    around = [
        one
        for one in source.enclosing(node.lineno)
        if one is not node
        and isinstance(one, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return "method" if around and isinstance(around[-1], ast.ClassDef) else "function"


def _is_meant(source: PythonSource, item: _Item, statements: dict[int, ast.stmt]) -> bool:
    """`yield` that makes a generator, `if False` for type checkers, and what vulture misjudges.

    vulture takes no account of a `with` that swallows exceptions, nor of a `break` in the `else`
    of a loop inside of `while True`.
    """
    if not item.message.startswith("unreachable code after"):
        return True
    text = "\n".join(source.lines[item.line - 1 : item.last_line])
    if re.match(r"\s*(yield\b|pass\b|assert_never|return NotImplemented\b)", text):
        return True
    before = statements.get(item.line)
    doubtful = ast.While | ast.With | ast.AsyncWith
    return before is None or any(isinstance(one, doubtful) for one in ast.walk(before))


def _statements_before(tree: ast.Module) -> dict[int, ast.stmt]:
    """The statement that stands before another one in its block, by the line of that one."""
    found: dict[int, ast.stmt] = {}
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            for first, second in itertools.pairwise(body if isinstance(body, list) else []):
                found.setdefault(second.lineno, first)
    return found
