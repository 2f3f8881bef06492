"""Comments that suppress: `genesis: ignore[rule]` on the line, or on a line of its own above it."""

from __future__ import annotations

import re

from genesis.contracts import Finding

from genesis_engineering.judgement.meanings import meaning_of
from genesis_engineering.judgement.places import Places

_LONGEST_LINE = 10_000
# Without rules in brackets it says nothing: who reads it later must see what was meant.
_MARKER = re.compile(r"\bgenesis:[ \t]*ignore\[([^\]]{1,500})\](.*)")
# Nothing but the signs of a comment before it, in whatever language; `rem` is BASIC's.
_OWN_LINE = re.compile(r"[\W_]*(?:rem\b\s*)?$", re.IGNORECASE)
_OPENING = re.compile(r"(?:#|//|/\*+|--|<!--|;|%|\{#|\"|\brem\b)\s*$", re.IGNORECASE)
_CLOSING = re.compile(r"(?:\*+/|-->|#\}|\*\))\s*$")


def commented_reason(finding: Finding, places: Places) -> str | None:
    """What the comment says behind its rules, if one suppresses the finding ("" for nothing);
    None if none does."""
    place = places.of(finding)
    if place is None:
        return None
    found = _marker(place.text)
    if found is not None and _names(found, finding.rule):
        return _reason(found)
    above = _marker(place.above)
    if above is not None and _names(above, finding.rule):
        return _reason(above) if _OWN_LINE.match(place.above[: above.start()]) else None
    return None


def without_marker(line: str) -> str:
    """The line as it was before such a comment was written behind it."""
    found = _marker(line)
    if found is None:
        return line
    return _OPENING.sub("", line[: found.start()])


def _marker(line: str) -> re.Match[str] | None:
    return _MARKER.search(line) if len(line) <= _LONGEST_LINE else None


def _names(found: re.Match[str], rule: str) -> bool:
    named = {name.strip() for name in found[1].split(",")}
    return rule in named or meaning_of(rule) in {meaning_of(name) for name in named}


def _reason(found: re.Match[str]) -> str:
    return _CLOSING.sub("", found[2]).strip(" \t:-—")[:500]
