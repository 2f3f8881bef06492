"""Where a piece of PHP ends: `?>` in a string or a comment of several lines does not end it."""

from __future__ import annotations

import re

_START = re.compile(
    r"\?>|//|#(?!\[)|/\*|['\"]|<<<[ \t]*(?P<mark>['\"]?)(?P<word>[A-Za-z_]\w*)(?P=mark)\n"
)
_LINE_END = re.compile(r"\n|(?=\?>)")
_ENDS = {
    "'": re.compile(r"(?:[^'\\]|\\.)*+'", re.DOTALL),
    '"': re.compile(r'(?:[^"\\]|\\.)*+"', re.DOTALL),
}


def end_of_php(text: str, start: int, absent: set[str]) -> int:
    """The offset after the `?>` that ends the PHP whose code begins at `start`; -1 without one.

    Strings, heredocs and comments as the language reference of PHP has them. What is opened and
    never closed is taken for no string; `absent` notes it, so that a text is searched only once.
    """
    position = start
    while found := _START.search(text, position):
        if found[0] == "?>":
            return found.end()
        kind = found[0] if not found["word"] else "<<<"
        end = -1 if kind in absent else _end_of(text, found)
        if end < 0:
            absent.add(kind)
        position = end if end >= 0 else found.end()
    return -1


def _end_of(text: str, found: re.Match[str]) -> int:
    """The offset after a string or comment, -1 where nothing ends it."""
    if found["word"]:
        close = re.compile(rf"\n[ \t]*{found['word']}\b").search(text, found.end() - 1)
    elif found[0] in _ENDS:
        close = _ENDS[found[0]].match(text, found.end())
    elif found[0] == "/*":
        end = text.find("*/", found.end())
        return end + 2 if end >= 0 else -1
    else:
        close = _LINE_END.search(text, found.end())
    return close.end() if close else -1
