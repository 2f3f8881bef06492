"""Many processes, threads and probes at one home: each learns the truth, none is turned away."""

from __future__ import annotations

import fcntl
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from genesis import home as home_module
from genesis.errors import StorageError
from genesis.home import Home, OwnerLock, is_owner_alive
from genesis.storage.database import Database
from genesis.storage.writer import Writer, _Waiting
from sqlalchemy import text

from tests.support import until

OPENERS = 4
CALLERS = 8


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that can be used."""
    made = Home(tmp_path / "home")
    made.prepare()
    return made


def dead(home: Home, name: str) -> str:
    """What an owner leaves that was killed."""
    (home.locks / f"owner-{name}.lock").write_text("1\n")
    return name


def test_one_who_probes_a_dead_owner_is_not_taken_for_it(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = dead(home, "dead")
    real, answers = fcntl.flock, []

    def flock(file: object, how: int) -> None:
        real(file, how)
        if not answers:  # the first holds its lock while a second looks
            answers.append(None)
            answers[0] = is_owner_alive(home, owner)

    monkeypatch.setattr(home_module.fcntl, "flock", flock)
    assert is_owner_alive(home, owner) is False
    assert answers == [False]
    assert list(home.locks.iterdir()) == []


def test_threads_that_probe_at_once_all_learn_that_an_owner_is_dead(home: Home) -> None:
    owners = [dead(home, f"dead-{n}") for n in range(200)]
    living = OwnerLock(home)
    start = threading.Barrier(3)
    wrong: list[str] = []

    def probe() -> None:
        for owner in owners:
            start.wait(30)
            if is_owner_alive(home, owner):
                wrong.append(owner)
            if not is_owner_alive(home, living.owner):
                wrong.append("the living one")

    threads = [threading.Thread(target=probe) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    living.release()
    assert is_owner_alive(home, living.owner) is False


@pytest.fixture
def openers() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that wait for a path to open."""
    program = Path(__file__).with_name("openers.py")
    started = [
        subprocess.Popen(
            [sys.executable, str(program)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(OPENERS)
    ]  # fmt: skip
    for process in started:
        assert process.stdout.readline() == "ready\n"
    yield started
    for process in started:
        process.communicate(timeout=30)


@pytest.mark.parametrize(("how", "rounds"), [("open", 60), ("migrate", 6)])
def test_processes_that_open_a_new_home_at_once_never_see_it_locked(
    openers: list[subprocess.Popen[str]], tmp_path: Path, how: str, rounds: int
) -> None:
    told = []
    for number in range(rounds):
        for process in openers:
            process.stdin.write(f"{how} {tmp_path / f'{number}.db'}\n")
            process.stdin.flush()
        told += [process.stdout.readline() for process in openers]
    assert set(told) == {"ok\n"}


def test_the_first_switch_of_a_new_file_waits_for_who_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "genesis.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE t (x)")
        other.execute("INSERT INTO t VALUES (1)")
        other.execute("BEGIN")
        other.execute("SELECT * FROM t").fetchall()
        waits = []

        def instead_of_sleep(_seconds: float) -> None:
            waits.append(1)
            if other.in_transaction:
                other.execute("COMMIT")

        monkeypatch.setattr("genesis.storage.database.BUSY_SECONDS", 0.2)
        monkeypatch.setattr("genesis.storage.database.time.sleep", instead_of_sleep)
        monkeypatch.setattr("genesis.storage.database.time.monotonic", lambda: 0.0)
        database = Database(path, durability="normal")
        database.close()
    assert waits


class Locked:
    """A database whose file another program has locked, and callers who want to write."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path, durability="normal")
        self._write("CREATE TABLE notes (word)")
        self.other = sqlite3.connect(path, isolation_level=None)

    def _write(self, statement: str) -> None:
        self.database.writer.write(lambda c: c.execute(text(statement)))

    def note(self, number: int) -> None:
        self._write(f"INSERT INTO notes VALUES ('{number}')")

    def count(self) -> int:
        return self.other.execute("SELECT count(*) FROM notes").fetchone()[0]

    def together(self, call: Callable[[int], None]) -> None:
        """Let the callers wait for one turn of the writer, so that they are one group."""
        writer = self.database.writer
        threads = [threading.Thread(target=call, args=(n,)) for n in range(CALLERS)]
        leader = _Waiting[object](lambda _connection: None)
        leader.leads = writer._led = True
        for thread in threads:
            thread.start()
        until(lambda: len(writer._waiting) == CALLERS, "all wait")
        writer._hand_over(leader)
        for thread in threads:
            thread.join(60)


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Locked]:
    """It waits a fifth of a second for a lock."""
    monkeypatch.setattr("genesis.storage.database.BUSY_SECONDS", 0.2)
    made = Locked(tmp_path / "genesis.db")
    yield made
    made.other.close()
    made.database.close()


def test_a_group_that_finds_the_file_locked_waits_once_and_fails_as_one(
    locked: Locked, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[StorageError] = []
    begun: list[str] = []
    real = Writer._execute

    def execute(writer: Writer, statement: str) -> None:
        begun.extend([statement] if statement == "BEGIN IMMEDIATE" else [])
        real(writer, statement)

    def call(number: int) -> None:
        try:
            locked.note(number)
        except StorageError as error:
            errors.append(error)

    monkeypatch.setattr(Writer, "_execute", execute)
    locked.other.execute("BEGIN IMMEDIATE")
    locked.together(call)
    assert len(errors) == CALLERS
    assert all("write lock" in str(error) for error in errors)
    assert len(begun) == 1
    locked.other.execute("ROLLBACK")
    assert locked.count() == 0
    locked.together(locked.note)
    assert locked.count() == CALLERS


def test_a_group_with_one_bad_operation_is_still_tried_apart(locked: Locked) -> None:
    failed: list[int] = []

    def call(number: int) -> None:
        try:
            locked.note(number) if number else locked._write("INSERT INTO nothing VALUES (1)")
        except StorageError:
            failed.append(number)

    locked.together(call)
    assert (failed, locked.count()) == ([0], CALLERS - 1)


@pytest.mark.parametrize("at", ["BEGIN IMMEDIATE", "COMMIT"])
def test_an_interrupted_turn_loses_no_operation_of_others_and_does_none_twice(
    locked: Locked, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    interrupted: list[int] = []
    real = Writer._execute

    def execute(writer: Writer, statement: str) -> None:
        if statement == "COMMIT":
            real(writer, statement)
        if statement == at and not interrupted:
            # Before the beginning; or after the end, when all of the group is durable.
            interrupted.append(-1)
            raise KeyboardInterrupt
        if statement != "COMMIT":
            real(writer, statement)

    def call(number: int) -> None:
        try:
            locked.note(number)
        except KeyboardInterrupt:
            interrupted.append(number)

    monkeypatch.setattr(Writer, "_execute", execute)
    locked.together(call)
    monkeypatch.undo()
    assert len(interrupted) == 2
    rows = locked.other.execute("SELECT word, count(*) FROM notes GROUP BY word").fetchall()
    lost = {interrupted[1]} if at == "BEGIN IMMEDIATE" else set()
    assert dict(rows) == {str(n): 1 for n in range(CALLERS) if n not in lost}
