"""Schedules and processes: each time once, with two of them at work and with one killed midway."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from genesis.home import Home
from genesis.kernel import Kernel
from genesis.storage.records import list_sessions, read_tasks
from genesis.storage.schedules import list_runs

from tests.scheduling.conftest import Clocked

DRIVER = Path(__file__).parent / "driver.py"
TIMES = [f"2026-01-01T{minute // 60:02}:{minute % 60:02}" for minute in range(1, 121)]


def prepared(home: Home, repository: Path) -> str:
    with Kernel(home, plugins="probe") as kernel:
        return Clocked(kernel, repository).add(overlap=True).id


def seen(home: Home, schedule: str) -> tuple[list[tuple[str, str]], list[str | None], list[str]]:
    """The runs, their sessions, and the sessions that there are with their first task."""
    with Kernel(home, plugins="probe") as kernel:
        runs = list(reversed(list_runs(kernel.database, schedule, 1000)))
        with kernel.database.read() as connection:
            sessions = [
                session.id
                for session in list_sessions(connection, 1000)
                if len(read_tasks(connection, session.id)) == 1
            ]
    listed = [(run.scheduled_for[:16], run.status.value) for run in runs]
    return listed, sorted(run.session_id for run in runs if run.session_id), sorted(sessions)


def test_of_two_processes_on_one_home_one_begins_each_time(home: Home, repository: Path) -> None:
    schedule = prepared(home, repository)
    arguments = [sys.executable, str(DRIVER), "race", str(home.root), f"{TIMES[-1]}:59"]
    racers = [subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    began = [int(racer.communicate(timeout=60)[0]) for racer in racers]
    runs, of_runs, sessions = seen(home, schedule)
    assert runs == [(time, "started") for time in TIMES]
    assert of_runs == sessions
    assert (sum(began), len(sessions)) == (120, 120)
    assert all(began), "both took part"


def test_a_kill_before_any_statement_of_a_time_leaves_it_to_the_next_process(
    home: Home, repository: Path
) -> None:
    schedule = prepared(home, repository)
    arguments = [sys.executable, str(DRIVER), "die", str(home.root)]
    driver = subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert driver.stdin is not None
    assert driver.stdout is not None
    done, killed = 0, 0
    for time in TIMES:
        # One statement later each time; the next process begins what was left.
        driver.stdin.write(f"{time}:00Z {done + 1}\n{time}:00Z 1000\n")
        ends = [driver.stdout.readline().strip() for _ in range(2)]
        assert ends[1] == "lived"
        done += 1
        if ends[0] == "lived":
            break
        killed += 1
    driver.communicate(timeout=60)
    runs, of_runs, sessions = seen(home, schedule)
    assert runs == [(time, "started") for time in TIMES[:done]]
    assert of_runs == sessions
    assert len(sessions) == done
    assert killed > 8, "begin, every statement and commit"
