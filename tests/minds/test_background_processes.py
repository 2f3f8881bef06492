"""Several processes on one queue of background tasks, and processes that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from genesis.clock import utc_now
from genesis.contracts.background import TaskStatus
from genesis.home import Home
from genesis.minds.background import BackgroundTasks
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.storage.minds import MindRecord, register_mind
from sqlalchemy import text

from tests.support import until

PROGRAM = Path(__file__).parent / "background_program.py"
GMID = "GMD-2026-AAAA-0001"


@dataclass
class Place:
    """A home, a mind in it, and the log of the programs that work there."""

    home: Home
    database: Database
    tasks: BackgroundTasks
    log: Path

    def start(self, way: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(PROGRAM), str(self.home.root), way, str(self.log)],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def finish(self, process: subprocess.Popen[str]) -> int:
        """Let it work, wait for its end; gives its exit code."""
        _, errors = process.communicate("go\n", timeout=60)
        assert errors == ""
        return process.returncode

    def ran(self) -> list[tuple[str, int, int]]:
        """The attempts that began: task, attempt, process."""
        lines = [line.split() for line in self.log.read_text().splitlines()]
        return [(words[1], int(words[2]), int(words[3])) for words in lines if words[0] == "ran"]

    def finished(self) -> Counter[str]:
        """How often each task has ended, as the events tell."""
        query = text("SELECT subject FROM events WHERE type = 'background_task.finished'")
        with self.database.read() as connection:
            return Counter(connection.execute(query).scalars())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    home = Home(tmp_path / "home")
    home.prepare()
    database = Database(home.database, durability="normal")
    migrate(database, "kernel", KERNEL_REVISIONS)
    mind = MindRecord(GMID, "A", "t", None, "", None, None, "active", utc_now(), utc_now(), "x")
    database.writer.write(lambda c: register_mind(c, mind))
    log = tmp_path / "log"
    log.touch()
    yield Place(home, database, BackgroundTasks(GMID, database), log)
    database.close()


@pytest.mark.parametrize("count", [2, 4])
def test_several_processes_do_each_of_two_hundred_tasks_exactly_once(
    place: Place, count: int
) -> None:
    given = [place.tasks.submit(f"task {n}", priority=n % 3).task_id for n in range(200)]
    processes = [place.start("work") for _ in range(count)]
    until(lambda: place.log.read_text().count("ready") == count, "all processes ready")
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.wait(60) for process in processes] == [0] * count
    assert [process.communicate()[1] for process in processes] == [""] * count
    ran = place.ran()
    assert Counter(task for task, _, _ in ran) == Counter(given)
    assert {attempt for _, attempt, _ in ran} == {1}
    assert place.finished() == Counter(given)
    assert len({process for _, _, process in ran}) > 1
    assert place.tasks.get_active_tasks() == []


def test_what_a_killed_process_had_begun_is_done_by_another_program_that_knows_the_handler(
    place: Place,
) -> None:
    place.tasks.submit("first", context={"saved": "before"})
    second = place.tasks.submit("second")
    dying = place.start("die")
    assert place.finish(dying) == -signal.SIGKILL
    begun = {task for task, _, _ in place.ran()}
    assert begun
    assert all(t.status == TaskStatus.RUNNING for t in place.tasks.get_active_tasks()
               if t.task_id in begun)  # fmt: skip
    other = place.start("work")
    assert place.finish(other) == 0
    done = place.tasks.get_completed_tasks()
    assert [task.status for task in done] == [TaskStatus.COMPLETED] * 2
    assert {str(task.result) for task in done if task.task_id != second.task_id} == {
        str({"by": other.pid, "context": {"saved": "before"}})
    }
    # A death is no failure of the task: its retries are all left.
    assert [task.retry_count for task in done] == [0, 0]
    assert place.finished() == Counter(task.task_id for task in done)
    attempts = Counter(task for task, _, _ in place.ran())
    assert all(attempts[task] == (2 if task in begun else 1) for task in attempts)


def test_a_living_process_keeps_what_it_works_on(place: Place) -> None:
    task = place.tasks.submit("long")
    hanging = place.start("hang")
    try:
        until(place.ran, "the attempt has begun")
        assert place.finish(place.start("work")) == 0
        assert [attempt for _, attempt, _ in place.ran()] == [1]
        found = place.tasks.get_task(task.task_id)
        assert found is not None
        assert found.status == TaskStatus.RUNNING
    finally:
        os.kill(hanging.pid, signal.SIGKILL)
        hanging.communicate()
    assert place.finish(place.start("work")) == 0
    assert [attempt for _, attempt, _ in place.ran()] == [1, 2]
