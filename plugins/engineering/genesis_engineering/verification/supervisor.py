"""Runs a program under limits, and ends all that it started, wherever that has moved to.

Usage: `python -I supervisor.py CONFIG PATH`. PATH is the folder that psutil is in, CONFIG a JSON
object: `command`, `folder`, `status` (the number of a pipe to write to), `temporary` and `limits`
(those of `limits.Limits`). The program is this process's child, so a test that kills its parent
kills only this. The input is a pipe: a byte on it asks to end the program, its end means that
whoever asked for the run was killed. `status` gets JSON lines: `{"pid": 12}` or
`{"error": "..."}`, then `{"exit": 0, "over": ""}`, in which `over` names the limit that
ended it: `memory`, `processes`, `disk` or nothing.

Standard library and psutil only: it is not Genesis that the program sees as its parent.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

if __name__ == "__main__":
    # What the user installed for himself alone is not found by an isolated interpreter.
    sys.path.append(sys.argv[2])

import psutil

_PR_SET_CHILD_SUBREAPER = 36  # prctl(2), Linux 3.4
_GRACE_SECONDS = 2.0
_TICK_SECONDS = 0.05
_WATCH_SECONDS = 0.5
_KILL_SECONDS = 10.0
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1)


class Supervised:
    """A program that runs, with the limits that it has."""

    def __init__(self, config: dict[str, object], limits: dict[str, float]) -> None:
        self.temporary = str(config["temporary"])
        self.limits = limits
        self.exit: int | None = None
        self.over = ""
        self._watched_at = time.monotonic()
        # A disk that is nearly full already is no reason to end the program at once.
        self._free_floor = min(limits["free_bytes"], self._free_bytes() / 2)
        command = config["command"]
        assert isinstance(command, list)
        # Kept: an object that is let go takes the exit code of its process with it.
        self._process = subprocess.Popen(
            [str(part) for part in command],
            cwd=str(config["folder"]),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=limiter(limits),  # noqa: PLW1509 - there is one thread
        )
        self.pid = self._process.pid

    def reap(self) -> None:
        """Take the exit codes of the program and of those that it left to us."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self.pid:
                    self.exit = os.waitstatus_to_exitcode(ended[1])

    def watch(self) -> None:
        """Note the limit that is passed, if any; looks twice a second."""
        if time.monotonic() - self._watched_at < _WATCH_SECONDS:
            return
        self._watched_at = time.monotonic()
        running = descendants()
        if len(running) > self.limits["processes"]:
            self.over = "processes"
        elif sum(private_bytes(process) for process in running) > self.limits["memory"]:
            self.over = "memory"
        elif self._free_bytes() < self._free_floor:
            self.over = "disk"

    def end(self, *, at_once: bool) -> None:
        """End everything that is left: asked first, killed two seconds later."""
        until = time.monotonic() + (0 if at_once else _GRACE_SECONDS)
        if not at_once:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGTERM)
        while descendants() and time.monotonic() < until:
            time.sleep(_TICK_SECONDS)
            self.reap()
        kill_all(self.reap)

    def _free_bytes(self) -> int:
        try:
            disk = os.statvfs(self.temporary)
        except OSError:
            return sys.maxsize
        return disk.f_bavail * disk.f_frsize


def limiter(limits: dict[str, float]) -> Callable[[], None]:
    """What the program does to itself before it starts."""
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: int(limits["file_bytes"]),
        # The address space is no measure: node and Go reserve much more than they ever use.
        resource.RLIMIT_DATA: int(limits["memory"]),
    }
    if hasattr(resource, "RLIMIT_NPROC"):
        wanted[resource.RLIMIT_NPROC] = threads_of_user() + int(limits["processes"])

    def limit() -> None:
        for number in _IGNORED:
            signal.signal(number, signal.SIG_DFL)
        for name, value in wanted.items():
            _, hard = resource.getrlimit(name)
            most = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(name, (most, most))

    return limit


def threads_of_user() -> int:
    """How many threads the user has now: the limit of the system counts all of them."""
    total, user = 0, os.getuid()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.uids().real == user:
                total += process.num_threads()
    return total


def descendants() -> list[psutil.Process]:
    """All that runs below this process, without what only waits to be reaped."""
    found = []
    with suppress(psutil.Error):
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
    return found


def private_bytes(process: psutil.Process) -> int:
    """What a process holds in memory for itself."""
    try:
        memory = process.memory_info()
    except psutil.Error:
        return 0
    return max(0, memory.rss - getattr(memory, "shared", 0))


def kill_all(reap: Callable[[], None]) -> None:
    """Kill every descendant. They are stopped first: what stands still starts nothing more."""
    until = time.monotonic() + _KILL_SECONDS
    while (found := descendants()) and time.monotonic() < until:
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for process in found:
                with suppress(psutil.Error):
                    process.send_signal(number)
        time.sleep(0.01)
        reap()


def main() -> None:
    """Run the program to its end."""
    config = json.loads(sys.argv[1])
    status = int(config["status"])
    os.set_inheritable(status, False)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        program = Supervised(config, config["limits"])
    except (OSError, subprocess.SubprocessError) as error:
        tell(status, error=f"{type(error).__name__}: {error}")
        return
    tell(status, pid=program.pid)
    asked = follow(program)
    program.end(at_once=asked == "killed")
    program.reap()
    tell(status, exit=program.exit if program.exit is not None else -9, over=program.over)


def follow(program: Supervised) -> str:
    """Wait for the program's end, for a limit, or for a word; `killed` when nobody is left."""
    while program.exit is None and not program.over:
        if select.select([0], [], [], _TICK_SECONDS)[0]:
            return "asked" if os.read(0, 1) else "killed"
        program.reap()
        program.watch()
    return ""


def tell(status: int, **values: object) -> None:
    """One line to whoever asked for the run, if it is still there."""
    with suppress(OSError):
        os.write(status, json.dumps(values).encode("ascii") + b"\n")


if __name__ == "__main__":
    main()
