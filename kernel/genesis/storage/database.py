"""Open the SQLite database: one engine for reading, one connection for writing."""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor

from genesis.errors import StorageError
from genesis.storage.failures import BUSY_SECONDS, explain, storage_errors
from genesis.storage.statements import Statement, Value, Values
from genesis.storage.writer import Writer

Durability = Literal["full", "normal"]
_WAL_BYTES = 64 * 1024 * 1024
_IDLE_READERS, _IDLE_SCANNERS = 4, 1
# In KiB, for each connection. A server has tens of them and the system caches the file for all:
# larger ones make a process grow for hours. More needs who comes back to many pages: the writer
# to those of every thread's newest messages, a scan to all vectors.
_CACHE, _LARGE_CACHE = 2048, 8192


class Database:
    """One database file. Thread-safe; reads never wait for writes.

    `durability="full"` survives a power cut at every acknowledged write; `normal` may lose the
    last ones then, and nothing at all when only the process dies.
    """

    def __init__(self, path: Path, *, durability: Durability = "full") -> None:
        self.path = path
        with storage_errors(path):
            _refuse_older_system(path)
            self._read_engine = _engine(path, durability, writes=False)
            self._write_engine = _engine(path, durability, writes=True)
            self.writer = Writer(self._write_engine.connect(), path)
        self._readers: deque[sqlite3.Connection] = deque()
        self._scanners: deque[sqlite3.Connection] = deque()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A pooled connection that sees one consistent state of the database."""
        with storage_errors(self.path), self._read_engine.connect() as connection:
            yield connection

    def fetch(self, statement: Statement, values: Values) -> list[tuple[Value, ...]]:
        """The rows of one query, which sees one consistent state; several times cheaper than
        `read`, and no transaction stays open."""
        with self._reader(self._readers, _IDLE_READERS, _CACHE) as reader:
            return reader.execute(statement.text, statement.bound(values)).fetchall()

    def fetch_parts(
        self, statement: Statement, values: Values, rows: int
    ) -> Iterator[list[tuple[Value, ...]]]:
        """The rows of a query that reads much, in lists of at most that many; they see one
        consistent state."""
        with self._reader(self._scanners, _IDLE_SCANNERS, _LARGE_CACHE) as reader:
            cursor = reader.execute(statement.text, statement.bound(values))
            while part := cursor.fetchmany(rows):
                yield part

    @contextmanager
    def _reader(
        self, idle: deque[sqlite3.Connection], most_idle: int, cache: int
    ) -> Iterator[sqlite3.Connection]:
        try:
            reader = idle.pop()
        except IndexError:
            reader = self._open_reader(cache)
        try:
            yield reader
        except sqlite3.Error as error:
            raise StorageError(explain(error, self.path)) from error
        finally:
            idle.append(reader)
            if len(idle) > most_idle:
                idle.popleft().close()

    def _open_reader(self, cache: int) -> sqlite3.Connection:
        with storage_errors(self.path):
            pooled = self._read_engine.raw_connection()
            reader = pooled.driver_connection
            # It stays with us: the pool counts only what it will get back.
            pooled.detach()
            assert isinstance(reader, sqlite3.Connection)
            reader.execute(f"PRAGMA cache_size=-{cache}")
        return reader

    def close(self) -> None:
        """Let the planner keep its statistics and give every file back."""
        for idle in (self._readers, self._scanners):
            while idle:
                idle.pop().close()
        self.writer.close()
        self._write_engine.dispose()
        self._read_engine.dispose()


def _refuse_older_system(path: Path) -> None:
    """The older system calls its database the same. Opening it for writing would change it."""
    if not path.exists():
        return
    with closing(sqlite3.connect(path.absolute().as_uri() + "?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    names = {name for (name,) in rows}
    if "minds" in names and "schema_version_kernel" not in names:
        raise StorageError(
            f"{path} is a database of genesis-minds, the older system; nothing was changed. "
            "`python -m genesis.migrate` brings this home over; `genesis import PATH` takes it "
            "into another one."
        )


def _switch_to_wal(cursor: DBAPICursor) -> None:
    """The first switch of a new file does not wait for others who open it; so it is repeated."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _engine(path: Path, durability: Durability, *, writes: bool) -> Engine:
    engine = create_engine(
        # Not as text: a path may hold what means something in an address.
        URL.create("sqlite", database=str(path)),
        connect_args={
            "check_same_thread": False,
            "isolation_level": None,
            "timeout": BUSY_SECONDS,
        },
    )

    def on_connect(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        _switch_to_wal(cursor)
        for pragma in (
            f"synchronous={durability.upper()}",
            "foreign_keys=ON",
            # What is erased is overwritten; SQLite is not built so everywhere.
            "secure_delete=ON",
            f"cache_size=-{_LARGE_CACHE if writes else _CACHE}",
            "temp_store=MEMORY",
            # Memory-mapping widens the window of the WAL-reset fault before SQLite 3.51.3.
            "mmap_size=0",
            f"journal_size_limit={_WAL_BYTES}",
            # Only the writer moves the log into the file, for the same fault.
            f"wal_autocheckpoint={1000 if writes else 0}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        # The driver's own transactions start too late (at the first write), which loses updates.
        # The writer begins and ends each of its own.
        if not writes:
            connection.exec_driver_sql("BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine
