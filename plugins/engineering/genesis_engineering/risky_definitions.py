"""Judge a definition that a later one of the same name replaces."""

from __future__ import annotations

import ast
import re

from genesis.contracts import Severity

from genesis_engineering.python_source import FunctionNode, PythonSource
from genesis_engineering.ruff_run import Diagnostic


def judge_redefinition(source: PythonSource, found: Diagnostic) -> Severity | None:
    """Only a definition or import that a later definition or import of that name replaces; low for
    an import, and where both definitions do the same."""
    before = re.search(r"from line (\d+)", found.message)
    told = re.search(r"`([^`]*)`", found.message)
    name, row = told[1] if told else "", found.location.row
    first = int(before.group(1)) if before else row
    defined = rf"(async def|def|class)\s+{re.escape(name)}\b"
    if name == "_" or first >= row:
        return None
    if not re.match(rf"{defined}|from |import |{re.escape(name)}\b", source.line(row)):
        return None
    if re.match(rf"{re.escape(name)}\s*=\s*[\w.]+$", source.line(row)):
        return Severity.LOW  # the other name of something, put in its place on purpose
    if re.match(defined, source.line(first)):
        is_registered = source.line(first - 1).startswith(("@", ")"))
        if is_registered:
            return None
        return Severity.LOW if _do_the_same(source, name, (first, row)) else Severity.MEDIUM
    return Severity.LOW if re.match("from |import ", source.line(first)) else None


def _do_the_same(source: PythonSource, name: str, rows: tuple[int, int]) -> bool:
    """Whether the definitions of a name at two lines differ in their docstrings at most: then one
    too many does no harm."""
    told = [
        _without_docstring(node)
        for row in rows
        for node in source.enclosing(row)
        if isinstance(node, FunctionNode | ast.ClassDef) and node.name == name
        if node.lineno == row
    ]
    return len(told) == len(rows) and len(set(told)) == 1


def _without_docstring(node: FunctionNode | ast.ClassDef) -> str:
    """What a definition says, as a text."""
    texts = [ast.dump(one) for one in ast.iter_child_nodes(node)]
    if ast.get_docstring(node) is not None:
        texts.remove(ast.dump(node.body[0]))
    return "\n".join((type(node).__name__, *texts))
