"""Cut a SQL file into statements, whatever program it was written for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

# Where one line says that what follows undoes the migration: goose, dbmate, sql-migrate, MyBatis.
_DOWN = re.compile(
    r"\s*--\s*(?:\+\s*(?:goose|migrate|micrate)\s+down|migrate:down|//\s*@undo|\+\s*down)\b",
    re.IGNORECASE,
)
_UP = re.compile(
    r"\s*--\s*(?:\+\s*(?:goose|migrate|micrate)\s+up|migrate:up|\+\s*up)\b", re.IGNORECASE
)
_COPY = re.compile(r"\s*COPY\b.*\bFROM\s+stdin\b", re.IGNORECASE)
_BATCH_END = re.compile(r"\s*(?:GO|/)\s*(?:--.*)?$", re.IGNORECASE)
_DELIMITER = re.compile(r"\s*DELIMITER\s+(\S+)\s*$", re.IGNORECASE)
_END_OF_BATCH = "\f"
# `[^\\]` and `\\.` exclude each other: no input makes these try twice.
_TOKEN = re.compile(
    r"--[^\n]*|^\#[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)"
    r"|'[^']*(?:'|\Z)|\"[^\"]*(?:\"|\Z)|`[^`]*(?:`|\Z)"
    r"|\$(?:[A-Za-z_]\w*)?\$|;|\f|\b(?:BEGIN|CASE|END)\b(?:\s+(?:IF|LOOP|WHILE|REPEAT)\b)?",
    re.IGNORECASE | re.MULTILINE,
)
_ESCAPED = re.compile(_TOKEN.pattern.replace("'[^']*(?:'|", r"'(?:[^'\\]|\\.)*(?:'|"), _TOKEN.flags)
# A block of a procedure: its semicolons end no statement of the file.
_ROUTINE = re.compile(
    r"CREATE\s+(?:OR\s+(?:REPLACE|ALTER)\s+)?(?:DEFINER\s*=\s*\S+\s+)?(?:TEMP\w*\s+)?(?:CONSTRAINT\s+)?"
    r"(?:TRIGGER|FUNCTION|PROC|EVENT|PACKAGE|TYPE\s+BODY)|ALTER\s+PROC|DECLARE\b|DO\b|IF\b|WHILE\b"
    r"|BEGIN\b(?!\s*(?:;|\Z|TRAN|WORK|IMMEDIATE|EXCLUSIVE|DEFERRED|ISOLATION))",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"(?:\s|--[^\n]*(?:\n|\Z)|^\#[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z))*", re.MULTILINE
)
_TEMPLATE = re.compile(r"\{\{|\{%|\$\{|<%|\{\w*\}|%\(|%s\b|@\w+@|\$\(\w+\)|&&?\w+\.")


@dataclass(frozen=True)
class Statement:
    """One statement without its semicolon; `line` is that of its first word, from 1."""

    text: str
    line: int

    @cached_property
    def head(self) -> str:
        """The first three words in capitals, such as `CREATE UNIQUE INDEX`."""
        return " ".join(re.findall(r"\w+", self.text[:200])[:3]).upper()

    @property
    def is_routine(self) -> bool:
        """Whether it is a trigger, a procedure or a block: what it does happens later, or maybe."""
        return _ROUTINE.match(self.text) is not None

    @property
    def is_template(self) -> bool:
        """Whether something fills in a part of it before it is SQL."""
        return _TEMPLATE.search(self.text) is not None

    def line_of(self, offset: int) -> int:
        """The line in the file of a place in the text."""
        return self.line + self.text.count("\n", 0, offset)


def split_statements(text: str) -> Iterator[Statement]:
    """The statements that run forward: neither what undoes a migration, nor data of COPY, nor
    procedures between DELIMITER lines. Time grows with the length of the text only.
    """
    text = _without_other_lines(text)
    tokens = _ESCAPED if "\\'" in text else _TOKEN
    position, start, depth, line, counted = 0, 0, 0, 1, 0
    is_routine: bool | None = None
    while (found := tokens.search(text, position)) is not None:
        position = found.end()
        mark = found.group().upper()
        if mark[0] == "$":
            close = text.find(found.group(), position)
            position = len(text) if close < 0 else close + len(mark)
        elif mark[0] in "BCE":
            is_routine = _is_routine(text, start) if is_routine is None else is_routine
            depth = max(0, depth + _step(mark)) if is_routine else 0
        elif mark == _END_OF_BATCH or (mark == ";" and depth == 0):
            line += text.count("\n", counted, start)
            counted = start
            yield from _statement(text[start : found.start()], line)
            start, depth, is_routine = position, 0, None
    yield from _statement(text[start:], line + text.count("\n", counted, start))


def _step(word: str) -> int:
    """How much deeper a word leads into blocks; `END IF` closes none that is counted."""
    if word.startswith("END"):
        return -1 if word == "END" else 0
    return 1


def _is_routine(text: str, start: int) -> bool:
    leading = _LEADING.match(text, start)
    return _ROUTINE.match(text, leading.end() if leading else start) is not None


def _statement(text: str, line: int) -> Iterator[Statement]:
    leading = _LEADING.match(text)
    begin = leading.end() if leading else 0
    body = text[begin:].rstrip()
    if body:
        yield Statement(body, line + text.count("\n", 0, begin))


def _without_other_lines(text: str) -> str:
    """The text with as many lines, those emptied that are no SQL to run forward."""
    kept = []
    until = ""
    for line in text.replace(_END_OF_BATCH, " ").split("\n"):
        delimiter = _DELIMITER.match(line)
        if until == "up":
            until = "" if _UP.match(line) else until
            kept.append("")
        elif until:
            ended = line.strip() == until or (delimiter is not None and delimiter.group(1) == ";")
            until = "" if ended else until
            kept.append("")
        elif _DOWN.match(line):
            until = "up"
            kept.append("")
        elif _COPY.match(line):
            until = r"\."
            kept.append("")
        elif delimiter is not None:
            until = "" if delimiter.group(1) == ";" else "DELIMITER ;"
            kept.append("")
        elif _BATCH_END.match(line):
            kept.append(_END_OF_BATCH)
        else:
            kept.append("" if line.startswith("\\") else line)
    return "\n".join(kept)
