"""Carry each attempt in a child process of its own, that can be ended at any moment."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from genesis.contracts.executors import AttemptSpec, AttemptUpdate
from genesis.executors.attempt import readable
from genesis.executors.child import CANCEL
from genesis.executors.inline import drain
from genesis.executors.process_tree import kill_session, kill_tree

_GRACE_SECONDS = 3.0
# They name the repository of the hook that started us, whatever folder git is run in.
_OF_A_GIT_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"})
End = Literal["completed", "failed", "died", "timed_out", "cancelled"]


@dataclass
class _Child:
    spec: AttemptSpec
    process: subprocess.Popen[str]
    deadline: float
    told: bool = False
    kill_at: float | None = None
    ending: End | None = None


class ProcessExecutor:
    """One child for each attempt, in a session of its own.

    A cancelled or overdue attempt is asked to end, so that its tools can clean up, and after
    three seconds killed with all that it started. A child ends by itself when the kernel dies.
    """

    name = "process"

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._updates: queue.SimpleQueue[AttemptUpdate] = queue.SimpleQueue()
        self._children: dict[tuple[str, int], _Child] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        """Nothing to prepare."""

    def submit(self, spec: AttemptSpec) -> None:
        """Start a child for an attempt."""
        Path(spec.log_file).parent.mkdir(parents=True, exist_ok=True)
        with Path(spec.log_file).open("a", encoding="utf-8") as log:
            process = subprocess.Popen(
                # -P: a module of the folder in which we stand must not stand in for a library's.
                [sys.executable, "-P", "-m", "genesis.executors.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
                env={k: v for k, v in os.environ.items() if k not in _OF_A_GIT_HOOK},
            )
        child = _Child(spec, process, time.monotonic() + spec.time_limit_seconds)
        with self._lock:
            self._children[(spec.task_id, spec.attempt)] = child
        threading.Thread(target=self._follow, args=(child,), daemon=True).start()

    def cancel(self, task_id: str, attempt: int) -> None:
        """End an attempt: asked at once, killed soon after."""
        with self._lock:
            child = self._children.get((task_id, attempt))
        if child is not None:
            self._end(child, "cancelled")

    def tick(self) -> list[AttemptUpdate]:
        """What happened since the last call; ends what is overdue."""
        now = time.monotonic()
        with self._lock:
            children = list(self._children.values())
        for child in children:
            if child.kill_at is not None and now >= child.kill_at:
                # Its reader sees the end of its output and reaps it.
                kill_tree(child.process.pid)
                kill_session(child.process.pid)
            elif child.kill_at is None and now >= child.deadline:
                self._end(child, "timed_out")
        return drain(self._updates)

    def stop(self) -> None:
        """Kill every child that is left."""
        with self._lock:
            children = list(self._children.values())
        for child in children:
            kill_tree(child.process.pid)
            child.process.wait()

    def _end(self, child: _Child, ending: End) -> None:
        if child.kill_at is None:
            child.ending = ending
            child.kill_at = time.monotonic() + _GRACE_SECONDS
            # A child that does not read its spec would block us too; it is killed soon enough.
            if child.told:
                with suppress(OSError, ValueError):
                    _write_line(child.process, CANCEL)

    def _follow(self, child: _Child) -> None:
        """Follow a child up to its end; exactly one update tells the end, whatever happens."""
        last: AttemptUpdate | None = None
        try:
            last = self._read(child)
        except Exception as error:  # noqa: BLE001 - nobody else would report the end
            last = AttemptUpdate(
                task_id=child.spec.task_id, attempt=child.spec.attempt, ended="failed",
                error=readable(f"its process could not be followed: {error}"),
            )  # fmt: skip
        kill_tree(child.process.pid)
        if last is None:
            # It may have been killed itself; what it started has lost its parent by then.
            kill_session(child.process.pid)
        code = child.process.wait()
        for stream in (child.process.stdin, child.process.stdout):
            with suppress(OSError):
                if stream is not None:
                    stream.close()
        with self._lock:
            self._children.pop((child.spec.task_id, child.spec.attempt), None)
        self._updates.put(_final_update(child, last, code))
        self._wake()

    def _read(self, child: _Child) -> AttemptUpdate | None:
        """Give the child its spec and take its updates; the last one, if it came to that."""
        with suppress(OSError):
            _write_line(child.process, child.spec.model_dump_json())
            child.told = True
        for line in child.process.stdout or ():
            with suppress(ValidationError):
                update = AttemptUpdate.model_validate_json(line)
                if update.ended is not None:
                    return update
                self._updates.put(update)
                self._wake()
        return None


def _final_update(child: _Child, last: AttemptUpdate | None, code: int) -> AttemptUpdate:
    if last is not None and child.ending is None:
        return last
    spec = child.spec
    if child.ending == "timed_out":
        error = f"stopped at its time limit of {spec.time_limit_seconds:g} s"
    elif child.ending == "cancelled":
        error = "cancelled while it ran"
    else:
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        error = f"its process ended {how} and gave no result; see {spec.log_file}"
    return AttemptUpdate(
        task_id=spec.task_id,
        attempt=spec.attempt,
        fraction=1.0,
        ended=child.ending or "died",
        result=last.result if last is not None else None,
        error=error,
    )


def _write_line(process: subprocess.Popen[str], line: str) -> None:
    if process.stdin is not None:
        process.stdin.write(line + "\n")
        process.stdin.flush()
