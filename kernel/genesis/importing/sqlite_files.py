"""Open a foreign SQLite file so that nothing about it changes, whatever state it is in."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from genesis.errors import GenesisError

_HEADER = b"SQLite format 3\0"
_WAL_VERSION = 2
_BESIDE = ("-wal", "-journal")
_LOCKED_SECONDS = 1.0
_TRIES = 5


class UnreadableError(GenesisError):
    """A source cannot be read; the rest of the import goes on without it."""


def is_sqlite(path: Path) -> bool:
    """Whether a file begins like a SQLite database. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, to read only; one consistent state of it. Raises UnreadableError.

    A file at rest is read where it is. One with a log or a journal, or that another program
    holds, is read from a private copy: SQLite itself would write beside the original.
    """
    with tempfile.TemporaryDirectory(prefix="genesis-import-") as scratch:
        connection = _open_at_rest(path) or _open_copy(path, Path(scratch))
        with closing(connection):
            yield connection


def tables_of(connection: sqlite3.Connection) -> set[str]:
    """The names of all tables."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return {str(name) for (name,) in connection.execute(query)}


def count_rows(connection: sqlite3.Connection, table: str) -> int | None:
    """How many rows a table has; None when it is damaged."""
    try:
        query = f"SELECT count(*) FROM {quoted(table)} NOT INDEXED"  # noqa: S608 - quoted
        return int(connection.execute(query).fetchone()[0])
    except sqlite3.DatabaseError:
        return None


def rows_of(connection: sqlite3.Connection, table: str) -> Iterator[Mapping[str, object]]:
    """The rows of a table in the order in which they were written. Raises UnreadableError with
    what was read until there."""
    query = f"SELECT rowid AS _row, * FROM {quoted(table)} ORDER BY rowid"  # noqa: S608
    last = 0
    try:
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description]
        # One by one: what stands before a damaged place is not lost with it.
        for row in cursor:
            last = row[0]
            yield dict(zip(names[1:], row[1:], strict=True))
    except sqlite3.DatabaseError as error:
        raise UnreadableError(
            f"table {table}: damaged after row {last} ({error}). What was read is taken; recover "
            "the rest with `sqlite3 FILE .recover` into a new file and import that."
        ) from error


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def _open_at_rest(path: Path) -> sqlite3.Connection | None:
    """The file itself, or None when it is in use or was left in the middle of something."""
    try:
        with path.open("rb") as file:
            header = file.read(20)
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror}. Correct its permissions.") from error
    in_wal = len(header) == 20 and _WAL_VERSION in (header[18], header[19])
    if in_wal or any(_beside(path, end).exists() for end in _BESIDE):
        return None
    connection = _connect(f"{path.absolute().as_uri()}?mode=ro")
    try:
        # Holds a shared lock until it is closed, so that nobody writes while we read.
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        connection.close()
        if "locked" in str(error) or "unable to open" in str(error):
            return None
        raise UnreadableError(_damaged(path, error)) from error
    return connection


def _open_copy(path: Path, scratch: Path) -> sqlite3.Connection:
    copy = scratch / "copy.db"
    for _ in range(_TRIES):
        before = _state(path)
        try:
            for end in ("", *_BESIDE):
                _beside(copy, end).unlink(missing_ok=True)
                if _beside(path, end).exists():
                    shutil.copyfile(_beside(path, end), _beside(copy, end))
        except FileNotFoundError:
            continue  # a journal that was finished in the meantime
        except OSError as error:
            raise UnreadableError(f"{path} cannot be copied: {error.strerror}.") from error
        if _state(path) == before:
            break
        time.sleep(_LOCKED_SECONDS / _TRIES)
    else:
        raise UnreadableError(
            f"{path} is being written all the time. Stop the program that uses it and import again."
        )
    connection = _connect(copy.as_uri())
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        connection.close()
        raise UnreadableError(_damaged(path, error)) from error
    return connection


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=_LOCKED_SECONDS, isolation_level=None)
    connection.text_factory = _decode
    return connection


def _decode(raw: bytes) -> str:
    # What is no UTF-8 must reach the report, not end the reading.
    return raw.decode("utf-8", "surrogateescape")


def _state(path: Path) -> list[tuple[int, int, int] | None]:
    return [_file_state(_beside(path, end)) for end in ("", *_BESIDE)]


def _file_state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def _damaged(path: Path, error: Exception) -> str:
    return (
        f"{path}: damaged ({error}). Recover it with `sqlite3 FILE .recover` into a new file and "
        "import that."
    )
