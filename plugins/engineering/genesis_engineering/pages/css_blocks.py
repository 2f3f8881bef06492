"""A style sheet as rules and declarations, parsed by tinycss2, with the lines where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import tinycss2  # type: ignore[import-untyped]

_DEEPEST = 30
_BRACES = re.compile(
    r"/\*.*?(?:\*/|\Z)|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|url\(\s*[^\"')\s][^)\n]*\)|[{}\n]",
    re.DOTALL | re.IGNORECASE,
)


class Token(Protocol):
    """What every node of tinycss2 has; lines count from 1 in the parsed text."""

    @property
    def type(self) -> str: ...
    @property
    def source_line(self) -> int: ...
    @property
    def source_column(self) -> int: ...
    def serialize(self) -> str: ...


@dataclass(frozen=True)
class Declaration:
    """`name: value`; the name is in lower case, the value without comments."""

    name: str
    value: tuple[Token, ...]
    important: bool
    line: int


@dataclass(frozen=True)
class Broken:
    """A part of a block that is no declaration, or of a sheet that is no rule."""

    message: str
    line: int
    column: int


@dataclass
class Rule:
    """A rule with what stands directly in its block; `keyword` is `media` for `@media`, else "".

    `outer` are the keywords of the at-rules around it. `has_block` is False for `@import`.
    """

    keyword: str
    prelude: tuple[Token, ...]
    line: int
    outer: tuple[str, ...]
    has_block: bool = True
    declarations: list[Declaration] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)


def parse_sheet(text: str) -> tuple[list[Rule], list[Broken]]:
    """All rules in order, nested ones after those that hold them, and what is no rule."""
    return _collect(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True), ())


def parse_style(text: str) -> Rule:
    """The value of a `style` attribute as the block of one rule."""
    rule = Rule("", (), 1, ())
    _read_block(
        rule, tinycss2.parse_blocks_contents(text, skip_comments=True, skip_whitespace=True)
    )
    return rule


def unbalanced_brace(text: str) -> int | None:
    """The line of the last `{` that nothing closes; None when all are closed."""
    waiting: list[int] = []
    line = 1
    for found in _BRACES.finditer(text):
        piece = found[0]
        if piece == "{":
            waiting.append(line)
        elif piece == "}":
            del waiting[-1:]
        line += piece.count("\n")
    return waiting[-1] if waiting else None


def walk_tokens(tokens: Sequence[Token]) -> Iterator[Token]:
    """Tokens with those inside of functions and brackets, without recursion."""
    waiting = list(reversed(tokens))
    while waiting:
        token = waiting.pop()
        yield token
        inner = getattr(token, "arguments", None) or getattr(token, "content", None) or ()
        waiting.extend(reversed(list(inner)))


def _collect(nodes: Sequence[Token], outer: tuple[str, ...]) -> tuple[list[Rule], list[Broken]]:
    rules: list[Rule] = []
    broken: list[Broken] = []
    waiting = [(node, outer) for node in reversed(nodes)]
    while waiting:
        node, around = waiting.pop()
        if node.type == "error":
            broken.append(
                Broken(getattr(node, "message", ""), node.source_line, node.source_column)
            )
        if node.type not in ("qualified-rule", "at-rule"):
            continue
        content = getattr(node, "content", None)
        keyword = getattr(node, "lower_at_keyword", "")
        prelude = tuple(getattr(node, "prelude", ()))
        rule = Rule(keyword, prelude, node.source_line, around, content is not None)
        rules.append(rule)
        if content is None or len(around) >= _DEEPEST:
            continue
        parsed = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
        inner = _read_block(rule, parsed)
        waiting += [(node, (*around, keyword)) for node in reversed(inner)]
    return rules, broken


def _read_block(rule: Rule, nodes: Sequence[Token]) -> list[Token]:
    """Take declarations into the rule; gives the rules that are nested in it."""
    nested = []
    for node in nodes:
        if node.type == "declaration":
            value = tuple(one for one in getattr(node, "value", ()) if one.type != "comment")
            name = str(getattr(node, "name", ""))
            name = name if name.startswith("--") else name.lower()
            important = bool(getattr(node, "important", False))
            rule.declarations.append(Declaration(name, value, important, node.source_line))
        elif node.type == "error":
            message = getattr(node, "message", "")
            rule.broken.append(Broken(message, node.source_line, node.source_column))
        else:
            nested.append(node)
    return nested
