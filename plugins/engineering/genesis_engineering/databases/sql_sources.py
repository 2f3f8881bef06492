"""The repository's own SQL files: read, cut into statements, and put together to schemas."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from genesis_engineering.databases.course import Parsed
from genesis_engineering.databases.defining import define
from genesis_engineering.databases.dialects import guess_dialect, parse
from genesis_engineering.databases.migrations import Migration, find_series, is_backward, is_sql
from genesis_engineering.databases.model import Schema
from genesis_engineering.databases.statements import split_statements
from genesis_engineering.files import RepositoryFile

# Rows of a dump are not worth a tree; nor is what only reads.
_WORTH_A_TREE = re.compile(r"CREATE|ALTER|DROP|TRUNCATE|DELETE|UPDATE|RENAME")
_MOST_TREES = 3_000


@dataclass
class SqlFile:
    """One file with its statements; `migration` is None where it is none. `unread` counts the
    definitions that were not understood."""

    file: RepositoryFile
    text: str
    dialect: str
    statements: list[Parsed]
    migration: Migration | None
    unread: int = 0

    @property
    def path(self) -> str:
        return self.file.path


@dataclass
class SqlSources:
    """All of them: each series in its order, and files that stand alone; `left` are files for
    which no time was left."""

    series: dict[str, list[SqlFile]] = field(default_factory=dict)
    alone: list[SqlFile] = field(default_factory=list)
    left: int = 0

    @property
    def files(self) -> list[SqlFile]:
        return [file for them in self.series.values() for file in them] + self.alone

    def schema(self) -> Schema:
        """What all files together define."""
        whole = Schema()
        for group in [*self.series.values(), *_by_folder(self.alone)]:
            own = Schema()
            for file in group:
                apply(own, file)
            whole.add(own)
        return whole


def apply(schema: Schema, file: SqlFile) -> None:
    """Carry out the definitions of a file."""
    for statement, tree in file.statements:
        define(schema, statement, tree, file.path)


def read_sql(files: Iterable[RepositoryFile], has_time: Callable[[], bool]) -> SqlSources:
    """Read the SQL files that are no tests and take nothing back."""
    own = [f for f in files if is_sql(f.path) and not f.is_test and not is_backward(f.path)]
    series = find_series(own)
    texts = {file.path: file.read_text() or "" for file in own}
    dialects = _dialects(own, texts)
    sources = SqlSources()
    in_series = {m.file.path: m for them in series.values() for m in them}
    ordered = [m.file for them in series.values() for m in them]
    for file in ordered + [file for file in own if file.path not in in_series]:
        if not has_time():
            sources.left += 1
            continue
        migration = in_series.get(file.path)
        read = _read(file, texts[file.path], dialects[file.path], migration)
        if migration is None:
            sources.alone.append(read)
        else:
            sources.series.setdefault(migration.series, []).append(read)
    return sources


def _read(file: RepositoryFile, text: str, dialect: str, migration: Migration | None) -> SqlFile:
    statements: list[Parsed] = []
    unread = trees = 0
    for statement in split_statements(text):
        is_worth = _WORTH_A_TREE.match(statement.head) is not None and not statement.is_routine
        tree = parse(statement, dialect) if is_worth and trees < _MOST_TREES else None
        trees += is_worth
        unread += is_worth and tree is None
        statements.append((statement, tree))
    return SqlFile(file, text, dialect, statements, migration, unread)


def _dialects(files: Sequence[RepositoryFile], texts: dict[str, str]) -> dict[str, str]:
    """The dialect of each file: its own, or the one that the others of its folder tell."""
    own = {file.path: guess_dialect(file.path, texts[file.path][:200_000]) for file in files}
    folders: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for path, dialect in own.items():
        folders[_series_folder(path)][dialect] += bool(dialect)
    found = {}
    for path, dialect in own.items():
        told = [name for name, count in folders[_series_folder(path)].items() if count]
        found[path] = dialect or (told[0] if len(told) == 1 else "")
    return found


def _series_folder(path: str) -> str:
    pure = PurePosixPath(path)
    return str(pure.parent.parent if pure.name in ("migration.sql", "up.sql") else pure.parent)


def _by_folder(files: Iterable[SqlFile]) -> list[list[SqlFile]]:
    folders: defaultdict[str, list[SqlFile]] = defaultdict(list)
    for file in files:
        folders[str(PurePosixPath(file.path).parent)].append(file)
    return list(folders.values())
