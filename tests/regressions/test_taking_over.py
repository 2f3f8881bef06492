"""A process that was stopped beyond its lease loses its session, and does it no harm."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest
from genesis.contracts.work import Status
from genesis.errors import UsageError
from genesis.kernel import Kernel
from sqlalchemy import text

from tests.sessions.conftest import Lab
from tests.support import Command, acting, until, write_plan

LONG_AGO = "2020-01-01T00:00:00.000000Z"
OVERDUE = f"UPDATE queue SET lease_until = '{LONG_AGO}' WHERE status = 'leased'"


@contextmanager
def stopped(process: subprocess.Popen[str]) -> Iterator[None]:
    """A process that the system does not run."""
    process.send_signal(signal.SIGSTOP)
    seen = psutil.Process(process.pid)
    try:
        until(lambda: seen.status() == psutil.STATUS_STOPPED, "it is stopped")
        yield
    finally:
        process.send_signal(signal.SIGCONT)


class Home:
    """What is in the database of a command's home."""

    def __init__(self, genesis: Command) -> None:
        self._path = genesis.home / "genesis.db"

    def make_overdue(self) -> None:
        with closing(sqlite3.connect(self._path)) as connection:
            assert connection.execute(OVERDUE).rowcount == 1
            connection.commit()

    def events(self, kind: str) -> list[str]:
        """The keys of the tasks of which this was told, in order."""
        with closing(sqlite3.connect(self._path)) as connection:
            rows = connection.execute(
                "SELECT subject FROM events WHERE type = ? ORDER BY id", [kind]
            )
            return [subject.rpartition(".")[2] for (subject,) in rows]


@pytest.mark.parametrize("continued", ["after the end", "while the other is at work"])
def test_a_stopped_process_gives_its_session_to_another(
    genesis: Command, repository: Path, tmp_path: Path, continued: str
) -> None:
    notes, go = tmp_path / "notes", tmp_path / "go"
    note = ["note", str(notes)]
    write_plan(
        repository,
        acting("a", note, ["wait", str(go)], ["find", "seen"]),
        acting("b", note, depends_on=["a"]),
    )
    first = genesis.start("run", "a goal", "--team", "probe", "--repo", str(repository))
    until(lambda: notes.exists() and notes.read_text(), "a is at work")
    home = Home(genesis)
    with stopped(first):
        refused = genesis("run", "--resume")
        assert refused.returncode == 2, "its leases are good still"
        home.make_overdue()
        second = genesis.start("run", "--resume", "--json")
        until(lambda: "a 2" in notes.read_text(), "the other is at work")
        if continued == "after the end":
            go.touch()
            output, errors = second.communicate(timeout=60)
    _told, of_the_first = first.communicate(timeout=60)
    if continued == "while the other is at work":
        assert second.poll() is None
        go.touch()
        output, errors = second.communicate(timeout=60)
    assert second.returncode == 0, errors
    assert "Traceback" not in of_the_first
    document = json.loads(output)
    ended = {task["key"]: (task["status"], task["attempt"]) for task in document["tasks"]}
    assert ended == {"plan": ("completed", 1), "a": ("completed", 2), "b": ("completed", 1)}
    assert sorted(notes.read_text().splitlines()) == ["a 1", "a 2", "b 1"]
    assert sorted(home.events("task.finished")) == ["a", "b", "plan"]
    assert len(home.events("session.finished")) == 1


def test_a_session_whose_leases_are_good_is_not_taken_over(lab: Lab, tmp_path: Path) -> None:
    go = tmp_path / "go"
    with lab.live(acting("a", ["wait", str(go)])) as live:
        until(lambda: live.status("a") == ("in_progress", 1), "a runs")
        with Kernel(lab.home, plugins="probe") as other:
            assert other.interrupted_sessions() == []
            with pytest.raises(UsageError, match="worked on by another"):
                other.take_up(live.id)
        go.touch()
        live.thread.join(30)
        session, _tasks = lab.read(live.kernel, live.id)
    assert session.status == Status.COMPLETED


@pytest.mark.parametrize("step", [["die", 9], ["find", "too late"]])
def test_an_attempt_that_ends_after_its_lease_has_passed_on_is_dropped(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: list[object]
) -> None:
    monkeypatch.setattr("genesis.sessions.runner._CANCEL_POLL_SECONDS", 1000.0)
    go = tmp_path / "go"
    with lab.live(acting("a", ["wait", str(go)], step), acting("b", depends_on=["a"])) as live:
        until(lambda: live.status("a") == ("in_progress", 1), "a runs")
        with Kernel(lab.home, plugins="probe") as other:
            until(lambda: lab.read(other, live.id)[1]["a"].attempt == 1, "a's claim is recorded")
            other.database.writer.write(lambda c: c.execute(text(OVERDUE)))
            other.take_up(live.id)
            go.touch()
            until(lambda: not live.runner._running, "the first process learns of the end")
            live.runner._next_poll = 0.0
            live.thread.join(30)
            assert not live.thread.is_alive()
            session, tasks = lab.read(other, live.id)
            assert (session.status, session.owner) == (Status.IN_PROGRESS, other.owner)
            assert {key: task.status.value for key, task in tasks.items()} == {
                "plan": "completed", "a": "pending", "b": "pending",
            }  # fmt: skip
            assert tasks["a"].result is None
