"""A session's state as JSON files, for a person to `cat` while it runs and afterwards.

The database is the record; these files are its mirror. Each is replaced as a whole, so that a
reader never sees half a file, and at most five times a second.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import JsonValue
from pydantic_core import to_json

from genesis.clock import utc_now
from genesis.contracts.work import Phase, Status
from genesis.storage.records import SessionRecord, TaskRecord

_INTERVAL_SECONDS = 0.2
# Writing takes at most about a tenth of the time, however much there is to write.
_LEISURE = 10
_VERIFICATION = "verification"
_log = logging.getLogger("genesis.sessions")
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Progress:
    """How far an attempt has come: from 0 to 1, and what it is at."""

    fraction: float = 0.0
    message: str = ""


class Journal:
    """The files of one session. `session` and `tasks` are what was last read or recorded."""

    def __init__(self, folder: Path, session: SessionRecord, tasks: Sequence[TaskRecord]) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._dirty: set[str] = set()
        self._next = 0.0
        self._has_warned = False
        self.session = session
        self.tasks: dict[str, TaskRecord] = {}
        self.progress: dict[str, Progress] = {}
        self.replace(session, tasks)

    def replace(self, session: SessionRecord, tasks: Sequence[TaskRecord]) -> None:
        """Take over a newly read state."""
        with self._lock:
            self.session = session
            self.tasks = {task.id: task for task in tasks}
            self._dirty |= {task.specialist for task in tasks}

    def update(self, task: TaskRecord) -> None:
        """Take over one task's new state."""
        with self._lock:
            self.tasks[task.id] = task
            self._dirty.add(task.specialist)
            if task.status == Status.IN_PROGRESS:
                self.session = replace(self.session, phase=task.phase)

    def report(self, task_id: str, fraction: float, message: str) -> None:
        """Note how far a running attempt has come."""
        with self._lock:
            self.progress[task_id] = Progress(fraction, message)
            self._dirty.add("")

    def snapshot(self) -> tuple[SessionRecord, list[TaskRecord], dict[str, Progress]]:
        """The state, for a display in another thread."""
        with self._lock:
            return self.session, list(self.tasks.values()), dict(self.progress)

    def flush(self, *, now: bool = False) -> None:
        """Write the files that changed, unless it was done a moment ago."""
        if not self._dirty or (not now and time.monotonic() < self._next):
            return
        begun = time.monotonic()
        try:
            self._write_changed()
        except OSError as error:
            # The record is in the database: a mirror that cannot be written ends nothing.
            if not self._has_warned:
                _log.warning("the files in %s cannot be written: %s", self._folder, error)
            self._has_warned = True
        ended = time.monotonic()
        self._next = ended + max(_INTERVAL_SECONDS, _LEISURE * (ended - begun))

    def _write_changed(self) -> None:
        session, tasks, progress = self.snapshot()
        dirty, self._dirty = self._dirty, set()
        self._folder.mkdir(parents=True, exist_ok=True)
        for specialist in sorted(dirty - {"", "orchestrator"}):
            own = [task for task in tasks if task.specialist == specialist]
            self._write(specialist, _specialist_state(session.id, specialist, own))
        verifying = [task for task in tasks if task.phase == Phase.VERIFY]
        if any(task.specialist in dirty for task in verifying):
            self._write(_VERIFICATION, _specialist_state(session.id, _VERIFICATION, verifying))
        self._write("orchestrator", _session_state(session, tasks, progress))

    def close(self, reason_without_verification: str) -> None:
        """Write everything; say in verification.json too when nothing was verified."""
        with self._lock:
            self._dirty |= {task.specialist for task in self.tasks.values()} | {""}
        self.flush(now=True)
        if not any(task.phase == Phase.VERIFY for task in self.tasks.values()):
            state = _specialist_state(self.session.id, _VERIFICATION, [])
            with suppress(OSError):
                self._write(_VERIFICATION, state | {"reason": reason_without_verification})

    def _write(self, name: str, state: Mapping[str, JsonValue]) -> None:
        path = self._folder / f"{name}.json"
        scratch = path.with_suffix(".tmp")
        # The standard encoder walks indented output in Python: 20 ms for a hundred tasks.
        scratch.write_bytes(to_json(state, indent=2, inf_nan_mode="null") + b"\n")
        os.replace(scratch, path)


def task_state(task: TaskRecord, progress: Progress | None = None) -> dict[str, JsonValue]:
    """A task without its result, as JSON."""
    state: dict[str, JsonValue] = {
        "id": task.id,
        "key": task.key,
        "specialist": task.specialist,
        "kind": task.kind,
        "description": task.description,
        "status": task.status.value,
        "phase": task.phase.value,
        "attempt": task.attempt,
        "started_at": task.started_at,
        "completed_at": task.completed_at,
        "duration_seconds": task.duration_seconds,
        "finding_count": len(task.result.findings) if task.result else 0,
        "error": task.error,
    }
    if task.status == Status.IN_PROGRESS and progress is not None:
        state |= {"progress": round(progress.fraction, 3), "message": progress.message}
    return state


def _specialist_state(
    session_id: str, specialist: str, tasks: Sequence[TaskRecord]
) -> dict[str, JsonValue]:
    return {
        "schema": SCHEMA_VERSION,
        "session_id": session_id,
        "specialist": specialist,
        "updated_at": utc_now(),
        "tasks": [{**task_state(task), "result": _result(task)} for task in tasks],
    }


def _session_state(
    session: SessionRecord, tasks: Sequence[TaskRecord], progress: Mapping[str, Progress]
) -> dict[str, JsonValue]:
    plan = next((task for task in tasks if task.kind == "plan"), None)
    return {
        "schema": SCHEMA_VERSION,
        "session_id": session.id,
        "goal": session.goal,
        "team": session.team,
        "repository": session.repository,
        "branch": session.branch,
        "status": session.status.value,
        "phase": session.phase.value,
        "reason": session.reason,
        "started_at": session.started_at,
        "completed_at": session.completed_at,
        "duration_seconds": session.duration_seconds,
        "updated_at": utc_now(),
        "plan": _result(plan) if plan is not None else None,
        "tasks": [task_state(task, progress.get(task.id)) for task in tasks],
        "summary": session.summary,
    }


def _result(task: TaskRecord) -> JsonValue:
    return task.result.model_dump(mode="json") if task.result is not None else None
