"""kill -9 of `genesis up` while sessions, background tasks and schedules are at work, again and
again: with the next start everything goes on by itself, and nothing is done twice.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from genesis import Mind
from genesis.home import Home
from genesis.kernel import Kernel
from genesis.scheduling.schedules import add_schedule

from tests.cli.minded import install_tasks
from tests.service.running import running
from tests.support import Command, acting, install_probe, make_repository, until, write_plan

KILLS = int(os.environ.get("GENESIS_SERVICE_KILLS", "14"))
SESSIONS = 2
TASKS = 3
DAYS_ASLEEP = 3


class World:
    """One home, what was asked of it, and what its work wrote down."""

    def __init__(self, command: Command, repository: Path, folder: Path) -> None:
        self.command = command
        self.repository = repository
        self.notes = folder / "notes"
        self.requests = folder / "requests"
        self.sessions: list[str] = []
        self.tasks: list[str] = []
        self.schedules: list[str] = []

    def ask_for_work(self, number: int) -> None:
        """As the API and another process do: nobody owns what is written."""
        notes = str(self.notes)
        plan = [
            acting("a", ["note", notes], ["pause", 0.05]),
            acting("b", ["note", notes], kind="quick", depends_on=["a"]),
            acting("c", ["note", notes], ["pause", 0.2], depends_on=["a"]),
            acting("d", ["note", notes], depends_on=["b", "c"]),
        ]
        with Kernel(Home(self.command.home), plugins="probe,tasks") as kernel:
            mind = Mind.birth(f"Ann {number}", creator="tests", primary_purpose="to work",
                              store=kernel.minds)  # fmt: skip
            for _ in range(SESSIONS):
                count = len(self.sessions)
                # Of its own, since the planner may read the plan in a later round.
                repository = make_repository(self.repository / str(count))
                write_plan(repository, *[
                    {**task, "description": f"{number}.{count}.{task['key']}"} for task in plan
                ])  # fmt: skip
                session_id, write = kernel.prepare_session("a goal", "probe", repository, {})
                kernel.database.writer.write(write)
                self.sessions.append(session_id)
            for index in range(TASKS):
                name = f"request-{number}-{index}"
                mind.background.submit(name, handler="note", context={"file": str(self.requests)})
                self.tasks.append(name)
            past = datetime.now(UTC) - timedelta(days=DAYS_ASLEEP)
            schedule = add_schedule(
                kernel, repository=self.repository, goal=f"nightly {number}", team="plain",
                cron="30 22 * * *", timezone="UTC", now=past, name=f"nightly-{number}",
            )  # fmt: skip
            self.schedules.append(schedule.id)

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        connection = sqlite3.connect(self.command.home / "genesis.db", timeout=10)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def is_done(self) -> bool:
        (open_sessions,) = self.rows("SELECT count(*) FROM sessions WHERE completed_at IS NULL")
        (open_tasks,) = self.rows(
            "SELECT count(*) FROM background_tasks WHERE completed_at IS NULL"
        )
        (due,) = self.rows("SELECT count(*) FROM schedules WHERE next_at <= ?", _now())
        return (open_sessions, open_tasks, due) == ((0,), (0,), (0,))


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}Z"


@pytest.fixture
def world(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in [name for name in os.environ if name.startswith("GENESIS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GENESIS_DURABILITY", "normal")
    plugins = install_tasks(install_probe(tmp_path / "plugins"))
    monkeypatch.syspath_prepend(plugins)
    (tmp_path / "work").mkdir()
    settings = {"GENESIS_PLUGINS": "probe,tasks", "GENESIS_DURABILITY": "normal"}
    return World(Command(tmp_path / "work", plugins, settings), repository, tmp_path)


@pytest.mark.crash
@pytest.mark.timeout(300)
def test_whenever_it_is_killed_everything_goes_on_by_itself_and_nothing_is_done_twice(
    world: World,
) -> None:
    rng = random.Random(20261122)
    for number in range(KILLS):
        world.ask_for_work(number)
        with running(world.command) as up:
            assert up.url
            # `running` kills what still runs.
            until(_after(rng.uniform(0.0, 1.5)), "the moment to kill")
            if number % 5 == 4:
                # What ten processes in a row ended with is given up, as a slow machine can bring
                # about by kills that come so soon.
                until(world.is_done, "nothing is left to be interrupted once more", 60)
            assert up.process.poll() is None
    with running(world.command) as up:
        assert up.url
        until(world.is_done, "everything is done", 60)
        up.signal()
        assert up.wait() == 0
    _check_sessions(world)
    _check_background(world)
    _check_schedules(world)


def _after(seconds: float) -> Callable[[], bool]:
    ends = time.monotonic() + seconds
    return lambda: time.monotonic() >= ends


def _check_sessions(world: World) -> None:
    found = dict(world.rows("SELECT id, status FROM sessions"))
    assert set(world.sessions) <= set(found)
    assert set(found.values()) == {"completed"}
    ends = Counter(row[0] for row in world.rows(
        "SELECT subject FROM events WHERE type = 'session.finished'"
    ))  # fmt: skip
    assert ends == Counter(list(found))
    _check_tasks(world)
    assert world.rows("SELECT count(*) FROM queue") == [(0,)]


def _check_tasks(world: World) -> None:
    tasks = world.rows("SELECT id, description, attempt, status, error_message FROM tasks")
    events = Counter(world.rows("SELECT subject, type FROM events WHERE type LIKE 'task.%'"))
    notes = Counter(world.notes.read_text().splitlines())
    assert set(notes.values()) == {1}, "an attempt of a task was carried out twice"
    repeated = 0
    for task, description, attempt, status, error in tasks:
        assert status == "completed", f"{task}, attempt {attempt}: {error}"
        assert events[(task, "task.finished")] == 1
        assert events[(task, "task.started")] == attempt
        assert events[(task, "task.interrupted")] == attempt - 1
        repeated += attempt - 1
        noted = [line for line in notes if line.rpartition(" ")[0] == description]
        assert len(noted) <= attempt
    print(f"\n{KILLS} kills, {len(tasks)} tasks of sessions, {repeated} attempts repeated")


def _check_background(world: World) -> None:
    rows = world.rows("SELECT user_request, status, task_id FROM background_tasks")
    assert sorted(row[0] for row in rows) == sorted(world.tasks)
    assert {row[1] for row in rows} == {"completed"}
    lines = Counter(world.requests.read_text().splitlines())
    assert set(lines.values()) == {1}, "an attempt of a background task was carried out twice"
    assert {line.partition(" ")[0] for line in lines} == set(world.tasks)
    ends = Counter(world.rows(
        "SELECT subject FROM events WHERE type = 'background_task.finished'"
    ))  # fmt: skip
    assert ends == Counter((row[2],) for row in rows)


def _check_schedules(world: World) -> None:
    for schedule in world.schedules:
        runs = world.rows(
            "SELECT status, session_id FROM schedule_runs WHERE schedule_id = ?", schedule
        )
        assert Counter(status for status, _ in runs) == {"missed": DAYS_ASLEEP - 1, "started": 1}
    begun = [row[0] for row in world.rows("SELECT session_id FROM schedule_runs WHERE session_id "
                                          "IS NOT NULL")]  # fmt: skip
    assert len(begun) == len(set(begun)) == len(world.schedules)
    (count,) = world.rows("SELECT count(*) FROM sessions")
    assert count == (len(world.sessions) + len(begun),)
