"""Selectors and media queries that a browser does not understand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from genesis_engineering.pages.css_blocks import Rule, Token, walk_tokens
from genesis_engineering.pages.css_names import FEATURES, PSEUDO
from genesis_engineering.pages.words import nearest

_QUERIES = frozenset({"media", "container", "import"})
_PLAIN = frozenset({"media", "supports", "layer", "container", "", "document", "scope",
                    "starting-style"})  # fmt: skip
_LOST = "so the whole rule is ignored"


def selector_faults(rule: Rule) -> Iterator[tuple[str, str, int]]:
    """Rule, message and line: `mistyped-feature`, `mistyped-pseudo`, `broken-selector`.

    A single unknown pseudo-class makes browsers drop the rule with all its selectors. Rules inside
    of `@keyframes` and the like have no selectors.
    """
    if rule.keyword in _QUERIES:
        yield from _features(rule)
    if rule.keyword or not set(rule.outer) <= _PLAIN or not rule.prelude:
        return
    yield from _pseudo(rule)
    fault = _broken(rule)
    if fault:
        yield fault


def _features(rule: Rule) -> Iterator[tuple[str, str, int]]:
    for token in rule.prelude:
        if token.type != "() block":
            continue
        inner = [one for one in getattr(token, "content", ()) if one.type != "whitespace"]
        name = getattr(inner[0], "lower_value", "") if inner else ""
        colon = len(inner) > 1 and inner[1].type == "literal" and inner[1].serialize() == ":"
        meant = nearest(name, FEATURES) if colon and name else None
        if meant:
            message = f"({name}: ...) is unknown and never true; {meant} is probably meant."
            yield "mistyped-feature", message, token.source_line


def _pseudo(rule: Rule) -> Iterator[tuple[str, str, int]]:
    tokens = [token for token in walk_tokens(rule.prelude) if token.type != "[] block"]
    for before, token in pairwise(tokens):
        if before.type != "literal" or before.serialize() != ":":
            continue
        name = str(getattr(token, "lower_value", "") or getattr(token, "lower_name", ""))
        meant = nearest(name, PSEUDO) if name and not name.startswith("-") else None
        if meant:
            message = f":{name} is unknown, {_LOST}; {meant} is probably meant."
            yield "mistyped-pseudo", message, token.source_line


def _broken(rule: Rule) -> tuple[str, str, int] | None:
    tokens = [token for token in rule.prelude if token.type not in ("whitespace", "comment")]
    line = tokens[0].source_line if tokens else rule.line
    if any(token.type == "error" for token in tokens) or not tokens:
        return None
    commas = [token.type == "literal" and token.serialize() == "," for token in tokens]
    if commas[0] or commas[-1] or any(a and b for a, b in pairwise(commas)):
        return "broken-selector", f"A comma of the selector has nothing beside it, {_LOST}.", line
    name = _digit_name(tokens)
    if name:
        message = f"{name} starts with a digit, which must be escaped, {_LOST}."
        return "broken-selector", message, line
    return None


def _digit_name(tokens: Sequence[Token]) -> str:
    """A class or an id that starts with a digit: `.2col`, `#3d`; "" where there is none."""
    for token in tokens:
        text = token.serialize()
        if token.type == "hash" and not getattr(token, "is_identifier", True):
            return text
        if token.type in ("dimension", "number") and text.startswith("."):
            return text
    return ""
