"""Candidates for dead code in one Python file, without what may be meant so."""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vulture.core import Vulture  # type: ignore[import-untyped]

from genesis_engineering.python_source import Block, PythonSource
from genesis_engineering.unreachable import find_unreachable, may_stop

_HARMLESS_DECORATORS = frozenset(
    {"staticmethod", "classmethod", "property", "cached_property", "lru_cache", "cache",
     "contextmanager", "asynccontextmanager", "wraps", "abstractmethod", "override", "final"}
)  # fmt: skip
_PLAIN_BASES = frozenset(
    {"object", "Exception", "ABC", "NamedTuple", "TypedDict", "Protocol", "Generic"}
)
# `getattr(self, f"_{kind}")`: any private name of the file may be meant.
_BUILDS_NAMES = re.compile(r"[\"']_([\"']\s*[+%]|\{|%s)|\bglobals\(\)|\bdir\(")
# The codes are vulture's.
_ACCEPTED = re.compile(r"noqa(?!\s*:)|noqa:.*\bV\d", re.IGNORECASE)


@dataclass(frozen=True)
class Candidate:
    """A definition or statement; `kind` is function, method, class or unreachable."""

    path: str
    line: int
    last_line: int
    name: str
    kind: str
    message: str


_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def find_candidates(source: PythonSource) -> Iterator[Candidate]:
    """Private functions, methods and classes of a file, and statements that are never reached."""
    blocks = source.blocks
    if not _BUILDS_NAMES.search(source.text):
        yield from _definitions(source, blocks)
    # vulture takes its time, and in most files no statement follows one that stops.
    if any(may_stop(one) for block in blocks for one in block.body[:-1]):
        yield from _unreachable(source, blocks)
    for dead in find_unreachable(source.text, blocks):
        message = f"unreachable code after {dead.after!r}"
        yield Candidate(source.path, dead.line, dead.last_line, dead.after, "unreachable", message)


def _definitions(source: PythonSource, blocks: Sequence[Block]) -> Iterator[Candidate]:
    private = [
        (one, block.around)
        for block in blocks
        for one in block.body
        if isinstance(one, _Definition) and _is_private(one.name)
    ]
    bases = _base_names(blocks) if private else frozenset()
    for node, around in private:
        is_accepted = _ACCEPTED.search(source.line(node.lineno).partition("#")[2])
        if not is_accepted and _may_be_dead(node, around, bases):
            kind = _kind(node, around)
            yield Candidate(
                source.path, node.lineno, node.end_lineno or node.lineno, node.name, kind,
                f"{kind} `{node.name}`",
            )  # fmt: skip


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("_") and name.strip("_") != ""


def _may_be_dead(node: _Definition, around: Sequence[ast.stmt], bases: frozenset[str]) -> bool:
    """Not registered by a decorator or a base class, not there for the type checker."""
    if any(_last_name(one) not in _HARMLESS_DECORATORS for one in node.decorator_list):
        return False
    if any(isinstance(one, ast.If) and "TYPE_CHECKING" in ast.unparse(one.test) for one in around):
        return False
    if isinstance(node, ast.ClassDef):
        return _has_plain_bases(node)
    # A method can be called by a base class that is not here, or by one that is mixed in later.
    return all(
        _has_plain_bases(one) and not one.name.endswith("Mixin") and one.name not in bases
        for one in around
        if isinstance(one, ast.ClassDef)
    )


def _has_plain_bases(node: ast.ClassDef) -> bool:
    return not node.keywords and all(_last_name(base) in _PLAIN_BASES for base in node.bases)


def _base_names(blocks: Sequence[Block]) -> frozenset[str]:
    """All names in what the classes of a file are built on."""
    parts = (
        part
        for block in blocks
        for one in block.body
        if isinstance(one, ast.ClassDef)
        for base in one.bases
        for part in ast.walk(base)
    )
    names = (getattr(part, "id", None) or getattr(part, "attr", None) for part in parts)
    return frozenset(name for name in names if isinstance(name, str))


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    if isinstance(node, ast.Subscript):
        return _last_name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _kind(node: _Definition, around: Sequence[ast.stmt]) -> str:
    if isinstance(node, ast.ClassDef):
        return "class"
    owners = [one for one in around if isinstance(one, _Definition)]
    return "method" if owners and isinstance(owners[-1], ast.ClassDef) else "function"


def _unreachable(source: PythonSource, blocks: Sequence[Block]) -> Iterator[Candidate]:
    before = {
        second.lineno: first for block in blocks for first, second in itertools.pairwise(block.body)
    }
    return (
        found for found in _scan(source) if not _is_meant(source, found, before.get(found.line))
    )


def _scan(source: PythonSource) -> list[Candidate]:
    # vulture prints about files that it cannot read, and then finds nothing in them.
    vulture = Vulture()
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        vulture.scan(source.text, filename=source.path)
    return [
        Candidate(
            source.path, int(one.first_lineno), int(one.last_lineno), str(one.name),
            "unreachable", str(one.message),
        )
        for one in vulture.unreachable_code
    ]  # fmt: skip


def _is_meant(source: PythonSource, found: Candidate, before: ast.stmt | None) -> bool:
    """`yield` that makes a generator, `if False` for type checkers, and what vulture misjudges.

    vulture takes no account of a `with` that swallows exceptions, nor of a `break` in the `else`
    of a loop inside of `while True`.
    """
    if not found.message.startswith("unreachable code after"):
        return True
    text = "\n".join(source.lines[found.line - 1 : found.last_line])
    if re.match(r"\s*(yield\b|pass\b|assert_never|return NotImplemented\b)", text):
        return True
    doubtful = ast.While | ast.With | ast.AsyncWith
    return before is None or any(isinstance(one, doubtful) for one in ast.walk(before))
