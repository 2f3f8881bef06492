"""kill -9 at random points of a process that gives background tasks and runs them.

After each kill the database is read as the dead process left it: nothing that was accepted may be
gone, and nothing that had ended may have been run again or have another result.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WORKERS = 2
KILLS = int(os.environ.get("GENESIS_BACKGROUND_KILLS", "60"))


@dataclass
class Crash:
    """One home, the log of its processes, and what was seen to have ended."""

    folder: Path
    seen: int = 0
    results: dict[str, str] = field(default_factory=dict)
    open_at_kill: list[int] = field(default_factory=list)
    repeated: int = 0

    def spawn(self, *options: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "CRASH_LOG": str(self.folder / "log"), "PYTHONPATH": str(HERE)}
        command = [sys.executable, str(HERE / "background_driver.py"), str(self.folder / "home")]
        return subprocess.Popen([*command, *options], env=environment)

    def lines(self, kind: str, since: int = 0) -> list[list[str]]:
        path = self.folder / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [words[2:] for line in lines[since:] if (words := line.split())[1] == kind]

    def rows(self, query: str) -> list[tuple[str, ...]]:
        path = self.folder / "home" / "genesis.db"
        if not path.exists():
            return []
        connection = sqlite3.connect(path)
        try:
            assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError:
            return []  # killed before the migrations
        finally:
            connection.close()

    def check(self) -> None:
        """Compare with what was accepted, and with what had ended before."""
        tasks = {
            task: (status, result, context)
            for task, status, result, context in self.rows(
                "SELECT task_id, status, result, context FROM background_tasks"
            )
        }
        for task, word in self.lines("accepted"):
            assert task in tasks, f"{task} was accepted and is gone"
            assert json.loads(tasks[task][2])["said"] == word, f"{task} lost its context"
        for task, result in self.results.items():
            assert tasks[task][:2] == ("completed", result), f"{task} had ended and has changed"
        started = [task for task, _attempt in self.lines("start", self.seen)]
        again = set(started) & set(self.results)
        assert not again, f"ended tasks were run again: {again}"
        interrupted = self.rows(
            "SELECT subject FROM events WHERE type = 'background_task.interrupted'"
        )
        assert len(interrupted) - self.repeated <= WORKERS, "more was repeated than was in flight"
        self.repeated = len(interrupted)
        twice = self.rows(
            "SELECT subject FROM events WHERE type = 'background_task.finished' "
            "GROUP BY subject HAVING count(*) > 1"
        )
        assert twice == [], "ended twice"
        self.results = {t: result for t, (status, result, _) in tasks.items()
                        if status == "completed"}  # fmt: skip
        self.open_at_kill.append(len(tasks) - len(self.results))
        path = self.folder / "log"
        self.seen = len(path.read_text().splitlines()) if path.exists() else 0


@pytest.mark.crash
@pytest.mark.timeout(1200)
def test_no_kill_loses_an_accepted_task_or_completes_one_twice(tmp_path: Path) -> None:
    crash = Crash(tmp_path)
    rng = random.Random(20261123)
    for _ in range(KILLS):
        process = crash.spawn()
        try:
            # The start takes about half a second, more on a busy machine.
            code = process.wait(timeout=rng.uniform(0.2, 2.5))
            pytest.fail(f"the process ended by itself with {code}")
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        crash.check()
    last = crash.spawn("drain")
    assert last.wait(timeout=120) == 0
    crash.check()
    accepted = crash.lines("accepted")
    assert len(accepted) > KILLS
    assert len(crash.results) >= len(accepted)
    assert crash.rows("SELECT item FROM queue") == []
    assert {status for (status,) in crash.rows("SELECT status FROM background_tasks")} == {
        "completed"
    }
    attempts = Counter((task, attempt) for task, attempt in crash.lines("start"))
    assert set(attempts.values()) == {1}, "one attempt of one task begins once"
    print(
        f"\n{KILLS} kills, {len(accepted)} tasks accepted, {len(crash.results)} completed; open at "
        f"a kill: at most {max(crash.open_at_kill)}; interrupted attempts: {crash.repeated}"
    )
