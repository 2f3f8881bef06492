"""Bring messages that differ only in their values to one template."""

from __future__ import annotations

import re

_LONGEST = 500
_RULES = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b", "<uuid>"),
        (r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>]+", "<url>"),
        (r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)", "<text>"),
        (r"(?<![\w/<])(?:~|\.{1,2}|[A-Za-z]:)?[/\\][\w.@+~-]+(?:[/\\][\w.@+~-]+)+", "<path>"),
        (r"\b0[xX][0-9a-fA-F]+\b", "<hex>"),
        (r"\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{8,}\b", "<hex>"),
        (r"\d+(?:[.,:]\d+)*", "<n>"),
        (r"\s+", " "),
    )
)


def to_template(message: str) -> str:
    """The message with ids, URLs, quoted texts, paths and numbers replaced, at most 500 characters.

    Two messages that differ only in digits of the same places have one template.
    """
    template = message[: 4 * _LONGEST]
    for pattern, replacement in _RULES:
        template = pattern.sub(replacement, template)
    return template.strip()[:_LONGEST]
