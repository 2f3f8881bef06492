"""Look into one SQLite file that nobody vouches for; a program of its own, standard library only.

`python -I -S sqlite_probe.py URI SECONDS [tables]` prints one JSON object, as `sqlite_run.Probe`
has it; with the last word, without the checks. It may use one gigabyte of memory, and an authorizer
refuses all but reading.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

MOST_TABLES = 2000
MANY_ROWS = 10_000
_MEMORY = 1 << 30
_MOST_MESSAGES = 20
_MOST_ROWS_OF_A_CHECK = 100_000
_PRAGMAS = frozenset(
    {"integrity_check", "foreign_key_check", "foreign_key_list", "table_xinfo", "index_list",
     "index_xinfo", "trusted_schema", "cell_size_check", "mmap_size", "temp_store", "query_only"}
)  # fmt: skip
_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_LIMITS = (
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 1_000_000),
    (sqlite3.SQLITE_LIMIT_LENGTH, 100_000_000),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 100),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
)


def authorize(action: int, first: str | None, *_rest: str | None) -> int:
    """Reading, and the pragmas that we ask."""
    if action in _ALLOWED:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in _PRAGMAS:
        return sqlite3.SQLITE_OK
    # Checks of constraints and indexes call functions; the schema is not trusted with others.
    return sqlite3.SQLITE_OK if action == sqlite3.SQLITE_FUNCTION else sqlite3.SQLITE_DENY


def main(uri: str, seconds: float, *, only_tables: bool) -> dict[str, object]:
    """All that is to be known of the file, or only its tables."""
    for limit, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))
    until = time.monotonic() + seconds
    found: dict[str, object] = {"problems": {}}
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    for category, most in _LIMITS:
        connection.setlimit(category, most)
    connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
    connection.set_authorizer(authorize)
    steps: dict[str, Callable[[sqlite3.Connection], object]] = {
        "settings": _settings, "tables": _tables,
    }  # fmt: skip
    if not only_tables:
        steps |= {"integrity": _integrity, "foreign_keys": _foreign_keys}
    for name, step in steps.items():
        try:
            found[name] = step(connection)
        except (sqlite3.Error, MemoryError, OverflowError) as error:
            problems = found["problems"]
            assert isinstance(problems, dict)
            problems[name] = f"{type(error).__name__}: {error}"[:500]
    return found


def _settings(connection: sqlite3.Connection) -> bool:
    for setting in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0",
                    "temp_store = MEMORY", "query_only = ON"):  # fmt: skip
        connection.execute(f"PRAGMA {setting}")
    return True


def _tables(connection: sqlite3.Connection) -> dict[str, object]:
    rows = connection.execute(
        "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view') "
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name LIMIT ?",
        (MOST_TABLES,),
    ).fetchall()
    return {name: _table(connection, name, kind, sql or "") for name, kind, sql in rows}


def _table(connection: sqlite3.Connection, name: str, kind: str, sql: str) -> dict[str, object]:
    is_virtual = sql[:30].upper().split()[:2] == ["CREATE", "VIRTUAL"]
    if kind == "view" or is_virtual:
        return {"kind": "view" if kind == "view" else "virtual"}
    quoted = _quoted(name)
    columns = connection.execute(f"PRAGMA table_xinfo({quoted})").fetchall()
    return {
        "kind": "table",
        "columns": [[row[1], row[2], row[5]] for row in columns],
        "indexes": list(_indexes(connection, quoted)),
        "foreign_keys": [
            [row[0], row[2], row[3], row[4]]
            for row in connection.execute(f"PRAGMA foreign_key_list({quoted})")
        ],
        "rows": _rows(connection, quoted),
        "without_rowid": "WITHOUT ROWID" in sql[-80:].upper(),
    }


def _indexes(connection: sqlite3.Connection, table: str) -> Iterator[dict[str, object]]:
    for _, name, unique, origin, partial in connection.execute(f"PRAGMA index_list({table})"):
        parts = connection.execute(f"PRAGMA index_xinfo({_quoted(name)})").fetchall()
        yield {
            "name": name, "unique": bool(unique), "origin": origin, "partial": bool(partial),
            "columns": [[row[2], row[3], row[4]] for row in parts if row[5]],
        }  # fmt: skip


def _rows(connection: sqlite3.Connection, table: str) -> int | None:
    """The number of rows, at most `MANY_ROWS`; None where they cannot be counted."""
    try:
        found = connection.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {MANY_ROWS})"  # noqa: S608 - quoted
        ).fetchone()
    except sqlite3.Error:
        return None
    return int(found[0])


def _integrity(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(f"PRAGMA integrity_check({_MOST_MESSAGES})").fetchall()
    return [str(row[0])[:500] for row in rows if row[0] != "ok"]


def _foreign_keys(connection: sqlite3.Connection) -> list[list[object]]:
    """Rows that point to nothing: table, target, how many, and the number of the first one."""
    counted: dict[tuple[str, str], list[object]] = {}
    mismatches: list[list[object]] = []
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%REFERENCES%' "
        "ORDER BY name LIMIT ?", (MOST_TABLES,)
    ).fetchall()  # fmt: skip
    for (name,) in tables:
        try:
            check = connection.execute(f"PRAGMA foreign_key_check({_quoted(name)})")
            for table, row, target, _ in check.fetchmany(_MOST_ROWS_OF_A_CHECK):
                known = counted.setdefault((table, target), [table, target, 0, row])
                known[2] = int(str(known[2])) + 1
        except sqlite3.Error as error:
            if "mismatch" not in str(error):
                raise
            mismatches.append([name, str(error), 0, None])
    return [*counted.values(), *mismatches]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


if __name__ == "__main__":
    answer = main(sys.argv[1], float(sys.argv[2]), only_tables="tables" in sys.argv[3:])
    json.dump(answer, sys.stdout)
