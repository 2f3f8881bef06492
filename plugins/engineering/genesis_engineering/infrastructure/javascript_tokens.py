"""A lexer for JavaScript and TypeScript, exact enough to tell code from comments and texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What a `/` follows when it divides; after anything else it starts a regular expression.
_VALUE_END = re.compile(r"[\w$)\]}\"'`]$")
_KEYWORDS = frozenset(
    {"return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "do", "else",
     "instanceof", "yield", "await"}
)  # fmt: skip
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<comment>//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z))"
    r"|(?P<text>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    r"|(?P<word>[A-Za-z_$#][\w$]*)"
    r"|(?P<number>\d[\w.]*)"
    r"|(?P<mark>.)",
    re.DOTALL,
)
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.){0,500}\]){1,1000}/[a-z]*")
_TEMPLATE = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*", re.DOTALL)


@dataclass(frozen=True)
class Token:
    """`kind` is word, text (without quotes), mark or number; `line` counts from 1."""

    kind: str
    value: str
    line: int


def tokens_of(text: str) -> Iterator[Token]:
    """The tokens of a program, without comments, regular expressions and template texts.

    What stands in `${}` of a template is program text again. A quote without its partner on the
    same line, as in the text of JSX, is taken as a mark. Takes time linear in the text.
    """
    position, line, previous = 0, 1, ""
    templates: list[int] = []
    while position < len(text):
        start = position
        if text[position] == "`" or (text[position] == "}" and templates and not templates[-1]):
            if text[position] == "}":
                templates.pop()
            position = _TEMPLATE.match(text, position + 1).end()  # type: ignore[union-attr]
            if text.startswith("${", position):
                templates.append(0)
                position += 2
                previous = "{"
            else:
                position += 1
                previous = "`"
        elif text[position] == "/" and _is_regex(text, position, previous):
            position = _REGEX.match(text, position).end()  # type: ignore[union-attr]
            previous = ")"
        else:
            match = _TOKEN.match(text, position)
            assert match is not None, "the last alternative matches any character"
            position = match.end()
            kind, value = str(match.lastgroup), match[0]
            if templates and value in "{}":
                templates[-1] += 1 if value == "{" else -1
            if kind not in ("space", "comment"):
                yield Token(kind, value[1:-1] if kind == "text" else value, line)
                previous = value
        line += text.count("\n", start, position)


def _is_regex(text: str, position: int, previous: str) -> bool:
    if previous and _VALUE_END.search(previous) and previous not in _KEYWORDS:
        return False
    return _REGEX.match(text, position) is not None
