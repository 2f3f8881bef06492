"""Steps forward in migrations that are programs: Rails (Ruby) and knex or Sequelize (JavaScript).

They are read line by line: only calls that are written out on one line are seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from genesis_engineering.databases.course import Course, Step
from genesis_engineering.databases.model import Schema

_RAILS_FOLDER = re.compile(r"(?:^|/)db/(?:\w+_)?migrate/[^/]+\.rb$")
_JAVASCRIPT = re.compile(r"(?:^|/)migrations?/(?:[^/]+/)*[^/]+\.(?:js|cjs|mjs|ts)$")
_RAILS_FORWARD = re.compile(r"\s*def\s+(?:self\.)?(?:up|change)\b")
_RAILS_OTHER = re.compile(r"\s*(?:def\s|dir\.down\b|\w+\.down\s+do)")
_SCRIPT_FORWARD = re.compile(
    r"(?:exports\.up\b|\bfunction\s+up\b|\bconst\s+up\b|^\s*(?:async\s+)?up\s*[(:=]|public\s+async\s+up\b)"
)
_SCRIPT_OTHER = re.compile(
    r"(?:exports\.down\b|\bfunction\s+down\b|\bconst\s+down\b|^\s*(?:async\s+)?down\s*[(:=]"
    r"|public\s+async\s+down\b)"
)
_NAME = r"\s*\(?\s*[:'\"`]+(\w+)['\"`]?"
_MADE = re.compile(rf"\b(?:create_table|create_join_table|createTable){_NAME}")
_RAILS_TABLE = re.compile(rf"^\s*drop_table{_NAME}(?!.*\bdo\b)")
_RAILS_COLUMN = re.compile(rf"^\s*remove_columns?{_NAME}\s*,\s*[:'\"](\w+)")
_RAILS_ADD = re.compile(rf"^\s*add_column{_NAME}\s*,\s*[:'\"](\w+)(.*)")
_NOT_NULL = re.compile(r"\bnull(?::|\s*=>)\s*false\b")
_SCRIPT_TABLE = re.compile(rf"\.dropTable(?:IfExists)?{_NAME}")
_SCRIPT_COLUMN = re.compile(r"\.dropColumn\s*\(\s*['\"`](\w+)")
_SEQUELIZE_COLUMN = re.compile(rf"\.removeColumn{_NAME}\s*,\s*['\"`](\w+)")


def is_script_migration(path: str) -> bool:
    """Whether a file is a migration of Rails, or one in JavaScript."""
    return bool(_RAILS_FOLDER.search(path) or _JAVASCRIPT.search(path))


def find_script_steps(path: str, text: str) -> Iterator[Step]:
    """The steps forward of one migration."""
    is_ruby = PurePosixPath(path).suffix == ".rb"
    course = Course(Schema())
    for number, line in _forward_lines(text, is_ruby=is_ruby):
        made = _MADE.search(line)
        if made is not None:
            course.made.add(made.group(1))
        yield from _ruby(line, number, course) if is_ruby else _script(line, number, course)


def _forward_lines(text: str, *, is_ruby: bool) -> Iterator[tuple[int, str]]:
    """The lines of what runs forward, from 1, without comments that fill a line."""
    forward = _RAILS_FORWARD if is_ruby else _SCRIPT_FORWARD
    other = _RAILS_OTHER if is_ruby else _SCRIPT_OTHER
    is_forward = False
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > 1000 or re.match(r"\s*(?:#|//|\*|/\*)", line):
            continue
        if forward.search(line):
            is_forward = True
        elif other.search(line):
            is_forward = False
        if is_forward:
            yield number, line


def _ruby(line: str, number: int, course: Course) -> Iterator[Step]:
    dropped, removed, added = (p.match(line) for p in (_RAILS_TABLE, _RAILS_COLUMN, _RAILS_ADD))
    if dropped and not course.is_own(dropped.group(1)):
        yield Step("drop-table", number, f"the table {dropped.group(1)} and its rows are dropped")
    if removed and not course.is_own_column(*removed.groups()):
        yield Step("drop-column", number, f"the column {'.'.join(removed.groups())} is dropped")
    if added:
        table, column, options = added.groups()
        course.added.add((table, column))
        if _NOT_NULL.search(options) and "default" not in options and table not in course.made:
            what = f"the column {table}.{column} is added with null: false and without a default"
            yield Step("not-null-without-default", number, what)


def _script(line: str, number: int, course: Course) -> Iterator[Step]:
    table, column = _SCRIPT_TABLE.search(line), _SCRIPT_COLUMN.search(line)
    removed = _SEQUELIZE_COLUMN.search(line)
    if table and not course.is_own(table.group(1)):
        yield Step("drop-table", number, f"the table {table.group(1)} and its rows are dropped")
    if column and not course.is_own_column("", column.group(1)):
        yield Step("drop-column", number, f"the column {column.group(1)} is dropped")
    if removed and not course.is_own_column(*removed.groups()):
        yield Step("drop-column", number, f"the column {'.'.join(removed.groups())} is dropped")
