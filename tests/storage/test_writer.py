"""The single writer: many callers, few commits, each operation wholly or not at all."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
from genesis.errors import StorageError
from genesis.storage.database import Database
from genesis.storage.writer import Writer
from sqlalchemy import Connection, text

from tests.support import until

THREADS, EACH = 12, 25


@pytest.fixture
def notes(database: Database) -> Database:
    """A database with one small table."""
    database.writer.write(lambda c: c.execute(text("CREATE TABLE notes (word TEXT UNIQUE)")))
    return database


def put(word: str) -> Callable[[Connection], None]:
    """An operation that writes one row."""

    def operation(connection: Connection) -> None:
        connection.execute(text("INSERT INTO notes VALUES (:word)"), {"word": word})

    return operation


def words(path: Path) -> set[str]:
    """What another program sees in the file."""
    with sqlite3.connect(path) as connection:
        found = {row[0] for row in connection.execute("SELECT word FROM notes")}
    connection.close()
    return found


def commits(database: Database) -> list[object]:
    """A list that grows with each commit of the writer."""
    seen: list[object] = []
    driver = database.writer._connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.set_trace_callback(lambda text: seen.append(text) if text == "COMMIT" else None)
    return seen


class Held:
    """Holds the writer's turn in an operation of its own until it is let go."""

    def __init__(self, writer: Writer, then: Callable[[Connection], None] | None = None) -> None:
        self._go = threading.Event()
        self._inside = threading.Event()
        self._then = then
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._hold, args=(writer,))
        self.thread.start()
        assert self._inside.wait(10)

    def _hold(self, writer: Writer) -> None:
        def operation(connection: Connection) -> None:
            self._inside.set()
            assert self._go.wait(10)
            if self._then is not None:
                self._then(connection)

        try:
            writer.write(operation)
        except BaseException as error:
            self.error = error

    def let_go(self) -> None:
        self._go.set()
        self.thread.join(10)


class Callers:
    """Threads that each write one operation and keep what came of it."""

    def __init__(self, writer: Writer, operations: list[Callable[[Connection], object]]) -> None:
        self.outcomes: dict[int, object] = {}
        self._threads = []
        for number, operation in enumerate(operations):
            thread = threading.Thread(target=self._call, args=(writer, number, operation))
            thread.start()
            self._threads.append(thread)
            until(lambda n=number: len(writer._waiting) > n, "the caller waits")

    def _call(self, writer: Writer, number: int, operation: Callable[[Connection], object]) -> None:
        try:
            self.outcomes[number] = writer.write(operation)
        except BaseException as error:
            self.outcomes[number] = error

    def finish(self) -> dict[int, object]:
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        return self.outcomes


def test_every_acknowledged_row_of_many_threads_is_there(notes: Database) -> None:
    acknowledged: set[str] = set()

    def write_some(name: int) -> None:
        for number in range(EACH):
            notes.writer.write(put(f"{name}-{number}"))
            acknowledged.add(f"{name}-{number}")

    threads = [threading.Thread(target=write_some, args=(n,)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(acknowledged) == THREADS * EACH
    assert words(notes.path) == acknowledged


def test_those_who_wait_share_one_commit(notes: Database) -> None:
    held = Held(notes.writer)
    callers = Callers(notes.writer, [put(f"w{n}") for n in range(30)])
    seen = commits(notes)
    held.let_go()
    assert set(callers.finish().values()) == {None}
    assert words(notes.path) == {f"w{n}" for n in range(30)}
    # One of the holder, one of the thirty; some may have come while the group was taken.
    assert len(seen) <= 4


def test_a_write_returns_what_its_own_operation_returned(notes: Database) -> None:
    held = Held(notes.writer)
    callers = Callers(notes.writer, [lambda _c, n=n: n * n for n in range(10)])
    held.let_go()
    assert callers.finish() == {n: n * n for n in range(10)}


def test_an_acknowledged_write_is_in_the_file_before_write_returns(notes: Database) -> None:
    notes.writer.write(put("here"))
    assert words(notes.path) == {"here"}


def test_a_failing_operation_takes_nobody_of_its_group_along(notes: Database) -> None:
    def fail(_connection: Connection) -> None:
        raise ValueError("mine alone")

    def half(connection: Connection) -> None:
        put("half")(connection)
        raise KeyError("half")

    held = Held(notes.writer)
    callers = Callers(notes.writer, [put("a"), fail, put("b"), half, put("c"), put("a")])
    held.let_go()
    outcomes = callers.finish()
    assert [type(outcomes[n]) for n in range(6)] == [
        type(None), ValueError, type(None), KeyError, type(None), StorageError,
    ]  # fmt: skip
    assert words(notes.path) == {"a", "b", "c"}


def test_a_drivers_error_names_the_file_and_keeps_its_cause(notes: Database) -> None:
    notes.writer.write(put("twice"))
    with pytest.raises(StorageError, match="UNIQUE constraint failed") as caught:
        notes.writer.write(put("twice"))
    assert str(notes.path) in str(caught.value)
    assert caught.value.__cause__ is not None


def test_a_column_called_full_is_no_full_disk(notes: Database) -> None:
    with pytest.raises(StorageError, match="full_name") as caught:
        notes.writer.write(lambda c: c.execute(text("SELECT full_name FROM notes")))
    assert "Free some space" not in str(caught.value)


def interrupt(_connection: Connection) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_in_the_thread_that_commits_loses_nobody(notes: Database) -> None:
    held = Held(notes.writer, then=interrupt)
    callers = Callers(notes.writer, [put("a"), put("b")])
    held.let_go()
    assert isinstance(held.error, KeyboardInterrupt)
    assert set(callers.finish().values()) == {None}
    assert words(notes.path) == {"a", "b"}


def test_ctrl_c_while_a_group_is_tried_apart_loses_nobody(notes: Database) -> None:
    def fail(_connection: Connection) -> None:
        raise ValueError("tried apart from here on")

    held = Held(notes.writer)
    callers = Callers(notes.writer, [fail, interrupt, put("a"), put("b")])
    held.let_go()
    outcomes = callers.finish()
    # Whoever happened to commit for the others may have met the interruption in their place.
    acknowledged = {word for n, word in ((2, "a"), (3, "b")) if outcomes[n] is None}
    assert acknowledged
    assert acknowledged <= words(notes.path)
    assert any(isinstance(outcome, KeyboardInterrupt) for outcome in outcomes.values())
    notes.writer.write(put("later"))
    assert words(notes.path) >= acknowledged | {"later"}


def test_ctrl_c_on_the_way_to_the_next_leader_leaves_the_writer_working(notes: Database) -> None:
    def interrupt_once(frame: FrameType, _event: str, _argument: object) -> None:
        if frame.f_code is Writer._hand_over.__code__:
            sys.settrace(None)
            raise KeyboardInterrupt

    previous = sys.gettrace()
    sys.settrace(interrupt_once)
    try:
        with pytest.raises(KeyboardInterrupt):
            notes.writer.write(put("a"))
    finally:
        sys.settrace(previous)
    later = threading.Thread(target=lambda: notes.writer.write(put("b")), daemon=True)
    later.start()
    later.join(10)
    assert words(notes.path) == {"a", "b"}


def test_an_interrupted_operation_is_not_done_behind_its_callers_back(notes: Database) -> None:
    def write_then_interrupt(connection: Connection) -> None:
        put("withdrawn")(connection)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        notes.writer.write(write_then_interrupt)
    notes.writer.write(put("after"))
    assert words(notes.path) == {"after"}


def test_closing_leaves_one_whole_file(tmp_path: Path) -> None:
    database = Database(tmp_path / "own.db")
    database.writer.write(lambda c: c.execute(text("CREATE TABLE notes (word TEXT)")))
    database.writer.write(put("kept"))
    database.close()
    assert words(tmp_path / "own.db") == {"kept"}
    assert not (tmp_path / "own.db-wal").exists()
