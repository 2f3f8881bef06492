"""Names that are one slip of the finger away from a known one."""

from __future__ import annotations

from collections.abc import Collection

_SHORTEST = 4


def nearest(word: str, known: Collection[str]) -> str | None:
    """The one known name that a single slip turns into `word`; None for none, or for several.

    A slip is a letter too many, too few, wrong, or two neighbours swapped (Damerau's four kinds).
    Words shorter than four letters are never taken for slips, nor is a known one.
    """
    if len(word) < _SHORTEST or word in known:
        return None
    found = [name for name in known if len(name) >= _SHORTEST and is_slip(word, name)]
    return found[0] if len(found) == 1 else None


def is_slip(word: str, name: str) -> bool:
    """Whether exactly one slip separates the two words."""
    if word == name or abs(len(word) - len(name)) > 1:
        return False
    start = 0
    while start < min(len(word), len(name)) and word[start] == name[start]:
        start += 1
    left, right = word[start:], name[start:]
    if len(left) == len(right):
        swapped = len(left) >= 2 and left[:2] == right[1::-1] and left[2:] == right[2:]
        return left[1:] == right[1:] or swapped
    return left[1:] == right if len(left) > len(right) else left == right[1:]
