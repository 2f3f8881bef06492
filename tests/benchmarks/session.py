"""A session of a hundred no-op tasks against raw sqlite3 writing the same rows."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

from genesis.home import Home
from genesis.host.discovery import Candidate
from genesis.kernel import Kernel

from tests.benchmarks.figures import Figure, interleaved

CANDIDATE = Candidate(
    "bench", "tests.benchmarks.bench_team:BenchTeam", "bench", "1", ("genesis-kernel>=0",)
)


def measure(folder: Path) -> Iterator[Figure]:
    """The whole session, from its creation to its summary, both at synchronous=FULL."""
    repository = folder / "repository"
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    with Kernel(Home(folder / "home"), candidates=[CANDIDATE]) as kernel:

        def ours() -> None:
            session_id = kernel.create_session("bench", "bench", repository, {})
            runner = kernel.runner()
            runner.open(session_id)
            runner.run()

        ours()  # the first session compiles statements
        raw = _Raw(folder, kernel.home.database)
        our_seconds, raw_seconds, joined_seconds = interleaved(
            7, ours, raw.run, lambda: raw.run(commits_of_a_task=1)
        )
    yield Figure(
        "session of 100 no-op tasks, all persisted (FULL)",
        f"{our_seconds * 1000:.0f} ms",
        f"raw sqlite3 {raw_seconds * 1000:.0f} ms",
        our_seconds / raw_seconds,
        3.0,
    )
    yield Figure(
        "  the same against one commit a task",
        f"{our_seconds * 1000:.0f} ms",
        f"raw sqlite3 {joined_seconds * 1000:.0f} ms",
        our_seconds / joined_seconds,
        None,
    )


class _Raw:
    """The same rows by hand: create, and for each task one commit to claim and one to finish."""

    def __init__(self, folder: Path, like: Path) -> None:
        self._connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
        source = sqlite3.connect(like)
        script = "\n".join(
            f"{row[0]};"
            for row in source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL "
                                      "AND name NOT LIKE 'sqlite_%' "
                                      "AND name NOT LIKE 'message_words_%'")
        )  # fmt: skip
        self._rows = {
            name: source.execute(f"SELECT * FROM {name}").fetchall()
            for name in ("sessions", "tasks", "events", "teams", "agents", "repositories")
        }
        session = self._rows["sessions"][0][0]
        self._tasks = [row for row in self._rows["tasks"] if row[1] == session]
        self._events = [row for row in self._rows["events"] if row[3] == session]
        source.close()
        self._connection.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;" + script
        )
        for name in ("teams", "agents", "repositories"):
            for row in self._rows[name]:
                self._insert(name, row)
        self._round = 0

    def run(self, commits_of_a_task: int = 2) -> None:
        """One session. A claim that is durable before the work begins needs a commit of its own."""
        self._round += 1
        suffix = f"-{self._round}"
        session = self._rows["sessions"][0]
        session_id = session[0] + suffix
        do = self._connection.execute
        do("BEGIN IMMEDIATE")
        self._insert("sessions", (session_id, *session[1:]))
        do("COMMIT")
        do("BEGIN IMMEDIATE")
        for task in self._tasks:
            self._insert("tasks", (task[0] + suffix, session_id, *task[2:-1], None))
            do("INSERT INTO queue (lane, item, priority, run_at, status, attempt) "
               "VALUES (?, ?, 1, '', 'ready', 0)", (session_id, task[0] + suffix))  # fmt: skip
        do("COMMIT")
        event = self._events[-1]
        for task in self._tasks:
            task_id = task[0] + suffix
            do("BEGIN IMMEDIATE")
            do("UPDATE queue SET status = 'leased', owner = 'raw', attempt = attempt + 1 "
               "WHERE id = (SELECT id FROM queue WHERE lane = ? AND status = 'ready' "
               "ORDER BY priority DESC, run_at, id LIMIT 1)", (session_id,))  # fmt: skip
            do("UPDATE tasks SET status = 'in_progress', attempt = 1 WHERE id = ?", (task_id,))
            self._event(event, "task.started", task_id, session_id)
            if commits_of_a_task == 2:
                do("COMMIT")
                do("BEGIN IMMEDIATE")
            do("DELETE FROM queue WHERE item = ?", (task_id,))
            do("UPDATE tasks SET status = 'completed', result = ? WHERE id = ?",
               (task[-1], task_id))  # fmt: skip
            do("UPDATE sessions SET open_tasks = open_tasks - 1 WHERE id = ?", (session_id,))
            self._event(event, "task.finished", task_id, session_id)
            do("COMMIT")
        do("BEGIN IMMEDIATE")
        do("UPDATE sessions SET status = 'completed' WHERE id = ?", (session_id,))
        self._event(event, "session.finished", session_id, session_id)
        do("COMMIT")

    def _event(self, like: tuple[object, ...], kind: str, subject: str, session_id: str) -> None:
        self._connection.execute(
            "INSERT INTO events (type, subject, session_id, payload, created_at) "
            "VALUES (?, ?, ?, ?, ?)",
            (kind, subject, session_id, like[4], like[5]),
        )

    def _insert(self, name: str, row: tuple[object, ...]) -> None:
        marks = ", ".join("?" for _ in row)
        self._connection.execute(f"INSERT INTO {name} VALUES ({marks})", row)
