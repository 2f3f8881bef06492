"""Bring messages that differ only in their values to one template."""

from __future__ import annotations

import re

_LONGEST = 500
_LONGEST_MESSAGE = 2000
_QUOTED = re.compile(r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)")
# Within a word: none of them reaches over a space.
_RULES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b", "<uuid>"),
        (r"\b[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>]+", "<url>"),
        (r"(?<![\w/<])(?:~|\.{1,2}|[A-Za-z]:)?[/\\][\w.@+~-]+(?:[/\\][\w.@+~-]+)+", "<path>"),
        (r"\b0[xX][0-9a-fA-F]+\b", "<hex>"),
        (r"\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{8,}\b", "<hex>"),
        # letters and digits by turns, as ids have them
        (r"(?<![A-Za-z0-9<])(?:\d+[A-Za-z]+\d|[A-Za-z]+\d+[A-Za-z])[A-Za-z0-9]+", "<id>"),
        (r"\d+(?:[.,:]\d+)*", "<n>"),
    )
)
_MOST_KEPT = 100_000
_kept: dict[str, str] = {}
_LONGEST_KEPT = 100


def to_template(message: str) -> str:
    """The message with ids, URLs, quoted texts, paths and numbers replaced, at most 500 characters.

    Two messages that differ only in digits of the same places have one template.
    """
    return " ".join(mask_words(message))[:_LONGEST]


def mask_words(message: str) -> list[str]:
    """The words of a message (of its first 2,000 characters), each with its values replaced."""
    text = message[:_LONGEST_MESSAGE]
    if '"' in text or "'" in text:
        text = _QUOTED.sub("<text>", text)
    masked = []
    for word in text.split():
        known = _kept.get(word)
        if known is None:
            known = word if word.isalpha() else _mask(word)
            if len(word) <= _LONGEST_KEPT:
                if len(_kept) >= _MOST_KEPT:
                    _kept.clear()
                _kept[word] = known
        masked.append(known)
    return masked


def _mask(word: str) -> str:
    if word.isdecimal():
        return "<n>"
    for pattern, replacement in _RULES:
        word = pattern.sub(replacement, word)
    return word
