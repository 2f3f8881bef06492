"""Declarations whose name or value a browser does not understand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from genesis.contracts import Severity

from genesis_engineering.pages.css_blocks import Declaration, Token, walk_tokens
from genesis_engineering.pages.css_names import COLOURS, KEYWORDS, SIZES, UNITS, properties
from genesis_engineering.pages.css_words import EVERYWHERE, WORDS
from genesis_engineering.pages.words import nearest

_COLOURED = re.compile(
    r"color$|^(fill|stroke|background|border(-(top|right|bottom|left))?|outline|box-shadow|"
    r"text-shadow|column-rule|text-decoration|caret|background-image)$"
)
_SINGLE = re.compile(r"(^|-)color$|^(fill|stroke)$")
_HEX = re.compile(r"([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$", re.IGNORECASE)
# Properties that only Internet Explorer knew: nobody misses them.
_OF_OLD_BROWSERS = re.compile(r"scrollbar-(?!color|gutter|width)|(ms-)?filter$|zoom$")
_LOST = "so the declaration is ignored"
_UNTYPED = frozenset({"unicode-range", "src", "filter", "content", "syntax", "will-change"})

Found = tuple[str, Severity, str, int]


def value_faults(declaration: Declaration) -> Iterator[Found]:
    """Rule, severity, message and line of each fault; all but `length-without-unit` are medium.

    `mistyped-property`, `mistyped-value`, `missing-semicolon`, `invalid-colour`, `unknown-unit`,
    `detached-unit` and `length-without-unit`. Vendors' own properties, old browsers' hacks
    (`_width`, `10px\\9`), what is switched off by a letter (`xwidth`) and custom
    properties are left alone.
    """
    name = declaration.name
    if not name[:1].isalpha() or (name[0] in "xX" and name[1:] in properties()):
        return
    if name not in properties():
        meant = nearest(name, properties())
        if meant and not _OF_OLD_BROWSERS.match(meant):
            message = f"There is no property {name}, {_LOST}; {meant} is probably meant."
            yield "mistyped-property", Severity.MEDIUM, message, declaration.line
        return
    merged = _merged(declaration)
    if merged:
        yield merged
        return
    if name not in _UNTYPED and not _is_hack(declaration):
        for rule, message, line in (
            *_colour(declaration), *_units(declaration), *_detached(declaration),
            *_without_unit(declaration), *_keyword(declaration),
        ):  # fmt: skip
            # Pages without a doctype take lengths without a unit: which pages use a sheet is
            # not known.
            is_minor = rule == "length-without-unit"
            yield rule, Severity.LOW if is_minor else Severity.MEDIUM, message, line


def _merged(declaration: Declaration) -> Found | None:
    """A value that goes on with `name:`; no value has a colon outside of brackets."""
    tokens = [token for token in declaration.value if token.type != "whitespace"]
    for before, token in pairwise(tokens):
        name = getattr(before, "lower_value", "") if before.type == "ident" else ""
        if token.type == "literal" and token.serialize() == ":" and name in properties():
            message = f"Before {name} a semicolon is missing, so both declarations are ignored."
            return "missing-semicolon", Severity.MEDIUM, message, declaration.line
    return None


def _is_hack(declaration: Declaration) -> bool:
    text = "".join(token.serialize() for token in declaration.value)
    return "\\" in text or "progid" in text.lower() or "expression(" in text


def _colour(declaration: Declaration) -> Iterator[tuple[str, str, int]]:
    if not _COLOURED.search(declaration.name):
        return
    for token in walk_tokens(declaration.value):
        if token.type == "hash" and not _HEX.match(str(getattr(token, "value", ""))):
            message = (
                f"{token.serialize()} is no colour (3, 4, 6 or 8 hexadecimal digits), {_LOST}."
            )
            yield "invalid-colour", message, token.source_line
    tokens = [token for token in declaration.value if token.type != "whitespace"]
    if len(tokens) != 1 or tokens[0].type != "ident" or not _SINGLE.search(declaration.name):
        return
    name = str(getattr(tokens[0], "lower_value", ""))
    meant = nearest(name, COLOURS | KEYWORDS) if name not in COLOURS | KEYWORDS else None
    if meant:
        message = f"There is no colour {name}, {_LOST}; {meant} is probably meant."
        yield "invalid-colour", message, tokens[0].source_line


def _keyword(declaration: Declaration) -> Iterator[tuple[str, str, int]]:
    """A word that is one slip away from one that the property knows, among nothing but words."""
    known = WORDS.get(declaration.name)
    tokens = [token for token in declaration.value if token.type != "whitespace"]
    if known is None or any(token.type != "ident" for token in tokens):
        return
    for token in tokens:
        word = str(getattr(token, "lower_value", ""))
        meant = None if word in EVERYWHERE else nearest(word, known | EVERYWHERE)
        if meant:
            message = f"{declaration.name} knows no {word}, {_LOST}; {meant} is probably meant."
            yield "mistyped-value", message, token.source_line


def _units(declaration: Declaration) -> Iterator[tuple[str, str, int]]:
    for token in walk_tokens(declaration.value):
        unit = str(getattr(token, "lower_unit", "")) if token.type == "dimension" else ""
        if unit and unit.isascii() and unit.isalpha() and unit not in UNITS:
            message = f"{token.serialize()} has the unit {unit}, which does not exist, {_LOST}."
            if _HEX.fullmatch(token.serialize()):
                message = f"{token.serialize()} is no colour without a # before it, {_LOST}."
            yield "unknown-unit", message, token.source_line


def _detached(declaration: Declaration) -> Iterator[tuple[str, str, int]]:
    """`10 px`: the number has no unit then."""
    if declaration.name not in SIZES:
        return
    values = declaration.value
    for first, space, second in zip(values, values[1:], values[2:], strict=False):
        unit = getattr(second, "lower_value", "") if second.type == "ident" else second.serialize()
        if (
            first.type == "number"
            and space.type == "whitespace"
            and unit in {"px", "em", "rem", "%"}
        ):
            message = f"Between {first.serialize()} and {unit} stands a space, {_LOST}."
            yield "detached-unit", message, first.source_line


def _without_unit(declaration: Declaration) -> Iterator[tuple[str, str, int]]:
    if declaration.name not in SIZES:
        return
    values = [token for token in declaration.value if token.type != "whitespace"]
    if not all(token.type in ("number", "dimension", "percentage") for token in values):
        return
    for token in values:
        if _is_number(token) and getattr(token, "value", 0) != 0:
            text = token.serialize()
            message = f"{declaration.name} needs a unit after {text}, {_LOST}."
            yield "length-without-unit", message, token.source_line
            return


def _is_number(token: Token) -> bool:
    return token.type == "number"
