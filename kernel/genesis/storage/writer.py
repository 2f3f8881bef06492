"""The single writer of a process, with group commit.

The first caller leads: it commits for everyone who waits, and then hands over to the one who has
waited longest. While one group is being made durable, the next gathers. One caller alone pays for
no thread switch; sixty share one disk flush.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from genesis.errors import StorageError
from genesis.storage.failures import explain, is_locked

T = TypeVar("T")
_GROUP_LIMIT = 256


class _Waiting(Generic[T]):
    """One operation and, once it is durable or has failed, what came of it."""

    def __init__(self, operation: Callable[[Connection], T]) -> None:
        self.operation = operation
        self.done = False
        self.leads = False
        self.abandoned = False
        self.value: T | None = None
        self.error: Exception | None = None
        # Each its own: of callers that wait on one lock, who returns to it first passes the others.
        self.turn = threading.Lock()
        self.turn.acquire()

    def settle(self, error: Exception | None = None) -> None:
        self.error = error
        self.done = True


class Companion:
    """An operation that goes along with the next write of a thread; `written` tells if it did."""

    def __init__(self, operation: Callable[[Connection], object]) -> None:
        self.operation = operation
        self.written = False


class Writer:
    """Runs operations, each wholly or not at all; `write` returns when they are durable."""

    def __init__(self, connection: Connection, path: Path) -> None:
        self._connection = connection
        # For ever, so that nobody's own begins or ends one: Alembic would.
        connection.begin()
        self._path = path
        self._lock = threading.Lock()
        self._led = False
        self._waiting: deque[_Waiting[object]] = deque()
        self._thread = threading.local()

    def write(self, operation: Callable[[Connection], T]) -> T:
        """Run one operation and make it durable. Thread-safe.

        The operation only executes statements: it may be run a second time, on its own, when
        another of its group failed. Raises what the operation raised, or StorageError.
        """
        companion: Companion | None = getattr(self._thread, "companion", None)
        if companion is None or companion.written:
            return self._write(operation)
        beside = companion.operation

        def both(connection: Connection) -> T:
            beside(connection)
            return operation(connection)

        value = self._write(both)
        companion.written = True
        return value

    @contextmanager
    def accompanied_by(self, operation: Callable[[Connection], object]) -> Iterator[Companion]:
        """In the block, this thread's next write that succeeds runs this operation as well, in the
        same transaction: after any end of the process there is either both or neither."""
        self._thread.companion = companion = Companion(operation)
        try:
            yield companion
        finally:
            self._thread.companion = None

    def _write(self, operation: Callable[[Connection], T]) -> T:
        waiting = _Waiting(operation)
        queued: _Waiting[object] = waiting  # type: ignore[assignment]  # values are not mixed
        try:
            with self._lock:
                self._waiting.append(queued)
                waiting.leads = not self._led
                self._led = True
            if not waiting.leads:
                waiting.turn.acquire()
            if not waiting.done:
                self._commit_group()
        except BaseException:
            # Ctrl-C: this caller learns that its own operation was not done.
            with self._lock, suppress(ValueError):
                waiting.abandoned = True
                self._waiting.remove(queued)
            raise
        finally:
            if waiting.leads:
                try:
                    self._hand_over(queued)
                except BaseException:
                    # Ctrl-C on the way into it: nobody would ever lead again.
                    self._hand_over(queued)
                    raise
        if waiting.error is not None:
            raise waiting.error
        return waiting.value  # type: ignore[return-value]  # set whenever error is None

    def empty_log(self) -> bool:
        """Move the write-ahead log into the database file and leave it empty, for erasing. False
        when somebody still read an older state after some seconds; nothing is lost then."""
        return bool(self._write(_empty_log))

    def close(self) -> None:
        """Finish what waits, then close the connection."""
        with self._lock:
            is_idle = not self._led
        # A transaction of its own would wait for whoever has locked the file.
        if not is_idle:
            self._write(_nothing)
        with suppress(DBAPIError, sqlite3.Error):
            self._connection.exec_driver_sql("PRAGMA optimize")
            self._connection.rollback()
        self._connection.close()

    def _hand_over(self, leader: _Waiting[object]) -> None:
        """Let the one who has waited longest lead. Nothing for who no longer leads."""
        with self._lock:
            if not leader.leads:
                return
            following = self._waiting[0] if self._waiting else None
            # Until the release no call, after which Ctrl-C could leave this half done.
            leader.leads = False
            self._led = following is not None
            if following is not None:
                following.leads = True
                following.turn.release()

    def _commit_group(self) -> None:
        """Commit for all who wait; the caller leads and is the first of them."""
        with self._lock:
            size = min(len(self._waiting), _GROUP_LIMIT)
            group = [self._waiting.popleft() for _ in range(size)]
        try:
            if not self._commit(group):
                for waiting in group:
                    self._commit([waiting])
            for waiting in group:
                if waiting.operation is _empty_log and waiting.error is None:
                    waiting.value = _emptied(self._connection)
        finally:
            # After Ctrl-C in this thread the others of the group commit their own.
            with self._lock:
                left = [w for w in reversed(group) if not (w.done or w.abandoned)]
                self._waiting.extendleft(left)
            for waiting in group[1:]:
                if waiting.done:
                    waiting.turn.release()

    def _commit(self, group: list[_Waiting[object]]) -> bool:
        """Commit a group. A failing group of one keeps its error; a larger one is tried apart."""
        ending = False
        try:
            # By the driver: SQLAlchemy's own BEGIN and COMMIT cost more than writing a message.
            self._execute("BEGIN IMMEDIATE")
            for waiting in group:
                waiting.value = waiting.operation(self._connection)
            ending = True
            self._execute("COMMIT")
            for waiting in group:
                waiting.done = True
        except BaseException as error:
            # Ctrl-C right after COMMIT must not make them run again.
            interrupted = not isinstance(error, Exception)
            committed = ending and interrupted and not self._is_in_transaction()
            for waiting in group:
                waiting.done = committed
            if self._is_in_transaction():
                with suppress(sqlite3.Error):
                    self._execute("ROLLBACK")
            if not isinstance(error, Exception):
                raise
            if len(group) > 1 and not is_locked(error):
                return False
            # None of a group gets further than another while the file is locked.
            for waiting in group:
                waiting.settle(self._explained(error))
        return True

    def _execute(self, statement: str) -> None:
        self._connection.connection.cursor().execute(statement)

    def _is_in_transaction(self) -> bool:
        driver = self._connection.connection.driver_connection
        return isinstance(driver, sqlite3.Connection) and driver.in_transaction

    def _explained(self, error: Exception) -> Exception:
        if not isinstance(error, (DBAPIError, sqlite3.Error)):
            return error
        explained = StorageError(explain(error, self._path))
        explained.__cause__ = error
        return explained


def _empty_log(_connection: Connection) -> object:
    """Marks who waits for the log to be emptied: SQLite cannot do that in a transaction."""
    return None


def _emptied(connection: Connection) -> bool:
    cursor = connection.connection.cursor()
    try:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ((busy, _, _),) = cursor.fetchall()
        return not busy
    except sqlite3.OperationalError:
        return False
    finally:
        cursor.close()


def _nothing(_connection: Connection) -> None:
    """What is written last, behind everything that waits."""
