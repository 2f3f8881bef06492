"""What a browser cannot understand in a style sheet: one pass over its rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from genesis.contracts import Severity

from genesis_engineering.pages.css_blocks import (
    Rule,
    parse_sheet,
    parse_style,
    unbalanced_brace,
)
from genesis_engineering.pages.css_names import AT_RULES, properties
from genesis_engineering.pages.css_selectors import selector_faults
from genesis_engineering.pages.css_values import value_faults
from genesis_engineering.pages.words import nearest

_MISSING_COLON = re.compile(r"([a-z-]+)\s+[^\s:;{}=][^:;{}]*(;|\}|$)")
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_PIECE_LINES = 20
_PREPROCESSED = re.compile(
    r"^\s*[$@][\w-]+\s*:|@(include|mixin|extend|apply|tailwind|define-color|use|forward|theme|each|"
    r"utility|variant|custom-variant|plugin|config|source)\b|-gtk-|-fx-|-qt-|#\{|\bQWidget\b",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Fault:
    """A finding-to-be; `line` counts from 1 in the text that was given."""

    rule: str
    severity: Severity
    message: str
    line: int


def sheet_faults(text: str) -> list[Fault]:
    """The faults of a style sheet in plain CSS; nothing for what a preprocessor reads."""
    if _PREPROCESSED.search(text):
        return []
    rules, _broken = parse_sheet(text)
    if any(rule.keyword and _is_foreign(rule.keyword) for rule in rules):
        return []
    lines = text.split("\n")
    faults: list[Fault] = []
    for rule in rules:
        faults += _rule_faults(rule, lines)
    faults += [*_late_imports(rules), *_open_block(text)]
    return faults


def style_faults(text: str) -> list[Fault]:
    """The faults of a `style` attribute."""
    return list(_block_faults(parse_style(text), text.split("\n")))


def _is_foreign(keyword: str) -> bool:
    known = keyword in AT_RULES or keyword.startswith("-")
    return not known and nearest(keyword, AT_RULES) is None


def _rule_faults(rule: Rule, lines: list[str]) -> Iterator[Fault]:
    if rule.keyword and rule.keyword not in AT_RULES and not rule.keyword.startswith("-"):
        meant = nearest(rule.keyword, AT_RULES)
        message = (
            f"@{rule.keyword} is unknown, so all of it is ignored; @{meant} is probably meant."
        )
        yield Fault("mistyped-at-rule", Severity.MEDIUM, message, rule.line)
    stray = next((t for t in rule.prelude if t.type == "error" and t.serialize() == "}"), None)
    comment = _line_comment(rule, lines)
    if stray is not None:
        message = "This } closes nothing, and the rule after it is ignored with it."
        yield Fault("stray-brace", Severity.MEDIUM, message, stray.source_line)
    elif comment:
        yield comment
    else:
        for name, message, line in selector_faults(rule):
            yield Fault(name, Severity.MEDIUM, message, line)
    yield from _block_faults(rule, lines)


def _block_faults(rule: Rule, lines: list[str]) -> Iterator[Fault]:
    for broken in rule.broken:
        yield from _broken_fault(*_piece_before(lines, broken.line, broken.column))
    seen: dict[str, tuple[str, bool]] = {}
    for one in rule.declarations:
        for name, severity, message, line in value_faults(one):
            yield Fault(name, severity, message, line)
        value = "".join(token.serialize() for token in one.value).strip()
        if one.name in seen and not rule.keyword:
            yield from _overridden(one.name, seen[one.name], (value, one.important), one.line)
        seen[one.name] = (value, one.important)


def _piece_before(lines: list[str], line: int, column: int) -> tuple[str, int]:
    """The text since the last declaration, and its line: the parser names where it gave up."""
    first = max(line - _PIECE_LINES, 0)
    before = "\n".join([*lines[first : line - 1], lines[line - 1][: column - 1]])
    start = max(before.rfind(mark) for mark in ";{}") + 1
    piece = _COMMENT.sub("", before[start:])
    blank = len(piece) - len(piece.lstrip())
    return piece.strip(), first + 1 + before.count("\n", 0, start) + piece.count("\n", 0, blank)


def _broken_fault(text: str, line: int) -> Iterator[Fault]:
    if text.startswith("//"):
        message = "CSS has no // comments: the declaration that follows is ignored with it."
        yield Fault("line-comment", Severity.MEDIUM, message, line)
        return
    found = _MISSING_COLON.match(text)
    if found and found[1] in properties():
        message = f"After {found[1]} a colon is missing, so the declaration is ignored."
        yield Fault("missing-colon", Severity.MEDIUM, message, line)


def _line_comment(rule: Rule, lines: list[str]) -> Fault | None:
    if rule.keyword or not rule.prelude:
        return None
    first = rule.prelude[0]
    text = lines[first.source_line - 1][first.source_column - 1 :]
    if not text.startswith("//"):
        return None
    message = "CSS has no // comments: the rule that follows is ignored."
    return Fault("line-comment", Severity.MEDIUM, message, first.source_line)


_COMPARED = re.compile(r"^(-?[\d.]+(px|em|rem|%)|0|#[0-9a-f]{3}|#[0-9a-f]{6})$", re.IGNORECASE)


def _overridden(
    name: str, before: tuple[str, bool], now: tuple[str, bool], line: int
) -> Iterator[Fault]:
    """`overridden-declaration` (low): the same value again, or a second one of the same unit.

    Other pairs may be a fallback for older browsers.
    """
    if name.startswith("--") or before[1] != now[1]:
        return
    if before == now:
        message = f"{name} has this value already in the same rule."
    else:
        first, second = _COMPARED.match(before[0]), _COMPARED.match(now[0])
        if not first or not second or first[2] != second[2]:
            return
        message = f"{name} is {before[0]} further up in the same rule, which has no effect."
    yield Fault("overridden-declaration", Severity.LOW, message, line)


def _late_imports(rules: list[Rule]) -> Iterator[Fault]:
    """`late-import`: browsers take @import only before other rules."""
    seen = False
    for rule in rules:
        if rule.outer:
            continue
        if rule.keyword == "import" and seen:
            message = "Browsers ignore an @import that comes after other rules."
            yield Fault("late-import", Severity.MEDIUM, message, rule.line)
        if rule.keyword not in ("import", "charset") and not (
            rule.keyword == "layer" and not rule.has_block
        ):
            seen = True


def _open_block(text: str) -> Iterator[Fault]:
    line = unbalanced_brace(text)
    if line is not None:
        message = "Nothing closes this block, so all that follows belongs to it."
        yield Fault("unclosed-block", Severity.MEDIUM, message, line)
