"""Mistakes in Python that ruff does not look for: exceptions of the repository's own that nobody
raises, and groups that are kept when they are empty."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from genesis_engineering.files import RepositoryFile
from genesis_engineering.python_source import PythonSource

_STARTED = re.compile(r"^[ \t]+([A-Z]\w*(?:Error|Exception))\(", re.MULTILINE)
_DEFINED = re.compile(
    r"^[ \t]*class[ \t]+(\w+(?:Error|Exception))[ \t]*\([^()\n]*(?:Error|Exception)\b", re.MULTILINE
)
_GROUPED = re.compile(r"\bgroupby\(")


@dataclass(frozen=True)
class Shape:
    """One mistake: its rule, what is said of it, and its line, which counts from 1."""

    rule: str
    message: str
    line: int


def find_shapes(
    files: Sequence[RepositoryFile], has_time: Callable[[], bool]
) -> Iterator[tuple[PythonSource, Shape]]:
    """The mistakes in `files`, as far as there is time.

    `exception-not-raised`: a statement that only calls an exception class which one of the files
    defines. `spent-groupby`: `dict(groupby(...))` and the like keep groups that are empty by then.
    """
    defined: set[str] = set()
    candidates: list[tuple[RepositoryFile, set[str]]] = []
    for file in files:
        if not has_time():
            return
        text = file.read_text() or ""
        defined.update(_DEFINED.findall(text))
        names = {name for name in _STARTED.findall(text) if not hasattr(builtins, name)}
        if names or _GROUPED.search(text):
            candidates.append((file, names))
    for file, names in candidates:
        text = file.read_text() or ""
        if not has_time() or not (names & defined or _GROUPED.search(text)):
            continue
        source = PythonSource(file.path, text)
        for shape in _of_tree(source.tree, names & defined):
            yield source, shape


def _of_tree(tree: ast.Module | None, names: set[str]) -> Iterator[Shape]:
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Name) and called.id in names:
                message = f"`{called.id}` is an exception that is built and dropped: raise it."
                yield Shape("exception-not-raised", message, node.lineno)
        elif isinstance(node, ast.Call | ast.DictComp) and _keeps_groups(node):
            message = (
                "Each group of `groupby` is empty once the next one begins: keep a list of it."
            )
            yield Shape("spent-groupby", message, node.lineno)


def _keeps_groups(node: ast.Call | ast.DictComp) -> bool:
    """`dict(groupby(...))`, or `{key: group for key, group in groupby(...)}`."""
    if isinstance(node, ast.Call):
        is_dict = isinstance(node.func, ast.Name) and node.func.id == "dict"
        return is_dict and len(node.args) == 1 and _is_groupby(node.args[0])
    loop = node.generators[0]
    if len(node.generators) > 1 or not isinstance(loop.target, ast.Tuple):
        return False
    group = loop.target.elts[-1]
    is_kept = isinstance(group, ast.Name) and isinstance(node.value, ast.Name)
    return is_kept and ast.unparse(group) == ast.unparse(node.value) and _is_groupby(loop.iter)


def _is_groupby(node: ast.expr) -> bool:
    """Whether it is a call of `itertools.groupby`; that of pandas is a method."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("groupby", "itertools.groupby")
