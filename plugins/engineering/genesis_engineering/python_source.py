"""One Python file as text and syntax tree, with the questions that several tools ask of it."""

from __future__ import annotations

import ast
import warnings
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_LONG = 50
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Block:
    """Statements that run one after another, and the statements that they lie in, outer first."""

    body: list[ast.stmt]
    around: tuple[ast.stmt, ...]


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

    @cached_property
    def blocks(self) -> list[Block]:
        """Every list of statements, outer ones first; none where there is no tree."""
        found: list[Block] = []
        pending = deque([Block(self.tree.body, ())] if self.tree else [])
        while pending:
            block = pending.popleft()
            found.append(block)
            for statement in block.body:
                inner = list(_bodies(statement))
                if inner:
                    around = (*block.around, statement)
                    pending.extend(Block(body, around) for body in inner)
        return found

    def line(self, number: int) -> str:
        """One line without its indentation, "" past the end."""
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""

    def enclosing(self, line: int) -> Iterator[ast.stmt | ast.expr | ast.excepthandler]:
        """Every node whose lines include `line`, outer ones first."""
        pending: deque[ast.AST] = deque([self.tree] if self.tree else [])
        while pending:
            for child in self._children_near(pending.popleft(), line):
                if isinstance(child, ast.stmt | ast.expr | ast.excepthandler):
                    if not child.lineno <= line <= (child.end_lineno or child.lineno):
                        continue
                    yield child
                pending.append(child)

    @cached_property
    def _spans(self) -> dict[int, tuple[list[int], list[int]]]:
        """First and last lines of the statements of long blocks, by identity of the block."""
        return {}

    def _children_near(self, node: ast.AST, line: int) -> Iterator[ast.AST]:
        """The children of a node, of a long block only the statements at the line: a module may
        have thousands, and be asked as often."""
        for _name, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                yield value
            elif isinstance(value, list) and len(value) > _LONG and isinstance(value[0], ast.stmt):
                if id(value) not in self._spans:
                    ends = [one.end_lineno or one.lineno for one in value]
                    self._spans[id(value)] = ([one.lineno for one in value], ends)
                starts, ends = self._spans[id(value)]
                yield from value[bisect_left(ends, line) : bisect_right(starts, line)]
            elif isinstance(value, list):
                yield from (one for one in value if isinstance(one, ast.AST))

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


def _bodies(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks of a compound statement, those of its handlers and cases too."""
    for name in ("body", "orelse", "finalbody"):
        body = getattr(statement, name, None)
        if body:
            yield body
    for name in ("handlers", "cases"):
        yield from (part.body for part in getattr(statement, name, ()))
