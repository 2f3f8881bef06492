"""`genesis up` as a process, and what a test asks of it."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from tests.support import Command, until


@dataclass
class Up:
    """A running `genesis up`; what it says is read all the time, so that it never waits for us."""

    process: subprocess.Popen[str]
    output: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        for stream, into in (
            (self.process.stdout, self.output),
            (self.process.stderr, self.errors),
        ):
            assert stream is not None
            thread = threading.Thread(target=into.extend, args=(stream,), daemon=True)
            thread.start()
            self.threads.append(thread)

    @property
    def url(self) -> str:
        """Where it listens, once it has said so."""

        def found() -> str:
            assert self.output or self.process.poll() is None, "".join(self.errors)
            first = next(iter(self.output), "")
            return first.rpartition(" on ")[2].strip().rstrip(".")

        return until(found, "it says where it listens")

    def get(self, path: str, host: str | None = None) -> int:
        """The status of an answer, under a name of the server."""
        at = urlsplit(self.url)
        connection = HTTPConnection(at.hostname or "", at.port, timeout=10)
        try:
            connection.request("GET", path, headers={} if host is None else {"Host": host})
            return connection.getresponse().status
        finally:
            connection.close()

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def wait(self, seconds: float = 60) -> int:
        """Its exit code, once it has ended."""
        code = self.process.wait(seconds)
        for thread in self.threads:
            thread.join(10)
        return code

    def log(self, home: Path) -> list[dict[str, str]]:
        return [json.loads(line) for line in (home / "logs/genesis.log").read_text().splitlines()]


@contextmanager
def running(command: Command, *arguments: str) -> Iterator[Up]:
    """`genesis up` on a free port; killed at the end, if it still runs."""
    found = Up(command.start("up", "--port", "0", *arguments))
    try:
        yield found
    finally:
        if found.process.poll() is None:
            found.process.kill()
        found.wait()
        for stream in (found.process.stdout, found.process.stderr):
            assert stream is not None
            stream.close()
