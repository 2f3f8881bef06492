"""The tool `sqlite-files`: the repository's own SQLite files, whole or not."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from genesis.contracts import Finding, Omission, Severity, TaskResult, ToolContext

from genesis_engineering.databases.sqlite_probe import MANY_ROWS
from genesis_engineering.databases.sqlite_run import (
    SUFFIXES,
    IndexInfo,
    Probed,
    TableInfo,
    probe_files,
)
from genesis_engineering.files import RepositoryFile, list_files
from genesis_engineering.reporting import count_by_rule, count_of, is_secondary, limit_per_rule

_LIMIT = 10
_CORRUPT = re.compile(
    r"disk image is malformed|invalid rootpage|orphan index|file is not a database", re.IGNORECASE
)
_CONSTRAINT = re.compile(r"^NULL value in|^CHECK constraint failed|^non-\w+ value in")
_ODD_HEADER = re.compile(r"-(?:wal|shm|journal)$")


def check_sqlite_files(context: ToolContext) -> TaskResult:
    """Report SQLite files that are damaged, break their own keys, or have an index too many.

    They are opened read-only in a process of their own, or as a copy when a journal lies beside
    them; nothing but reading is allowed there. Files up to 200 MB, at most 50.
    """
    files = list_files(context.repository)
    probed, omissions = probe_files(context, files)
    leftovers = list(_leftovers(files))
    if not probed and not leftovers and not omissions:
        return TaskResult(summary="There are no SQLite files.")
    findings = [*leftovers, *(finding for one in probed for finding in _check(one))]
    kept, more = limit_per_rule(findings, _LIMIT)
    seen = count_of(len(probed), "SQLite file")
    tables = sum(len(one.probe.tables) for one in probed)
    return TaskResult(
        summary=f"{count_of(len(findings), 'remark')} on {seen} with "
        f"{count_of(tables, 'table')}{', ' + more if more else ''}.",
        findings=kept,
        omissions=(*omissions, *_unchecked(probed)),
        facts={"sqlite-files": dict(count_by_rule(findings))},
    )


def _check(one: Probed) -> Iterator[Finding]:
    is_minor = one.file.is_test or is_secondary(one.file.path)
    for finding in (*_damage(one), *_broken_keys(one)):
        # Such a file may be broken on purpose.
        yield finding.model_copy(update={"severity": Severity.LOW}) if is_minor else finding
    if not is_minor:
        for name, table in one.probe.tables.items():
            yield from _indexes(one.file, name, table)


def _damage(one: Probed) -> Iterator[Finding]:
    probe = one.probe
    told = [*probe.integrity, *(why for why in probe.problems.values() if _CORRUPT.search(why))]
    broken = [message for message in told if not _CONSTRAINT.match(message)]
    constraints = [message for message in told if _CONSTRAINT.match(message)]
    if broken:
        what = "The file is damaged: SQLite's integrity_check complains"
        yield _finding("sqlite-damaged", Severity.HIGH, f"{what}: {broken[0]}", one.file,
                       "PRAGMA integrity_check", broken)  # fmt: skip
    if constraints:
        what = f"Rows break a constraint of their table: {constraints[0]}"
        yield _finding("sqlite-constraint", Severity.MEDIUM, what, one.file,
                       "PRAGMA integrity_check", constraints)  # fmt: skip


def _broken_keys(one: Probed) -> Iterator[Finding]:
    tables = {name.lower(): table for name, table in one.probe.tables.items()}
    missing = set()
    for name, table in one.probe.tables.items():
        for _, target, column, _ in table.foreign_keys:
            if target.lower() not in tables and (name, target) not in missing:
                missing.add((name, target))
                what = f"{name} ({column}) refers to the table {target}, which is not there"
                yield _finding("foreign-key-to-nothing", Severity.MEDIUM, what, one.file,
                               f"PRAGMA foreign_key_list({name})", [])  # fmt: skip
    for name, target, count, row in one.probe.foreign_keys:
        if (name, target) in missing:
            continue
        if row is None and not count:
            what = f"A foreign key of {name} can never hold: {target}"
            yield _finding("foreign-key-to-nothing", Severity.MEDIUM, what, one.file,
                           f"PRAGMA foreign_key_check({name})", [target])  # fmt: skip
            continue
        rows = f"{count_of(count, 'row')} of {name} {'points' if count == 1 else 'point'}"
        what = f"{rows} to a row of {target} that is not there"
        first = [f"the first one has rowid {row}"] if row is not None else []
        yield _finding("foreign-key-violated", Severity.MEDIUM, what, one.file,
                       f"PRAGMA foreign_key_check({name})", first)  # fmt: skip


def _indexes(file: RepositoryFile, name: str, table: TableInfo) -> Iterator[Finding]:
    for index in table.indexes:
        wider = _that_covers(index, table)
        if wider:
            what = f"The index {index.name} of {name} is the beginning of {wider}: it costs each "
            yield _finding("redundant-index", Severity.LOW, f"{what}write and speeds up no query",
                           file, f"PRAGMA index_list({name})", [])  # fmt: skip
    firsts = {(index.columns[0][0] or "").lower() for index in table.indexes if index.columns}
    firsts |= {column.lower() for column, _, key in table.columns if key == 1}
    for number, target, column, _ in table.foreign_keys:
        is_first = column == next(c for n, _, c, _ in table.foreign_keys if n == number)
        if is_first and column.lower() not in firsts:
            is_large = (table.rows or 0) >= MANY_ROWS
            size = f"all of its {MANY_ROWS:,} and more rows" if is_large else "the whole table"
            what = f"No index starts with {name} ({column}): each row that is deleted from {target}"
            yield _finding(
                "foreign-key-without-index", Severity.MEDIUM if is_large else Severity.LOW,
                f"{what} reads {size}", file, f"PRAGMA index_list({name})", [],
            )  # fmt: skip


def _that_covers(index: IndexInfo, table: TableInfo) -> str:
    """The index or key that does all that a plain index does, "" where it is needed."""
    columns = index.columns
    if index.origin != "c" or index.unique or index.partial or any(c[0] is None for c in columns):
        return ""
    for other in table.indexes:
        is_wider = other.columns[: len(columns)] == columns and not other.partial
        is_same = other.columns == columns and not other.unique and other.origin == "c"
        if other is not index and is_wider and not (is_same and other.name > index.name):
            return other.name if other.origin == "c" else "a key of the table"
    keys = [(name, kind) for name, kind, key in table.columns if key]
    is_row_number = len(keys) == 1 and keys[0][1].upper() == "INTEGER" and not table.without_rowid
    if is_row_number and [c[0] for c in columns] == [keys[0][0]]:
        return "the primary key"
    return ""


def _leftovers(files: Sequence[RepositoryFile]) -> Iterator[Finding]:
    """Journals that were kept with a database: what a program had not yet written back."""
    paths = {file.path for file in files}
    for file in files:
        owner = _ODD_HEADER.sub("", file.path)
        is_database = "." + owner.rpartition(".")[2].lower() in SUFFIXES
        if owner != file.path and is_database and owner in paths and not file.is_test:
            what = "A journal of a running program was kept with the database"
            yield _finding("sqlite-leftover", Severity.LOW, what, file, "", [])


def _unchecked(probed: Sequence[Probed]) -> Iterator[Omission]:
    for one in probed:
        for check, why in one.probe.problems.items():
            if not _CORRUPT.search(why):
                what = f"{check.replace('_', ' ')} of {one.file.path}"
                yield Omission(what=what[:500], reason=why)


def _finding(
    rule: str, severity: Severity, what: str, file: RepositoryFile, ask: str, evidence: list[str]
) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        message=f"{what}."[:2000],
        file=file.path,
        evidence="\n".join(evidence)[:2000],
        check=(f"sqlite3 -readonly {shlex.quote(file.path)} {shlex.quote(ask)}" if ask
               else f"git ls-files -- {shlex.quote(file.path)}")[:1000],
    )  # fmt: skip
