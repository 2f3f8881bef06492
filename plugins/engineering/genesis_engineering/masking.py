"""Hide what may be a secret in text that is quoted as evidence."""

from __future__ import annotations

import re

SHOWN = 4
_MASK = "****"
# A long run of letters and digits, as keys and tokens are; words and paths have no such mixture.
_LONG_TOKEN = re.compile(r"[A-Za-z0-9+=_-]{20,}")
_URL_PASSWORD = re.compile(r"(://[^\s:/@]*:)([^\s/@]+)(?=@)")
_NAMED = re.compile(
    r"((?:passw(?:or)?d|passwd|pwd|secret|token|api[_-]?key|authorization)[\"']?\s*[=:]\s*"
    r"(?:Bearer\s+|Basic\s+)?[\"']?)([^\s\"',;&]{4,})",
    re.IGNORECASE,
)


def mask(secret: str) -> str:
    """The first four characters and stars; a secret of less than 12 characters is hidden whole."""
    return (secret[:SHOWN] if len(secret) >= 12 else "") + _MASK


def mask_text(text: str) -> str:
    """The text with passwords in URLs, named secrets and long random-looking runs masked."""
    text = _URL_PASSWORD.sub(lambda found: found[1] + mask(found[2]), text)
    text = _NAMED.sub(lambda found: found[1] + mask(found[2]), text)
    return _LONG_TOKEN.sub(lambda found: mask(found[0]) if _is_random(found[0]) else found[0], text)


def _is_random(run: str) -> bool:
    digits = sum(character.isdigit() for character in run)
    return 3 <= digits < len(run)
