"""The soak: one home served for a long time, first killed again and again, then left alone.

`measure` gives what was seen and `problems` what of it must not be. In the first half of the time
there is a `kill -9` every twenty seconds; in the other one process goes on undisturbed, so that
the growth of its memory shows once its caches are full.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import statistics
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.crash.soak_load import Client, Ledger, Target
from tests.support import Command, acting, free_port, make_repository, until, write_plan

CLIENTS, RATE = 8, 200.0
KILL_SECONDS = 20.0
SCHEDULES = 3
MOST_LOG_BYTES = 64 * 1024 * 1024
READY_SECONDS = 30.0


@dataclass
class Seen:
    """What the soak saw. `memory` holds (seconds, MB) of the last process, `down` the seconds from
    each kill until the next process was ready."""

    ledger: Ledger
    kills: int = 0
    requests: int = 0
    seconds: float = 0.0
    down: list[float] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    log_bytes: int = 0
    files: int = 0

    @property
    def slope(self) -> float:
        """MB in ten minutes, by least squares over the second half of the undisturbed time."""
        late = self.memory[len(self.memory) // 2 :]
        if len(late) < 3:
            return 0.0
        line = statistics.linear_regression([s for s, _ in late], [mb for _, mb in late])
        return line.slope * 600


class Soak:
    """A home, the process that serves it, and the clients."""

    def __init__(self, folder: Path, probe: Path) -> None:
        self.folder = folder
        work = folder / "work"
        work.mkdir()
        self.command = Command(work, probe, {"GENESIS_WORKERS": "2"})
        self.home = self.command.home
        self.notes = folder / "notes.log"
        self.repository = make_repository(folder / "repository")
        steps = acting("one", ["note", str(self.notes)], kind="quick")
        write_plan(self.repository, steps, acting("two", kind="quick", depends_on=["one"]))
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    def prepare(self) -> Target:
        """A mind, schedules for every minute, and the token."""
        made = self.command("minds", "create", "Soak", "--json")
        assert made.returncode == 0, made.stderr
        for number in range(SCHEDULES):
            added = self.command(
                "schedule", "add", "--cron", "* * * * *", "--zone", "UTC", "--name",
                f"every-{number}", "--", "run", f"scheduled {number}", "--repo",
                str(self.repository), "--team", "probe",
            )  # fmt: skip
            assert added.returncode == 0, added.stderr
        self.start()
        token = (self.home / "token").read_text().strip()
        mind = json.loads(made.stdout)["gmid"]
        return Target(self.port, token, mind, str(self.repository), "probe")

    def start(self) -> float:
        """Start the server; gives the seconds until it is ready."""
        begun = time.monotonic()
        with (self.folder / "server.log").open("a") as log:
            self.process = self.command.start(
                "up", "--port", str(self.port), stdout=log, stderr=subprocess.STDOUT
            )
        until(self._is_ready, "the server is ready", READY_SECONDS)
        return time.monotonic() - begun

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it as a person does, with Ctrl-C."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "server.log").read_text()[-3000:]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def measure(self, seconds: float, tell: Callable[[str], None] = print) -> Seen:
        """Run the load for that long, in which the server dies and comes back."""
        target = self.prepare()
        seen = Seen(Ledger())
        clients = [Client(target, seen.ledger, n, RATE / CLIENTS) for n in range(CLIENTS)]
        begun = time.monotonic()
        for client in clients:
            client.start()
        while time.monotonic() - begun < seconds / 2:
            time.sleep(KILL_SECONDS)
            self._look(seen, begun)
            self.kill()
            seen.kills += 1
            seen.down.append(self.start())
            tell(self._line(seen, begun))
        seen.memory.clear()
        while time.monotonic() - begun < seconds:
            time.sleep(2)
            self._look(seen, begun)
        seen.seconds = time.monotonic() - begun
        for client in clients:
            client.stopping.set()
        for client in clients:
            client.join()
        seen.requests = sum(client.sent for client in clients)
        tell(self._line(seen, begun))
        until(self._is_idle, "every session has its end", 120)
        self.stop()
        return seen

    def _look(self, seen: Seen, begun: float) -> None:
        assert self.process is not None
        process = psutil.Process(self.process.pid)
        megabytes = process.memory_info().rss / 1e6
        seen.memory.append((time.monotonic() - begun, megabytes))
        seen.files = max(seen.files, process.num_fds())
        log = self.home / "genesis.db-wal"
        seen.log_bytes = max(seen.log_bytes, log.stat().st_size if log.exists() else 0)

    def _line(self, seen: Seen, begun: float) -> str:
        statuses = ", ".join(f"{k}: {v:,}" for k, v in sorted(seen.ledger.statuses.items()))
        last = f"{seen.memory[-1][1]:.0f} MB" if seen.memory else ""
        return f"{time.monotonic() - begun:6.0f} s  {seen.kills} kills  {last}  {statuses}"

    def _is_idle(self) -> bool:
        with sqlite3.connect(self.home / "genesis.db") as connection:
            query = "SELECT count(*) FROM sessions WHERE completed_at IS NULL"
            (count,) = connection.execute(query).fetchone()
        connection.close()
        return bool(count == 0)

    def problems(self, seen: Seen) -> list[str]:
        """What was lost, done twice or left without a record; empty when all is well."""
        connection = sqlite3.connect(self.home / "genesis.db")
        try:
            return [
                *_write_problems(connection, seen.ledger),
                *_session_problems(connection, seen.ledger),
                *_schedule_problems(connection),
                *(f"unexpected answer: {line}" for line in seen.ledger.failures[:10]),
                *_bounds(seen),
            ]
        finally:
            connection.close()


def _bounds(seen: Seen) -> list[str]:
    found = []
    if seen.log_bytes > MOST_LOG_BYTES:
        found.append(f"the log of the database grew to {seen.log_bytes:,} bytes")
    if seen.files > 200:
        found.append(f"{seen.files} files were open")
    return found


def _write_problems(connection: sqlite3.Connection, ledger: Ledger) -> list[str]:
    tables = {"message": "conversation_messages", "concern": "concerns"}
    found = []
    for kind, table in tables.items():
        rows = Counter(row[0] for row in connection.execute(f"SELECT content FROM {table}"))
        acknowledged = ledger.acknowledged.get(kind, {})
        found += [f"{kind} {name} was lost" for name in acknowledged if not rows[name]]
        begun = ledger.begun.get(kind, set())
        found += [f"{kind} {name} is there twice" for name in begun if rows[name] > 1]
    (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    return found if verdict == "ok" else [*found, f"the database: {verdict}"]


def _session_problems(connection: sqlite3.Connection, ledger: Ledger) -> list[str]:
    rows = connection.execute("SELECT goal, status FROM sessions").fetchall()
    goals = Counter(goal for goal, _ in rows)
    asked = ledger.acknowledged.get("session", {})
    found = [f"the session {goal!r} was lost" for goal in asked if not goals[goal]]
    found += [
        f"the session {goal!r} ran twice"
        for goal in ledger.begun.get("session", set())
        if goals[goal] > 1
    ]
    return found + [f"{goal!r} is {status}" for goal, status in rows if status != "completed"]


def _schedule_problems(connection: sqlite3.Connection) -> list[str]:
    """Each minute of each schedule has one record, and each session that one began is there."""
    found = []
    for (name,) in connection.execute("SELECT id FROM schedules").fetchall():
        rows = connection.execute(
            "SELECT scheduled_for, status, session_id FROM schedule_runs WHERE schedule_id = ? "
            "ORDER BY scheduled_for", (name,)
        ).fetchall()  # fmt: skip
        minutes = [row[0][:16] for row in rows]
        if len(set(minutes)) != len(minutes):
            found.append(f"{name}: a minute has two records: {minutes}")
        if minutes and len(minutes) != _minutes_between(minutes[0], minutes[-1]) + 1:
            found.append(f"{name}: a minute has no record: {minutes}")
        sessions = [row[2] for row in rows if row[1] == "started"]
        if len(set(sessions)) != len(sessions) or None in sessions:
            found.append(f"{name}: two runs of one session: {sessions}")
        if not rows:
            found.append(f"{name}: it never ran")
    return found


def _minutes_between(first: str, last: str) -> int:
    times = [time.strptime(text, "%Y-%m-%dT%H:%M") for text in (first, last)]
    return round((time.mktime(times[1]) - time.mktime(times[0])) / 60)


def report(seen: Seen) -> str:
    """The figures in a few lines."""
    statuses = ", ".join(f"{k}: {v:,}" for k, v in sorted(seen.ledger.statuses.items()))
    written = ", ".join(f"{len(v):,} {k}s" for k, v in seen.ledger.acknowledged.items())
    memory = [mb for _, mb in seen.memory]
    start = seen.memory[0][0]
    minutes = {int((second - start) // 60): mb for second, mb in seen.memory}
    return os.linesep.join(
        [
            f"{seen.requests:,} requests in {seen.seconds:.0f} s "
            f"({seen.requests / seen.seconds:.0f}/s), {seen.kills} kills",
            f"answers {statuses}; without an answer {seen.ledger.broken:,}",
            f"acknowledged: {written}",
            f"down {statistics.median(seen.down):.1f} s at each kill (median), "
            f"{max(seen.down):.1f} s at most",
            f"memory {min(memory):.0f} to {max(memory):.0f} MB undisturbed, slope "
            f"{seen.slope:+.2f} "
            f"MB in 10 minutes; log of the database at most {seen.log_bytes / 1e6:.1f} MB; "
            f"{seen.files} files open at most",
            "memory at the end of each minute: " + " ".join(f"{mb:.1f}" for mb in minutes.values()),
        ]
    )
