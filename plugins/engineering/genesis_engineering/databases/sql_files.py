"""The tool `sql-files`: SQL files and migrations, and what they do to the data that is there."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from genesis.contracts import Confidence, Finding, Omission, Severity, TaskResult, ToolContext

from genesis_engineering.databases.course import course_of
from genesis_engineering.databases.foreign_keys import check_indexes, check_targets
from genesis_engineering.databases.migrations import (
    Migration,
    duplicates,
    is_announced,
    is_refused,
    is_sql,
)
from genesis_engineering.databases.model import Schema
from genesis_engineering.databases.program_migrations import check_programs, read_programs
from genesis_engineering.databases.sql_sources import SqlFile, SqlSources, apply, read_sql
from genesis_engineering.databases.step_findings import judge_step
from genesis_engineering.databases.steps import find_steps
from genesis_engineering.databases.syntax import find_mistakes
from genesis_engineering.files import MAX_BYTES, RepositoryFile, list_files
from genesis_engineering.reporting import (
    count_by_rule,
    count_of,
    is_secondary,
    limit_per_rule,
    line_at,
)

_LIMIT = 10
_SPARE_SECONDS = 5.0
_MOST_CHECKED = 500
_TELLS_OF_TABLES = frozenset(
    {".sql", ".py", ".js", ".ts", ".mjs", ".cjs", ".rb", ".go", ".rs", ".java", ".kt", ".php",
     ".cs", ".xml", ".prisma", ".ex", ".exs", ".yml", ".yaml", ".scala", ".sh", ".tf"}
)  # fmt: skip
_DATA_FOLDERS = frozenset({"seed", "seeds", "seeders", "fixtures", "dumps"})


def check_sql_files(context: ToolContext) -> TaskResult:
    """Report what SQL files and migrations break, lose or lack.

    Migrations are SQL of any tool, and those of Alembic, Django, Rails, knex and Sequelize. Only
    what runs forward counts; tests are left out. At most 10 findings per rule are listed.
    """
    files = list_files(context.repository)
    sources = read_sql(files, lambda: context.seconds_left > _SPARE_SECONDS)
    context.progress(0.5, f"read {count_of(len(sources.files), 'SQL file')}")
    programs = read_programs(files)
    total = len(sources.files) + programs.count
    if not total:
        return TaskResult(summary="There are no SQL files and no migrations.")
    findings = [*_check_sql(sources, context), *check_programs(programs)]
    schema = sources.schema()
    # Read once, and only when something is missing.
    mentions = functools.cache(lambda: list(_texts(files, sources)))
    findings += check_targets(schema, mentions)
    mysql = {file.path for file in sources.files if file.dialect == "mysql"}
    # MySQL makes an index for each foreign key itself.
    findings += [one for one in check_indexes(schema, mentions) if one.file not in mysql]
    findings = [_in_its_place(one) for one in findings]
    kept, more = limit_per_rule(findings, _LIMIT)
    seen = count_of(total, "SQL file or migration", "SQL files and migrations")
    what = f"{count_of(len(findings), 'remark')} on {seen}"
    return TaskResult(
        summary=f"{what}{', ' + more if more else ''}.",
        findings=kept,
        omissions=tuple(_omissions(files, sources)),
        facts={"sql-files": dict(count_by_rule(findings)), "tables": len(schema.tables)},
    )


def _check_sql(sources: SqlSources, context: ToolContext) -> Iterator[Finding]:
    for series in sources.series.values():
        yield from _same_versions(series)
        schema = Schema()
        for after, file in zip(reversed(range(len(series))), series, strict=True):
            yield from _steps(file, schema, after)
            apply(schema, file)
    for file in sources.alone:
        yield from _rows_lost(file)
    for place, file in enumerate(sources.files):
        if context.seconds_left < _SPARE_SECONDS:
            break
        if place % 20 == 0:
            context.progress(0.5 + 0.4 * place / len(sources.files), f"checking {file.path}")
        yield from _mistakes(file)


def _steps(file: SqlFile, before: Schema, after: int) -> Iterator[Finding]:
    course = course_of(file.statements, before, file.dialect)
    says_so = file.migration is not None and file.migration.says_so
    for step in find_steps(file.statements, course):
        finding = judge_step(step, file.path, file.text, after=after, is_announced=says_so)
        if finding is not None:
            yield finding


def _rows_lost(file: SqlFile) -> Iterator[Finding]:
    """Rows that a script changes or removes without WHERE; its name may say that it is meant."""
    pure = PurePosixPath(file.path)
    if is_announced(pure.name) or not _DATA_FOLDERS.isdisjoint(pure.parts):
        return
    course = course_of(file.statements, Schema(), file.dialect)
    for step in find_steps(file.statements, course):
        if step.rule in ("delete-all-rows", "update-all-rows"):
            yield from filter(
                None, [judge_step(step, file.path, file.text, after=0, is_announced=True)]
            )


def _mistakes(file: SqlFile) -> Iterator[Finding]:
    """Statements that cannot be read, in a file of which the rest can: no other language."""
    found = [
        (line, what)
        for statement, _ in file.statements[:_MOST_CHECKED]
        for line, what in find_mistakes(statement, file.dialect)
    ]
    if len(found) > max(1, len(file.statements) // 2):
        return
    for line, what in found:
        yield Finding(
            rule="sql-syntax",
            severity=Severity.MEDIUM,
            message=f"No database reads this statement: {what}.",
            file=file.path,
            line=line,
            evidence=line_at(file.text, line),
            check=f"sqlite3 :memory: < {shlex.quote(file.path)}"[:1000],
        )


def _same_versions(series: Sequence[SqlFile]) -> Iterator[Finding]:
    migrations = [file.migration for file in series if file.migration is not None]
    for first, second in duplicates(migrations):
        is_flyway = second.tool == "flyway"
        message = f"{second.name} has the version of {first.name}"
        if is_flyway:
            message += ': Flyway stops with "Found more than one migration with version".'
        else:
            message += ": which of them runs first, and whether both run, is not settled."
        yield _of_migration(
            second, message, Severity.HIGH if is_refused(second) else Severity.MEDIUM
        )


def _of_migration(migration: Migration, message: str, severity: Severity) -> Finding:
    return Finding(
        rule="duplicate-version",
        severity=severity,
        confidence=Confidence.CERTAIN if severity is Severity.HIGH else Confidence.LIKELY,
        message=message[:2000],
        file=migration.file.path,
        line=1,
        evidence=migration.name[:300],
        check=f"ls {shlex.quote(migration.series)}"[:1000],
    )


def _in_its_place(finding: Finding) -> Finding:
    """A fault in documentation and examples costs readers, not users."""
    if is_secondary(finding.file or "") and finding.severity.rank < Severity.LOW.rank:
        return finding.model_copy(update={"severity": Severity.LOW})
    return finding


def _texts(files: Sequence[RepositoryFile], sources: SqlSources) -> Iterator[str]:
    """Programs, and SQL that was not wholly understood: they may define tables, too."""
    unread = {file.path for file in sources.files if file.unread}
    for file in files:
        is_read = is_sql(file.path) and file.path not in unread and not file.is_test
        if file.suffix in _TELLS_OF_TABLES and not is_read:
            yield file.read_text() or ""


def _omissions(files: Sequence[RepositoryFile], sources: SqlSources) -> Iterator[Omission]:
    large = sum(is_sql(file.path) and file.size > MAX_BYTES for file in files)
    if large:
        yield Omission(what=count_of(large, "SQL file"), reason="larger than 1 MB")
    if sources.left:
        yield Omission(what=count_of(sources.left, "SQL file"), reason="no time was left")
    unread = sum(file.unread for file in sources.files)
    if unread:
        yield Omission(
            what=count_of(unread, "definition in SQL", "definitions in SQL"),
            reason="no dialect that is known here reads them wholly, or they are templates",
        )
