"""Which SQL files are migrations, in which order they run, and which of them are recent."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from genesis_engineering.files import RepositoryFile

RECENT = 3
REMEMBERED = 10
"""So many of the newest migrations are looked at: what is older has run everywhere."""
_FOLDERS = frozenset(
    {"migrations", "migration", "migrate", "drizzle", "upgrades", "updates", "deltas", "delta",
     "patches", "evolutions", "changes"}
)  # fmt: skip
_NUMBERED_FOLDERS = frozenset(
    {"sql", "db", "database", "schema", "schemas", "up", "versions", "versioned", "ddl"}
)
_ELSEWHERE = frozenset(
    {
        "seed",
        "seeds",
        "seeders",
        "seeding",
        "fixtures",
        "queries",
        "dumps",
        "templates",
        "snapshots",
    }
)
_SQL = re.compile(
    r"\.(?:sql|psql|pgsql|ddl)$|\.sql\.(?:sqlite\d?|postgres(?:ql)?|pg|mysql|mariadb|mssql)$",
    re.IGNORECASE,
)
_FLYWAY = re.compile(r"(?P<kind>[VB])(?P<version>\d+(?:[._]\d+)*)__\S*\.sql", re.IGNORECASE)
_REPEATED = re.compile(r"R__\S*\.sql", re.IGNORECASE)
_UNDO = re.compile(r"U\d+(?:[._]\d+)*__\S*\.sql", re.IGNORECASE)
_NUMBERED = re.compile(
    r"(?P<version>\d{1,14})[_.-]?(?P<rest>[^0-9].*)?\.(?:p?sql|sql\.\w+)", re.IGNORECASE
)
_BACKWARD = re.compile(r"(?:^|[._-])(?:down|undo|rollback|revert)(?:[._-]|$)", re.IGNORECASE)
_BACKWARD_FOLDERS = frozenset({"down", "undo", "rollback", "rollbacks", "revert", "downgrade"})
_VERSION_FOLDER = re.compile(r"v?\d+(?:[._]\d+)*")
_ONE_FILE = frozenset({"migration.sql", "up.sql", "down.sql"})
_DECLARED = re.compile(
    r"drop|remov|delet|clean|truncat|reset|purge|prune|unused|obsolete|deprecat|legacy|squash"
    r"|recreate|rebuild|wipe|clear|replac|merge|narrow|shrink|shorten|get_rid|retire",
    re.IGNORECASE,
)
_DIALECT = re.compile(
    r"sqlite\d?|postgres(?:ql)?|psql|pgsql|pg|mysql|mariadb|mssql|sqlserver|oracle|h2",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Migration:
    """One step forward: `series` is the folder whose files run one after another, those of its
    folders that are called by a version, too. `version` is its number as written, "" where it has
    none, `tool` is flyway, numbered or other."""

    file: RepositoryFile
    series: str
    name: str
    version: str = ""
    tool: str = "other"

    @cached_property
    def order(self) -> tuple[int, tuple[int, ...], str]:
        """Sorts the migrations of a series; what has no number runs last."""
        folder = str(PurePosixPath(self.file.path).parent)[len(self.series) :]
        numbers = tuple(int(part) for part in re.findall(r"\d+", f"{folder} {self.version}")[:8])
        return (not numbers, numbers, self.name)

    @property
    def says_so(self) -> bool:
        """Whether its name announces that something goes."""
        return is_announced(self.name)


def is_announced(name: str) -> bool:
    """Whether the name of a migration says that something is taken away."""
    return _DECLARED.search(name) is not None


def is_sql(path: str) -> bool:
    """Whether a file holds SQL, by its name: `a.sql`, `a.psql`, `a.sql.postgres`."""
    return _SQL.search(path) is not None


def find_series(files: Iterable[RepositoryFile]) -> dict[str, list[Migration]]:
    """The migrations forward among SQL files, by series, in the order in which they run."""
    found: defaultdict[str, list[Migration]] = defaultdict(list)
    sql = [file for file in files if is_sql(file.path)]
    numbered = _folders_with_numbers(sql)
    for file in sql:
        migration = _migration(file, numbered)
        if migration is not None:
            found[migration.series].append(migration)
    return {series: sorted(them, key=lambda one: one.order) for series, them in found.items()}


def is_backward(path: str) -> bool:
    """Whether a file takes a migration back, by its name or folder."""
    pure = PurePosixPath(path)
    folders = {part.lower() for part in pure.parts[:-1]}
    return (
        bool(_BACKWARD.search(pure.stem) or _UNDO.fullmatch(pure.name))
        or not folders.isdisjoint(_BACKWARD_FOLDERS)
    )  # fmt: skip


def duplicates(series: Iterable[Migration]) -> list[tuple[Migration, Migration]]:
    """Pairs of migrations of one folder with the same version, unless they are one for several
    databases. Where numbers are repeated as a matter of course, names settle the order."""
    first: dict[tuple[str, str, PurePosixPath], Migration] = {}
    found = []
    for migration in series:
        if not migration.version:
            continue
        key = (
            migration.tool,
            _normal(migration.version),
            PurePosixPath(migration.file.path).parent,
        )
        known = first.setdefault(key, migration)
        if known is not migration and not _are_variants(known, migration):
            found.append((known, migration))
    refused = [pair for pair in found if is_refused(pair[1])]
    return refused or (found if len(found) == 1 else [])


def is_refused(migration: Migration) -> bool:
    """Whether its tool stops at a version that is there twice: Flyway, golang-migrate."""
    return migration.tool == "flyway" or ".up." in migration.name


def series_folder(folder: PurePosixPath) -> str:
    """The folder around those that are called by a version, such as `delta` of `delta/58`."""
    while _VERSION_FOLDER.fullmatch(folder.name):
        folder = folder.parent
    return str(folder)


def _migration(file: RepositoryFile, numbered: set[str]) -> Migration | None:
    pure = PurePosixPath(file.path)
    folders = [part.lower() for part in pure.parts[:-1]]
    if is_backward(file.path) or not _ELSEWHERE.isdisjoint(folders):
        return None
    folder = series_folder(pure.parent)
    flyway = _FLYWAY.fullmatch(pure.name)
    if flyway is not None:
        return Migration(file, folder, pure.name, flyway["version"], "flyway")
    if _REPEATED.fullmatch(pure.name):
        return None  # what it makes, it makes again
    is_in_folder = not _FOLDERS.isdisjoint(folders)
    if is_in_folder and pure.name.lower() in _ONE_FILE:
        name = pure.parent.name
        stamp = re.match(r"\d+", name)
        series = series_folder(pure.parent.parent)
        return Migration(file, series, name, stamp.group() if stamp else "")
    number = _NUMBERED.fullmatch(pure.name)
    if number is not None and (is_in_folder or str(pure.parent) in numbered):
        return Migration(file, folder, pure.name, number["version"], "numbered")
    return Migration(file, folder, pure.name) if is_in_folder else None


def _folders_with_numbers(files: Iterable[RepositoryFile]) -> set[str]:
    """Folders such as `db` with at least two numbered files."""
    counted: defaultdict[str, int] = defaultdict(int)
    for file in files:
        pure = PurePosixPath(file.path)
        if _NUMBERED.fullmatch(pure.name) and pure.parent.name.lower() in _NUMBERED_FOLDERS:
            counted[str(pure.parent)] += 1
    return {folder for folder, count in counted.items() if count > 1}


def _normal(version: str) -> str:
    return ".".join(str(int(part)) for part in re.findall(r"\d+", version))


def _are_variants(one: Migration, other: Migration) -> bool:
    """Whether the names differ only by a database's name, or by what is said of a direction."""
    names = {re.sub(r"[._-]+|up", "", _DIALECT.sub("", m.name.lower())) for m in (one, other)}
    return len(names) == 1
