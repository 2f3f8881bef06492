"""Foreign keys of SQL files: to what is nowhere defined, and without an index."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator

from genesis.contracts import Confidence, Finding, Severity

from genesis_engineering.databases.model import ForeignKey, Schema, Table

_MOST_UNKNOWN = 2
_NEAR = 300
_MAKES = re.compile(r"table|view|rename|entity|model|create|schema|synonym", re.IGNORECASE)


def check_targets(schema: Schema, mentions: Callable[[], list[str]]) -> Iterator[Finding]:
    """Foreign keys to tables or columns that no file defines.

    `mentions` gives texts that may define tables in a way that we do not read: programs, and SQL
    that was not understood. Where more than two tables are unknown, the files are a part of a
    schema, and nothing is said of any.
    """
    keys = [(table, key) for table in schema.tables.values() for key in table.foreign_keys]
    unknown = {key.target for _, key in keys if key.target not in schema.tables}
    texts = mentions() if unknown else []
    unknown = {name for name in unknown if not any(may_make(name, text) for text in texts)}
    for table, key in keys:
        if key.target in unknown and len(unknown) <= _MOST_UNKNOWN:
            yield _to_no_table(table, key, schema)
        elif key.target in schema.tables:
            yield from _to_no_column(table, key, schema.tables[key.target])


def check_indexes(schema: Schema, mentions: Callable[[], list[str]]) -> Iterator[Finding]:
    """Foreign keys whose own columns no index starts with, and no text of `mentions` may index."""
    for table in schema.tables.values():
        # A table may be written down twice, such as in migrations and in what they come to.
        for key in {key.columns: key for key in reversed(table.foreign_keys)}.values():
            if table.is_open or not key.columns or table.has_index_on(key.columns[0]):
                continue
            if may_index(table.name, key.columns[0], mentions()):
                continue
            columns = ", ".join(key.columns)
            yield Finding(
                rule="foreign-key-without-index",
                severity=Severity.LOW,
                confidence=Confidence.LIKELY,
                message=f"No index starts with {table.name} ({columns}): each row that is deleted "
                f"from {key.target} reads the whole table.",
                file=key.path,
                line=key.line,
                evidence=f"{table.name} ({columns}) REFERENCES {key.target}",
                check=f"CREATE INDEX ix_{table.name}_{key.columns[0]} ON {table.name} ({columns})",
            )


def similar_name(name: str, names: Iterable[str]) -> str:
    """The one of some names that another may be a slip of, or ""."""
    found = difflib.get_close_matches(name, [one for one in names if one != name], 1, 0.8)
    return found[0] if found else ""


def may_make(name: str, text: str) -> bool:
    """Whether a line of a text names a table beside a word of making one, but not as a target."""
    for found in re.finditer(rf"\b{re.escape(name)}\b", text, re.IGNORECASE):
        start = text.rfind("\n", 0, found.start()) + 1
        before = text[max(start, found.start() - 200) : found.start()]
        if _MAKES.search(before) and not re.search(r"references\W*$", before, re.IGNORECASE):
            return True
    return False


def may_index(table: str, column: str, texts: Iterable[str]) -> bool:
    """Whether some program speaks of a column beside its table and an index."""
    for text in texts:
        for found in re.finditer(rf"[\"'`:]{re.escape(column)}\b", text, re.IGNORECASE):
            around = text[max(0, found.start() - _NEAR) : found.end() + _NEAR].lower()
            if "index" in around and table in around:
                return True
    return False


def _to_no_table(table: Table, key: ForeignKey, schema: Schema) -> Finding:
    meant = similar_name(key.target, schema.tables)
    hint = f" {meant} is one." if meant else ""
    return Finding(
        rule="foreign-key-to-nothing",
        severity=Severity.HIGH if meant else Severity.MEDIUM,
        confidence=Confidence.LIKELY,
        message=f"{table.name} ({', '.join(key.columns)}) refers to the table {key.target}, which "
        f"no file of the repository defines.{hint}",
        file=key.path,
        line=key.line,
        evidence=f"REFERENCES {key.target}",
        check=f"grep -rniw {key.target} .",
    )


def _to_no_column(table: Table, key: ForeignKey, target: Table) -> Iterator[Finding]:
    missing = [name for name in key.target_columns if name not in target.columns]
    if target.is_open or target.kind == "view" or not missing:
        return
    meant = similar_name(missing[0], target.columns)
    hint = f" It has {meant}." if meant else ""
    yield Finding(
        rule="foreign-key-to-nothing",
        severity=Severity.HIGH,
        message=f"{table.name} ({', '.join(key.columns)}) refers to {key.target} "
        f"({', '.join(key.target_columns)}), and {target.name} has no column "
        f"{missing[0]}.{hint}",
        file=key.path,
        line=key.line,
        evidence=f"REFERENCES {key.target} ({', '.join(key.target_columns)})",
        check=f"sed -n {target.line},+{len(target.columns) + 2}p {target.path!r}"[:1000],
    )
