"""kill -9 at random points of a session of a hundred tasks, again and again.

After each kill the database is read as the dead process left it; after the next start nothing
that was finished may have run again, and nothing acknowledged may be gone.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WORKERS = 2
KILLS = int(os.environ.get("GENESIS_KILLS", "200"))


@dataclass
class Record:
    """What was seen over all kills."""

    kills: int = 0
    sessions: int = 0
    finished: dict[str, str] = field(default_factory=dict)
    in_flight: list[int] = field(default_factory=list)
    rerun: list[int] = field(default_factory=list)
    resumed_after: list[float] = field(default_factory=list)


@dataclass
class Crash:
    """One home in which sessions run and are killed."""

    folder: Path
    executor: str

    @property
    def log(self) -> Path:
        return self.folder / "crash.log"

    def spawn(self) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "CRASH_LOG": str(self.log),
            "CRASH_EXECUTOR": self.executor,
            "CRASH_SPAWNED": str(time.time()),
            "GENESIS_WORKERS": str(WORKERS),
            "PYTHONPATH": str(HERE),
        }
        home, repository = str(self.folder / "home"), str(self.folder / "repository")
        return subprocess.Popen(
            [sys.executable, str(HERE / "driver.py"), home, repository], env=environment
        )

    def tasks(self) -> dict[str, tuple[str, int, str]]:
        """Status, attempt and result token of every task, read as any program could."""
        path = self.folder / "home" / "genesis.db"
        if not path.exists():
            return {}
        connection = sqlite3.connect(path)
        try:
            assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
            rows = connection.execute("SELECT id, status, attempt, result FROM tasks").fetchall()
        except sqlite3.OperationalError:
            return {}  # killed before the first migration
        finally:
            connection.close()
        return {row[0]: (row[1], row[2], _token(row[3])) for row in rows}

    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.log.read_text().splitlines()]


def _token(result: str | None) -> str:
    return "" if result is None else str(json.loads(result)["facts"].get("token", "plan"))


@pytest.mark.crash
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(
    ("executor", "kills"), [("inline", KILLS), ("process", max(1, KILLS // 10))]
)
def test_no_kill_loses_a_result_or_repeats_a_finished_task(
    tmp_path: Path, executor: str, kills: int
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "repository")], check=True)
    crash = Crash(tmp_path, executor)
    record = Record()
    rng = random.Random(20261122)
    while record.kills < kills:
        seen = len(crash.lines()) if crash.log.exists() else 0
        process = crash.spawn()
        try:
            process.wait(timeout=rng.uniform(0.0, 1.6 if executor == "inline" else 6.0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            record.kills += 1
        else:
            assert process.returncode == 0
            record.sessions += 1
        _check(crash, record, seen)
    last = crash.spawn()
    assert last.wait(timeout=120) == 0
    _check(crash, record, len(crash.lines()))
    _check_everything(crash)
    _tell(record)


def _check(crash: Crash, record: Record, seen: int) -> None:
    """Compare with what had been finished before, and with what was said since."""
    tasks = crash.tasks()
    lines = crash.lines()
    for task, token in record.finished.items():
        status, _attempt, now = tasks[task]
        assert (status, now) == ("completed", token), f"{task} was finished and is {status}"
    started = [words[2] for words in lines[seen:] if words[1] == "start"]
    finished_before = {f"{task}-{tasks[task][1]}" for task in record.finished}
    assert not finished_before & set(started), "a finished task ran again"
    acknowledged = {words[2] for words in lines if words[1] == "ack"}
    lost = [task for task in acknowledged if tasks[task][0] != "completed"]
    assert not lost, f"acknowledged and gone: {lost}"
    record.finished = {t: token for t, (status, _, token) in tasks.items() if status == "completed"}
    record.in_flight.append(sum(status == "in_progress" for status, _, _ in tasks.values()))
    rerun = [name for name in started if not name.endswith("-1")]
    assert len(rerun) <= WORKERS, f"more attempts repeated than there are workers: {rerun}"
    record.rerun.append(len(rerun))
    _note_resumption(record, lines[seen:])


def _note_resumption(record: Record, lines: list[list[str]]) -> None:
    spawned = next((float(words[2]) for words in lines if words[1] == "boot"), None)
    first = next((float(words[0]) for words in lines if words[1] == "start"), None)
    if spawned is not None and first is not None:
        record.resumed_after.append(first - spawned)


def _check_everything(crash: Crash) -> None:
    tasks = crash.tasks()
    assert {status for status, _, _ in tasks.values()} == {"completed"}
    starts = Counter(words[2] for words in crash.lines() if words[1] == "start")
    sessions = len({task.rpartition(".")[0] for task in tasks})
    assert len(tasks) == sessions * 101
    assert set(starts.values()) == {1}, "one attempt of one task starts once"
    connection = sqlite3.connect(crash.folder / "home" / "genesis.db")
    try:
        assert connection.execute("SELECT count(*) FROM queue").fetchone() == (0,)
        ended = connection.execute(
            "SELECT subject, count(*) FROM events WHERE type = 'task.finished' GROUP BY subject"
        ).fetchall()
    finally:
        connection.close()
    assert len(ended) == len(tasks)
    assert {count for _, count in ended} == {1}


def _tell(record: Record) -> None:
    median = statistics.median(record.resumed_after)
    print(
        f"\n{record.kills} kills, {record.sessions + 1} sessions finished, "
        f"{len(record.finished)} tasks; in flight at a kill: at most {max(record.in_flight)}, "
        f"repeated attempts: {sum(record.rerun)}; from the start of the process to its first task: "
        f"median {median:.2f} s, longest {max(record.resumed_after):.2f} s"
    )
