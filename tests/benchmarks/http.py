"""The API beside a bare Starlette route with the same SQL, both in processes of their own.

One client asks both by turns, so that noise hits both; the rates come from eight clients at once.
Memory and the time to be ready are those of `genesis up` in an empty home, where no memory has
been embedded.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from genesis.clock import utc_now
from genesis.mind import Mind
from genesis.minds.store import MindStore
from genesis.settings import KernelSettings
from genesis.storage.database import Database
from genesis.storage.message_words import feed_backlog
from genesis.storage.migrate import KERNEL_REVISIONS, migrate

from tests.benchmarks.figures import Figure
from tests.benchmarks.messages import GMID, TEXT, seed
from tests.support import free_port

MESSAGES = 1_000_000
SESSIONS = 1000
ROUNDS, CALLS = 7, 100
CLIENTS, SECONDS, RATE_ROUNDS = 8, 2.0, 5
SAID = json.dumps({"role": "user", "content": TEXT, "user_email": "user7@example.org"})
TYPE = {"Content-Type": "application/json"}
Ask = Callable[["Server"], None]


class Server:
    """A process that answers on a port, and one connection to it."""

    def __init__(self, port: int, paths: dict[str, str], headers: dict[str, str]) -> None:
        self.port, self.paths, self.headers = port, paths, headers
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask(self, what: str) -> None:
        """One request and its whole answer. Raises AssertionError when it was refused."""
        method, body = ("POST", SAID) if what == "append" else ("GET", None)
        headers = self.headers | TYPE if body else self.headers
        self.connection.request(method, self.paths[what], body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        assert answer.status in (200, 201), (answer.status, text[:300])

    def again(self) -> Server:
        """Another connection to the same process."""
        return Server(self.port, self.paths, self.headers)


WHAT = {
    "sessions": "GET /api/sessions of 1,000",
    "page": "a page of messages at 1M",
    "append": "POST of a message at 1M",
}


def measure(folder: Path) -> Iterator[Figure]:
    """Start, memory, then each endpoint beside its bare route."""
    yield from _starting(folder / "empty")
    home = folder / "home"
    _fill(home)
    shutil.copy(home / "genesis.db", folder / "bare.db")
    with _genesis(home) as (_, port, token), _bare(folder / "bare.db") as bare_port:
        ours = Server(
            port,
            {
                "sessions": "/api/sessions?limit=50",
                "page": f"/api/minds/{GMID}/messages?limit=50",
                "append": f"/api/minds/{GMID}/messages",
            },
            {"Authorization": f"Bearer {token}"},
        )
        bare = Server(
            bare_port, {"sessions": "/sessions", "page": "/messages", "append": "/messages"}, {}
        )
        for what, name in WHAT.items():
            yield from _latencies(what, name, ours, bare)
        for what, name in WHAT.items():
            yield _rates(what, name, ours, bare)


def _latencies(what: str, name: str, ours: Server, bare: Server) -> Iterator[Figure]:
    taken: dict[Server, list[float]] = {ours: [], bare: []}
    medians: dict[Server, list[float]] = {ours: [], bare: []}
    for _ in range(20):
        ours.ask(what)
        bare.ask(what)
    for _ in range(ROUNDS):
        for server in (ours, bare):
            times = [_seconds(server, what) for _ in range(CALLS)]
            taken[server] += times
            medians[server].append(statistics.median(times))
    mine, theirs = (statistics.median(medians[server]) for server in (ours, bare))
    yield Figure(
        f"{name}, p50", f"{mine * 1e3:.2f} ms", f"bare Starlette {theirs * 1e3:.2f} ms",
        mine / theirs, 1.5,
    )  # fmt: skip
    slow, slow_bare = (statistics.quantiles(taken[server], n=100)[98] for server in (ours, bare))
    yield Figure(
        f"{name}, p99", f"{slow * 1e3:.2f} ms", f"bare Starlette {slow_bare * 1e3:.2f} ms",
        slow / slow_bare, None,
    )  # fmt: skip


def _seconds(server: Server, what: str) -> float:
    begun = time.perf_counter()
    server.ask(what)
    return time.perf_counter() - begun


def _rates(what: str, name: str, ours: Server, bare: Server) -> Figure:
    rates: dict[Server, list[float]] = {ours: [], bare: []}
    for _ in range(RATE_ROUNDS):
        for server in (ours, bare):
            rates[server].append(_rate(server, what))
    mine, theirs = (statistics.median(rates[server]) for server in (ours, bare))
    return Figure(
        f"{name}, {CLIENTS} clients", f"{mine:,.0f}/s", f"bare Starlette {theirs:,.0f}/s",
        mine / theirs, None,
    )  # fmt: skip


def _rate(server: Server, what: str) -> float:
    answered = [0] * CLIENTS
    begun = time.perf_counter()
    until = begun + SECONDS

    def work(number: int) -> None:
        mine = server.again()
        while time.perf_counter() < until:
            mine.ask(what)
            answered[number] += 1
        mine.connection.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(answered) / (time.perf_counter() - begun)


def _starting(home: Path) -> Iterator[Figure]:
    ready = []
    for _ in range(5):
        begun = time.perf_counter()
        with _genesis(home) as (process, _, _):
            ready.append(time.perf_counter() - begun)
            time.sleep(2)
            memory = psutil.Process(process.pid).memory_info().rss / 1e6
    taken = statistics.median(ready)
    yield Figure("genesis up is ready", f"{taken:.2f} s", "limit 3 s", taken / 3, 1)
    yield Figure("  its memory, no embedder", f"{memory:.0f} MB", "limit 120 MB", memory / 120, 1)
    imports = [_importing("genesis.service.up, genesis.web.app") for _ in range(5)]
    beside = [_importing("starlette.applications, uvicorn, sqlmodel") for _ in range(5)]
    mine, theirs = statistics.median(imports), statistics.median(beside)
    yield Figure(
        "importing what it needs", f"{mine * 1e3:.0f} ms",
        f"import starlette, uvicorn, sqlmodel {theirs * 1e3:.0f} ms", mine / theirs, None,
    )  # fmt: skip


def _importing(names: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {names}"], check=True)
    return time.perf_counter() - begun


def _fill(home: Path) -> None:
    """A mind with a million messages, and a thousand sessions."""
    from genesis.home import Home

    opened = Home(home)
    opened.prepare()
    database = Database(opened.database)
    migrate(database, "kernel", KERNEL_REVISIONS)
    store = MindStore(opened, database, KernelSettings(), lambda _type: [])
    Mind("Bench", gmid=GMID, store=store)
    store.close()
    database.writer.write(_add_sessions)
    seed(opened.database, MESSAGES)
    feed_backlog(database)
    database.close()


def _add_sessions(connection: object) -> None:
    run = connection.exec_driver_sql  # type: ignore[attr-defined]
    now = utc_now()
    run("INSERT INTO teams (id, name, domain, description, created_at, updated_at) "
        "VALUES ('bench', 'Bench', 'tests', '', ?, ?)", (now, now))  # fmt: skip
    for number in range(SESSIONS):
        run(
            "INSERT INTO sessions (id, team_id, goal, status, phase, target_repo, iteration_count, "
            "options, reason, open_tasks, cancel_requested, created_at, started_at, completed_at, "
            "duration_seconds, exit_code) VALUES (?, 'bench', 'nightly review', 'completed', "
            "'done', '/nowhere', 1, '{}', '', 0, 0, ?, ?, ?, 1.5, 0)",
            (f"session-20260101T{number:06}Z-0000", now, now, now),
        )


@contextmanager
def _genesis(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, str]]:
    port = free_port()
    command = [sys.executable, "-m", "genesis.cli.main", "up", "--port", str(port)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GENESIS_")}
    with _process([*command, "--home", str(home)], port, "/readyz", environment) as process:
        yield process, port, (home / "token").read_text().strip()


@contextmanager
def _bare(database: Path) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.bare_app", str(database), str(port)]
    with _process(command, port, "/sessions", dict(os.environ)):
        yield port


@contextmanager
def _process(
    command: list[str], port: int, path: str, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet)
    try:
        _wait(process, port, path)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _wait(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.01)
        finally:
            connection.close()
    raise AssertionError(f"{process.args!r} does not answer")
