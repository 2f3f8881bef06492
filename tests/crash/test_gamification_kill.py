"""`kill -9` of the process that reads the event log into the ledger, hundreds of times."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from genesis.storage.database import Database

from tests.gamification.logs import append, busy_log, everything, make_database, make_plugin, rows

KILLS = 300
EVENTS = 10_000
BATCH = 3
DRIVER = Path(__file__).parents[1] / "gamification" / "driver.py"
PACKS = ["base", "penalties"]


class Driver:
    """A process that forks those that are killed."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(DRIVER), str(path), str(BATCH), "forks"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def kill_one_after(self, seconds: float) -> bool:
        """Let one read for so long and kill it; whether it was still alive."""
        assert self._process.stdin is not None
        self._process.stdin.write("on\n")
        self._process.stdin.flush()
        child = int(self._line())
        assert self._line() == "ready"
        time.sleep(seconds)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        return os.WTERMSIG(int(self._line())) == signal.SIGKILL

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.mark.crash
@pytest.mark.timeout(600)
def test_300_kills_while_10000_events_are_delivered_leave_the_ledger_of_an_undisturbed_run(
    tmp_path: Path,
) -> None:
    log = list(busy_log(EVENTS))
    undisturbed = make_database(tmp_path / "one.db")
    append(undisturbed, log)
    make_plugin(undisturbed, tmp_path, packs=PACKS).catch_up()
    expected = everything(undisturbed)
    undisturbed.close()

    path = tmp_path / "two.db"
    database = make_database(path)
    last = append(database, log)[-1].id
    make_plugin(database, tmp_path, packs=PACKS)
    killed = grew = 0
    chance = random.Random(1)
    # Seconds of a life, so chosen that the log lasts for all of them.
    life = 0.02
    begun = time.monotonic()
    with Driver(path) as driver:
        while killed < KILLS:
            before = checkpoint(database)
            assert before < last, f"the log was read after {killed} kills"
            killed += driver.kill_one_after(chance.uniform(0, 2 * life))
            gained = checkpoint(database) - before
            grew += gained > 0
            aim = (0.8 * last - before) / (KILLS - killed + 1)
            life *= 1.1 if gained < aim else 0.9
    left = last - checkpoint(database)
    print(f"{killed} kills in {time.monotonic() - begun:.0f} s, {grew} of them after progress, "
          f"{left} of {last} events left")  # fmt: skip
    assert killed == KILLS
    assert grew > KILLS // 3
    plugin = make_plugin(database, tmp_path, packs=PACKS)
    plugin.catch_up()
    assert everything(database) == expected
    assert plugin.verify().differences == []
    database.close()


def checkpoint(database: Database) -> int:
    """The last event that was taken."""
    ((found,),) = rows(database, "SELECT checkpoint FROM gamification_state")
    return int(found)
