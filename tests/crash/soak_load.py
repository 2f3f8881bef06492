"""The load of the soak: clients that read and write over HTTP at a steady rate, and their ledger.

Every write has an `Idempotency-Key` and is repeated with it until it is acknowledged, as a careful
client does when the server dies under its hands.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

SECONDS_TO_WAIT = 10.0
USERS = [f"user{number}@example.org" for number in range(20)]


@dataclass
class Target:
    """Where the server answers, and what the clients talk about."""

    port: int
    token: str
    mind: str
    repository: str
    team: str


@dataclass
class Ledger:
    """What was asked and what was answered; the lock makes it safe for all clients."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    begun: dict[str, set[str]] = field(default_factory=dict)
    acknowledged: dict[str, dict[str, str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, kind: str, name: str) -> None:
        """A write was sent for the first time."""
        with self.lock:
            self.begun.setdefault(kind, set()).add(name)

    def acknowledge(self, kind: str, name: str, answer: str) -> None:
        """The server said that it has it."""
        with self.lock:
            self.acknowledged.setdefault(kind, {})[name] = answer

    def count(self, status: int, what: str) -> None:
        """An answer; those that nobody expects are kept with their request."""
        with self.lock:
            self.statuses[status] += 1
            if status >= 500 or status in (400, 401, 403, 404, 405, 421, 422):
                self.failures.append(f"{status} {what}")


class Client(threading.Thread):
    """One connection that sends `rate` requests a second until it is stopped."""

    def __init__(self, target: Target, ledger: Ledger, number: int, rate: float) -> None:
        super().__init__(name=f"client {number}", daemon=True)
        self._target, self._ledger, self._rate = target, ledger, rate
        self._chance = random.Random(number)
        self._names = (f"c{number}-{n}" for n in count())
        self._connection: http.client.HTTPConnection | None = None
        self._cursor = ""
        self.stopping = threading.Event()
        self.paused = threading.Event()
        self.sent = 0

    def run(self) -> None:
        begun = time.monotonic()
        while not self.stopping.is_set():
            ahead = begun + self.sent / self._rate - time.monotonic()
            if ahead > 0:
                self.stopping.wait(ahead)
            elif ahead < -1:
                # What could not be sent while the server was down is not sent in one burst.
                begun -= ahead
            self._choose()()
        if self._connection is not None:
            self._connection.close()

    def _choose(self) -> Callable[[], None]:
        actions = (
            (40, self._list_sessions), (25, self._read_page), (24, self._say), (5, self._events),
            (3, self._care), (2, self._small), (1, self._start_session),
        )  # fmt: skip
        weights, calls = zip(*actions, strict=True)
        return self._chance.choices(calls, weights)[0]

    def _list_sessions(self) -> None:
        self._ask("GET", "/api/sessions?limit=20")

    def _read_page(self) -> None:
        self._ask("GET", f"/api/minds/{self._target.mind}/messages?limit=20")

    def _events(self) -> None:
        self._ask("GET", f"/api/events?limit=20&after={self._chance.randrange(1000)}")

    def _small(self) -> None:
        self._ask("GET", self._chance.choice(["/api/health", "/api/plugins", "/api/schedules"]))

    def _say(self) -> None:
        name = next(self._names)
        body = {"role": "user", "content": name, "user_email": self._chance.choice(USERS)}
        self._write("message", name, f"/api/minds/{self._target.mind}/messages", body)

    def _care(self) -> None:
        name = next(self._names)
        body = {"content": name, "concern_type": "task"}
        self._write("concern", name, f"/api/minds/{self._target.mind}/concerns", body)

    def _start_session(self) -> None:
        name = next(self._names)
        # One of a hundred requests would be too many sessions for the machine.
        if self._chance.random() < 0.25:
            goal, target = f"soak {name}", self._target
            body = {"goal": goal, "repository": target.repository, "team": target.team}
            self._write("session", goal, "/api/sessions", body)

    def _write(self, kind: str, name: str, path: str, body: dict[str, str]) -> None:
        """Send until it is acknowledged, however often the server dies meanwhile."""
        self._ledger.begin(kind, name)
        while not self.stopping.is_set():
            status, answer = self._ask("POST", path, body, key=f"{kind}-{name}".replace(" ", "-"))
            if status in (200, 201, 202):
                self._ledger.acknowledge(kind, name, answer)
                return
            if status == 409 and "already-done" in answer:
                self._ledger.acknowledge(kind, name, "")
                return
            if status and status not in (409, 429, 503):
                return
            self.stopping.wait(0.05)

    def _ask(
        self, method: str, path: str, body: dict[str, str] | None = None, key: str | None = None
    ) -> tuple[int, str]:
        """The status and the text of the answer; (0, "") when there was none."""
        headers = {"Authorization": f"Bearer {self._target.token}"}
        if key is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
        self.sent += 1
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(
                    "127.0.0.1", self._target.port, timeout=SECONDS_TO_WAIT
                )
            sent = None if body is None else json.dumps(body)
            self._connection.request(method, path, sent, headers)
            answer = self._connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            with self._ledger.lock:
                self._ledger.broken += 1
            self.stopping.wait(0.05)
            return 0, ""
        self._ledger.count(answer.status, f"{method} {path} {text[:200]}")
        return answer.status, text
