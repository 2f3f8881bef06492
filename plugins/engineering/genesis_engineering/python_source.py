"""One Python file as text and syntax tree, with the questions that several tools ask of it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class PythonSource:
    """A file's text; lines count from 1, columns from 0 in UTF-8 bytes, as in module `ast`."""

    path: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def tree(self) -> ast.Module | None:
        """The syntax tree, or None for a file that is not valid for the Python that runs this."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    def line(self, number: int) -> str:
        """One line without its indentation, "" past the end."""
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""

    def enclosing(self, line: int) -> Iterator[ast.stmt | ast.expr | ast.excepthandler]:
        """Every node whose lines include `line`, outer ones first."""
        pending: list[ast.AST] = [self.tree] if self.tree else []
        while pending:
            for child in ast.iter_child_nodes(pending.pop(0)):
                if isinstance(child, ast.stmt | ast.expr | ast.excepthandler):
                    if not child.lineno <= line <= (child.end_lineno or child.lineno):
                        continue
                    yield child
                pending.append(child)

    def functions_at(self, line: int) -> list[FunctionNode]:
        """The functions around a line, outer ones first."""
        kinds = ast.FunctionDef | ast.AsyncFunctionDef
        return [node for node in self.enclosing(line) if isinstance(node, kinds)]

    def function_at(self, line: int) -> FunctionNode | None:
        """The innermost function around a line."""
        functions = self.functions_at(line)
        return functions[-1] if functions else None

    def calls_at(self, line: int) -> list[ast.Call]:
        """The calls whose lines include `line`, outer ones first."""
        return [node for node in self.enclosing(line) if isinstance(node, ast.Call)]
