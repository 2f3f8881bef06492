"""Run a program that may hang, crash, print without end or leave children behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

KEPT_BYTES = 1_000_000
_GRACE_SECONDS = 2.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class ChildRun:
    """How a program ended. `exit_code` is negative for a signal, as in `subprocess`.

    `stopped` is whether the time limit ended it, `ended_at` when it ended or the limit was reached
    (`time.monotonic`); `output` is what it printed, without the middle.
    """

    exit_code: int
    stopped: bool
    seconds: float
    ended_at: float
    output: str

    def ending(self) -> str:
        """How it ended, in words."""
        if self.exit_code >= 0:
            return f"exit code {self.exit_code}"
        try:
            return signal.Signals(-self.exit_code).name
        except ValueError:
            return f"signal {-self.exit_code}"


class BoundedOutput:
    """Reads a pipe to its end and keeps the first and the last `KEPT_BYTES`."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def text(self) -> str:
        """What was kept. A process that left the group may hold the pipe open: not awaited."""
        self._thread.join(timeout=1)
        middle = f"\n[... {self._dropped} bytes left out ...]\n" if self._dropped else ""
        head = bytes(self._head).decode("utf-8", errors="replace")
        return head + middle + bytes(self._tail).decode("utf-8", errors="replace")

    def _read(self) -> None:
        with self._pipe:
            while chunk := os.read(self._pipe.fileno(), 65536):
                self._keep(chunk)

    def _keep(self, chunk: bytes) -> None:
        room = KEPT_BYTES - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        excess = len(self._tail) - KEPT_BYTES
        if excess > 0:
            del self._tail[:excess]
            self._dropped += excess


def run_child(
    command: list[str],
    *,
    folder: Path,
    environment: dict[str, str],
    limit_seconds: float,
    on_tick: Callable[[], None],
) -> ChildRun:
    """Run a program in `folder` with no input, for at most `limit_seconds`.

    `on_tick` is called many times a second and may raise. The program and everything in its
    process group are gone when this returns, and also when it raises. Raises OSError when the
    program cannot be started.
    """
    started = time.monotonic()
    child = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert child.stdout is not None
    with _guarded(child):
        output = BoundedOutput(child.stdout)
        stopped = False
        while child.poll() is None and not stopped:
            time.sleep(_POLL_SECONDS)
            on_tick()
            stopped = time.monotonic() - started >= limit_seconds and child.poll() is None
        ended = time.monotonic()
    return ChildRun(child.wait(), stopped, ended - started, ended, output.text())


@contextmanager
def _guarded(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Ends the child's group in any case: here, or by the guard when this process is killed."""
    guard: subprocess.Popen[bytes] | None = None
    script = str(Path(__file__).with_name("guard.py"))
    try:
        guard = subprocess.Popen(
            [sys.executable, "-I", "-S", script, str(child.pid)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        yield
    finally:
        _end_group(child)
        if guard is not None:
            guard.communicate(b".")


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """SIGTERM to the group, two seconds later SIGKILL; returns at once when nothing is left."""
    until = time.monotonic() + _GRACE_SECONDS
    number = int(signal.SIGTERM)
    while _signal_group(child, number):
        if time.monotonic() >= until:
            _signal_group(child, signal.SIGKILL)
            break
        number = 0
        time.sleep(0.02)
    with suppress(subprocess.TimeoutExpired):
        child.wait(timeout=_GRACE_SECONDS)


def _signal_group(child: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to the group; whether there still is one. An unreaped leader counts as one."""
    child.poll()
    try:
        os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
