"""The tool `queries`: literal SQL in programs, against the tables that the repository defines."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from genesis.contracts import Confidence, Finding, Omission, Severity, TaskResult, ToolContext

from genesis_engineering.databases.code_schema import add_literals, add_mentions
from genesis_engineering.databases.explain import Answer, empty_database
from genesis_engineering.databases.foreign_keys import may_index, may_make, similar_name
from genesis_engineering.databases.literals import SCRIPTS, Literal, find_literals
from genesis_engineering.databases.migrations import is_sql
from genesis_engineering.databases.model import Schema, Table, top_folder
from genesis_engineering.databases.query_check import (
    Missing,
    Query,
    ask,
    missing_indexes,
    read_query,
)
from genesis_engineering.databases.sql_sources import SqlFile, SqlSources, read_sql
from genesis_engineering.databases.sqlite_probe import MANY_ROWS
from genesis_engineering.databases.sqlite_run import Probed, probe_files
from genesis_engineering.files import RepositoryFile, list_files
from genesis_engineering.reporting import (
    EVIDENCE_LENGTH,
    count_by_rule,
    count_of,
    is_secondary,
    limit_per_rule,
    line_at,
)

_LIMIT = 10
_SPARE_SECONDS = 5.0
_FEWEST_KNOWN = 3
_MOST_QUERIES = 5_000
# What is made into SQL: what it defines is taken notice of.
_ODD_SQL = re.compile(r"\.sql\.\w+$", re.IGNORECASE)


@dataclass
class _Programs:
    """The repository's programs: their texts by path, tests too, and what is literal SQL in
    those that are no tests."""

    texts: dict[str, str] = field(default_factory=dict)
    by_path: dict[str, list[Literal]] = field(default_factory=dict)
    left: int = 0

    @property
    def literals(self) -> list[Literal]:
        return [literal for own in self.by_path.values() for literal in own]


def check_queries(context: ToolContext) -> TaskResult:
    """Report queries of tables or columns that are not there, and of columns without an index.

    The tables are those of SQL files and migrations, of literal definitions in programs and of
    the repository's SQLite files; where something else may define them, nothing is said. Only
    literal SQL is looked at. At most 10 findings per rule are listed.
    """
    files = list_files(context.repository)
    sources = read_sql(files, lambda: context.seconds_left > 2 * _SPARE_SECONDS)
    programs = _read_programs(context, files)
    literals = programs.literals + list(_of_sql_files(sources))
    all_queries = [literal for literal in literals if literal.is_query]
    queries = all_queries[:_MOST_QUERIES]
    if not queries:
        return TaskResult(summary="There is no literal SQL in programs to look at.")
    databases = [f for f in files if not (f.is_test or is_secondary(f.path))]
    # What it omits, `sqlite-files` tells.
    probed, _ = probe_files(context, databases, only_tables=True)
    schema = _schema(sources, programs, probed)
    findings = list(_check(queries, schema, sources, programs, probed))
    kept, more = limit_per_rule(findings, _LIMIT)
    omissions = []
    if len(all_queries) > _MOST_QUERIES:
        what = f"{len(all_queries) - _MOST_QUERIES} more queries"
        omissions.append(Omission(what=what, reason=f"only {_MOST_QUERIES} are looked at"))
    if programs.left:
        what = count_of(programs.left, "program")
        omissions.append(Omission(what=what, reason="no time was left to look for SQL in it"))
    seen = (
        f"{count_of(len(queries), 'query', 'queries')} of {count_of(len(schema.tables), 'table')}"
    )
    return TaskResult(
        summary=f"{count_of(len(findings), 'remark')} on {seen}{', ' + more if more else ''}.",
        findings=kept,
        omissions=tuple(omissions),
        facts={"queries": dict(count_by_rule(findings))},
    )


def _read_programs(context: ToolContext, files: Sequence[RepositoryFile]) -> _Programs:
    found = _Programs()
    own = [file for file in files if file.suffix == ".py" or file.suffix in SCRIPTS
           or (_ODD_SQL.search(file.path) and not is_sql(file.path))]  # fmt: skip
    for place, file in enumerate(own):
        if context.seconds_left < 2 * _SPARE_SECONDS:
            found.left = len(own) - place
            break
        if place % 200 == 0:
            context.progress(0.6 * place / len(own), f"looking for SQL in {file.path}")
        text = file.read_text()
        if text is None or not _may_hold_sql(text):
            continue
        found.texts[file.path] = text
        if not file.is_test:
            found.by_path[file.path] = find_literals(file, text)
    return found


def _may_hold_sql(text: str) -> bool:
    """Whether a text has a word without which it has neither a table nor a query."""
    lowered = text.lower()
    words = ("select", "insert", "update", "delete", "table", "column", "models.")
    return any(word in lowered for word in words)


def _of_sql_files(sources: SqlSources) -> Iterator[Literal]:
    """The queries of SQL files that stand alone."""
    for file in sources.alone:
        for statement, _ in file.statements:
            literal = Literal(file.path, statement.text, statement.line)
            if literal.is_query and not statement.is_template and len(statement.text) < 5000:
                yield literal


def _schema(sources: SqlSources, programs: _Programs, probed: Iterable[Probed]) -> Schema:
    schema = sources.schema()
    add_literals(schema, programs.literals)
    for one in probed:
        for name, info in one.probe.tables.items():
            table = Table(name.lower(), one.file.path, is_open=info.kind != "table")
            table.columns = {column.lower(): None for column, _, _ in info.columns}
            keys = [[c[0] or "" for c in index.columns] for index in info.indexes]
            primary = sorted((place, column) for column, _, place in info.columns if place)
            keys.append([column for _, column in primary])
            table.keys = [tuple(name.lower() for name in key) for key in keys]
            schema.add(Schema({table.name: table}))
    for path, text in programs.texts.items():
        add_mentions(schema, path, text, programs.by_path.get(path, ()))
    return schema


def _check(
    literals: Sequence[Literal],
    schema: Schema,
    sources: SqlSources,
    programs: _Programs,
    probed: Sequence[Probed],
) -> Iterator[Finding]:
    dialect = _only_dialect(sources.files)
    queries = [query for one in literals if (query := read_query(one, dialect)) is not None]
    texts = programs.texts | {file.path: file.text for file in sources.files}
    yield from _unknown_tables(queries, schema, texts)
    large = {
        name.lower()
        for one in probed
        for name, table in one.probe.tables.items()
        if (table.rows or 0) >= MANY_ROWS
    }
    told: set[tuple[str, str]] = set()
    with empty_database(schema) as connection:
        for query in queries:
            answer = ask(connection, query, schema)
            if answer is None:
                continue
            if top_folder(query.literal.path) not in schema.altered_folders:
                yield from _wrong(query, answer, schema, texts)
            for missing in missing_indexes(query, answer, schema):
                place = (missing.table, missing.column)
                if place not in told and not may_index(*place, programs.texts.values()):
                    told.add(place)
                    yield _missing_index(query, missing, is_large=missing.table in large)


def _only_dialect(files: Iterable[SqlFile]) -> str:
    told = {file.dialect for file in files if file.dialect}
    return told.pop() if len(told) == 1 else ""


def _unknown_tables(
    queries: Sequence[Query], schema: Schema, texts: dict[str, str]
) -> Iterator[Finding]:
    """Tables that nothing defines, asked for beside others that are: in folders whose programs
    define nearly all that they use."""
    folders: defaultdict[str, list[Query]] = defaultdict(list)
    for query in queries:
        folders[top_folder(query.literal.path)].append(query)
    for folder, own in folders.items():
        used = {name for query in own for name in query.tables.values()}
        known = used & schema.tables.keys()
        unknown = used - known
        if folder in schema.open_folders or not known or not unknown:
            continue
        unknown = {
            name for name in unknown if not any(may_make(name, text) for text in texts.values())
        }
        is_closed = len(known) >= _FEWEST_KNOWN and 4 * len(unknown) <= len(known) + 3
        for query in own:
            for name in sorted(unknown & set(query.tables.values())):
                meant = similar_name(name, known)
                if meant or (is_closed and _asks_for_others(query, own, known)):
                    yield _unknown_table(query, name, meant, texts)


def _asks_for_others(query: Query, own: Iterable[Query], known: set[str]) -> bool:
    """Whether the file of a query asks for a table that is known, too."""
    return any(
        not known.isdisjoint(other.tables.values())
        for other in own
        if other.literal.path == query.literal.path
    )


def _unknown_table(query: Query, name: str, meant: str, texts: dict[str, str]) -> Finding:
    hint = f" {meant} is one." if meant else ""
    message = f"The query names the table {name}, which nothing here defines.{hint}"
    severity = Severity.HIGH if meant else Severity.MEDIUM
    check = f"grep -rniw {name} ."
    found = _finding("unknown-table", severity, message, query, name, texts, check)
    return found.model_copy(update={"confidence": Confidence.LIKELY})


def _wrong(
    query: Query, answer: Answer, schema: Schema, texts: dict[str, str]
) -> Iterator[Finding]:
    tables = sorted(set(query.tables.values()))
    if answer.no_column:
        column = answer.no_column.strip("\"'`[]")
        names = [name for table in tables for name in schema.tables[table].columns]
        meant = similar_name(column.lower(), names)
        hint = f" There is {meant}." if meant else ""
        owners = f"The table {tables[0]} has" if len(tables) == 1 else f"{', '.join(tables)} have"
        message = f"{owners} no column {column}, which the query names.{hint}"
        yield _finding("unknown-column", Severity.HIGH, message, query, column, texts,
                       f"grep -rniw {column} .")  # fmt: skip
    elif answer.counts:
        message = f"The query gives {answer.counts}."
        yield _finding("values-mismatch", Severity.HIGH, message, query, "values", texts, "")


def _missing_index(query: Query, missing: Missing, *, is_large: bool) -> Finding:
    table, column = missing.table, missing.column
    size = f" of {MANY_ROWS:,} rows and more" if is_large else ""
    return Finding(
        rule="missing-index",
        severity=Severity.MEDIUM if is_large and not is_secondary(query.literal.path)
        else Severity.LOW,
        message=f"No index starts with {table}.{column}, by which this query searches: each run "
        f"reads the whole table{size}.",
        file=query.literal.path,
        line=query.literal.line,
        confidence=Confidence.CERTAIN if is_large else Confidence.LIKELY,
        evidence=f"{' '.join(query.text.split())}\nEXPLAIN QUERY PLAN: {missing.plan}"[:2000],
        check=f"CREATE INDEX ix_{table}_{column} ON {table} ({column})"[:1000],
    )  # fmt: skip


def _finding(
    rule: str, severity: Severity, message: str, query: Query, word: str, texts: dict[str, str],
    check: str,
) -> Finding:  # fmt: skip
    path = query.literal.path
    line = query.line_of(word)
    evidence = line_at(texts.get(path, ""), line)
    if word.lower() not in evidence.lower():
        line = query.literal.line
        evidence = " ".join(query.text.split())
    return Finding(
        rule=rule,
        severity=Severity.LOW if is_secondary(path) else severity,
        message=message[:2000],
        file=path,
        line=line,
        evidence=evidence[:EVIDENCE_LENGTH],
        check=check or f"sed -n {line}p {PurePosixPath(path)}"[:1000],
    )
