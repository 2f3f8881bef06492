"""Run a program that may hang, crash, print without end, fork, or kill the one that started it."""

from __future__ import annotations

import json
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

import psutil

from genesis_engineering.verification.limits import Limits

KEPT_BYTES = 1_000_000
_POLL_SECONDS = 0.05
_ENDING_SECONDS = 20.0
CANCELLED = "cancelled"
_OVER = {
    CANCELLED: "it was cancelled",
    "memory": "it held more memory than it may",
    "processes": "it started more processes than it may",
    "disk": "the disk was nearly full",
}


@dataclass(frozen=True)
class ChildRun:
    """How a program ended. `exit_code` is negative for a signal, as in `subprocess`.

    `stopped` is whether the time limit ended it, `over` the other limit that did, or CANCELLED;
    `lost` is whether its supervisor was killed, so that the exit code is not known. `ended_at` is
    when it ended or the limit was reached (`time.monotonic`); `output` is what it printed, without
    the middle.
    """

    exit_code: int
    stopped: bool
    seconds: float
    ended_at: float
    output: str
    over: str = ""
    lost: bool = False

    def ending(self) -> str:
        """How it ended, in words."""
        if self.lost:
            return "the process that supervised it was killed, most likely by a test"
        if self.over:
            return _OVER.get(self.over, self.over)
        if self.exit_code >= 0:
            return f"exit code {self.exit_code}"
        try:
            return signal.Signals(-self.exit_code).name
        except ValueError:
            return f"signal {-self.exit_code}"


class BoundedOutput:
    """Reads a pipe to its end, keeps the first and the last `KEPT_BYTES`, hands on the whole."""

    def __init__(self, pipe: IO[bytes], hand_on: Callable[[bytes], None] | None) -> None:
        self._pipe = pipe
        self._hand_on = hand_on
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def text(self) -> str:
        """What was kept. A process that got away may hold the pipe open: not awaited for long."""
        self._thread.join(timeout=2 if self._hand_on is None else 30)
        middle = f"\n[... {self._dropped} bytes left out ...]\n" if self._dropped else ""
        head = bytes(self._head).decode("utf-8", errors="replace")
        return head + middle + bytes(self._tail).decode("utf-8", errors="replace")

    def _read(self) -> None:
        with self._pipe:
            while chunk := os.read(self._pipe.fileno(), 65536):
                self._keep(chunk)
                if self._hand_on is not None:
                    self._hand_on(chunk)

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
    temporary: Path,
    limits: Limits,
    on_tick: Callable[[], None],
    on_output: Callable[[bytes], None] | None = None,
) -> ChildRun:
    """Run a program in `folder` with no input, for at most `limits.seconds`.

    `on_tick` is called many times a second and may raise; `on_output` gets all that is printed,
    in a thread of its own. `temporary` is the program's folder for temporary files: by its name in
    their environment, processes are found that got away. The program and everything that it
    started are gone when this returns, and also when it raises. Raises OSError when the program
    cannot be started.
    """
    started = time.monotonic()
    with _supervised(command, folder, environment, temporary, limits) as supervisor:
        assert supervisor.process.stdout is not None
        output = BoundedOutput(supervisor.process.stdout, on_output)
        stopped = False
        while supervisor.process.poll() is None and not stopped:
            time.sleep(_POLL_SECONDS)
            # A test may have stopped it.
            supervisor.process.send_signal(signal.SIGCONT)
            on_tick()
            stopped = time.monotonic() - started >= limits.seconds
        stopped = stopped and supervisor.process.poll() is None
        ended = time.monotonic()
        supervisor.end()
        told = supervisor.told()
    if "error" in told:
        raise OSError(f"{command[0]} cannot be started: {told['error']}")
    return ChildRun(
        exit_code=int(str(told.get("exit", -int(signal.SIGKILL)))),
        stopped=stopped,
        seconds=ended - started,
        ended_at=ended,
        output=output.text(),
        over=str(told.get("over", "")),
        lost="exit" not in told,
    )


class _Supervisor:
    """The process between us and the program."""

    def __init__(self, process: subprocess.Popen[bytes], status: int, temporary: Path) -> None:
        self.process = process
        self._status = status
        self._temporary = temporary
        self._lines = b""

    def end(self) -> None:
        """Ask it to end the program, and see that nothing is left if it cannot."""
        assert self.process.stdin is not None
        self.process.send_signal(signal.SIGCONT)
        with suppress(OSError):
            self.process.stdin.write(b".")
            self.process.stdin.flush()
        try:
            self.process.wait(timeout=_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if "exit" not in self.told():
            _sweep(self._temporary)
        with suppress(OSError):
            self.process.stdin.close()

    def told(self) -> dict[str, object]:
        """What it said so far; it has ended, so its end of the pipe is closed."""
        while chunk := os.read(self._status, 65536):
            self._lines += chunk
        values: dict[str, object] = {}
        for line in self._lines.splitlines():
            values |= json.loads(line)
        return values


@contextmanager
def _supervised(
    command: list[str], folder: Path, environment: dict[str, str], temporary: Path, limits: Limits
) -> Iterator[_Supervisor]:
    reading, writing = os.pipe()
    config = {
        "command": command,
        "folder": str(folder),
        "status": writing,
        "temporary": str(temporary),
        "limits": limits.as_json(),
    }
    script = str(Path(__file__).with_name("supervisor.py"))
    packages = str(Path(psutil.__file__).parents[1])
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", script, json.dumps(config), packages],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(writing,),
        )
    except OSError:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    supervisor = _Supervisor(process, reading, temporary)
    try:
        yield supervisor
    finally:
        if process.poll() is None:
            supervisor.end()
        os.close(reading)


def _sweep(temporary: Path) -> None:
    """Kill what nobody watches any more: its environment names the folder, unless it cleared it."""
    mark = str(temporary)
    for _ in range(3):
        found = [process for process in psutil.process_iter() if _is_marked(process, mark)]
        for process in found:
            with suppress(psutil.Error):
                process.kill()
        if not found:
            return
        time.sleep(0.1)


def _is_marked(process: psutil.Process, mark: str) -> bool:
    try:
        return process.environ().get("TMPDIR", "").startswith(mark)
    except (psutil.Error, OSError):
        return False
