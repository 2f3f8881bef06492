"""kill -9 at random points of two processes that ask what is due in the same home.

After each kill the database is read as the dead process left it: as many follow-ups stand in the
conversations as concerns are marked as asked. In the end each was asked exactly once.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from genesis.clock import utc_after, utc_now
from genesis.home import Home
from genesis.storage.concerns import add_concern
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.storage.minds import MindRecord, register_mind
from sqlalchemy import Connection

HERE = Path(__file__).parent
KILLS = int(os.environ.get("GENESIS_FOLLOWUP_KILLS", "100"))
AT_ONCE = 2
MINDS = [f"GMD-2026-AAAA-000{number}" for number in range(3)]
# What becomes due before each kill: more than is asked until then.
AT_A_TIME = 200


class Source:
    """A home in whose minds more and more becomes due, each concern of a user of its own."""

    def __init__(self, folder: Path) -> None:
        home = Home(folder)
        home.prepare()
        self.database = Database(home.database, durability="normal")
        migrate(self.database, "kernel", KERNEL_REVISIONS)
        self.expected: set[tuple[str, str, str]] = set()

        def write(connection: Connection) -> None:
            now = utc_now()
            for gmid in MINDS:
                mind = MindRecord(gmid, gmid, "t", None, "", None, None, "active", now, now, "x")
                register_mind(connection, mind)

        self.database.writer.write(write)

    def add(self) -> None:
        first = len(self.expected)
        rows = [
            (MINDS[number % len(MINDS)], f"u{number}@example.org", f"c{number}")
            for number in range(first, first + AT_A_TIME)
        ]
        due = utc_after(-3600)

        def write(connection: Connection) -> None:
            for gmid, user, name in rows:
                values = {
                    "mind_gmid": gmid, "concern_id": name, "created_at": due, "content": "a cold",
                    "concern_type": "health", "user_email": user, "context": "",
                    "priority": "medium", "confidence": 0.5, "next_check_at": due,
                    "extra_data": "{}",
                }  # fmt: skip
                add_concern(connection, values)

        self.database.writer.write(write)
        self.expected |= set(rows)


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / "followups_driver.py"), str(folder), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kill(process: subprocess.Popen[str]) -> None:
    assert process.poll() is None, "it ended by itself"
    process.kill()
    process.communicate()


def check(folder: Path) -> int:
    """Compare messages, marks and events of one consistent state; gives how many were asked."""
    with closing(sqlite3.connect(folder / "genesis.db")) as connection:
        connection.execute("BEGIN")
        (said,) = connection.execute("SELECT count(*) FROM conversation_messages").fetchone()
        marked, most = connection.execute(
            "SELECT coalesce(sum(check_count), 0), max(check_count) FROM concerns"
        ).fetchone()
        told = dict(connection.execute("SELECT type, count(*) FROM events GROUP BY type"))
        assert (marked, told.get("concern.checked", 0)) == (said, said)
        assert told.get("message.added", 0) == said
        assert most <= 1
    return int(said)


@pytest.mark.crash
@pytest.mark.timeout(600)
def test_every_due_follow_up_is_sent_exactly_once_whoever_is_killed(tmp_path: Path) -> None:
    source = Source(tmp_path)
    rng = random.Random(20261122)
    running: list[subprocess.Popen[str]] = []
    at_work, begun = 0, time.monotonic()
    try:
        for _ in range(KILLS):
            while len(running) < AT_ONCE:
                running.append(start(tmp_path))
            assert running[0].stdout is not None
            assert running[0].stdout.readline() == "ready\n"
            source.add()
            time.sleep(rng.uniform(0.0, 0.1))
            kill(running.pop(0))
            at_work += check(tmp_path) < len(source.expected)
    finally:
        for process in running:
            kill(process)
    seconds = time.monotonic() - begun
    assert at_work > KILLS / 2, "most kills met nobody at work"
    for process in [start(tmp_path, "once") for _ in range(AT_ONCE)]:
        output, _ = process.communicate(timeout=300)
        assert (process.returncode, output) == (0, "ready\n")
    source.database.close()
    assert check(tmp_path) == len(source.expected)
    with closing(sqlite3.connect(tmp_path / "genesis.db")) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        rows = connection.execute(
            "SELECT mind_gmid, user_email, extra_data FROM conversation_messages"
        ).fetchall()
    asked = {(mind, user, json.loads(about)["concern_id"]) for mind, user, about in rows}
    assert asked == source.expected
    print(
        f"\n{KILLS} kills in {seconds:.0f} s, {at_work} of them met somebody at work; "
        f"{len(rows):,} follow-ups, each sent once"
    )
