"""Between a claimed task and an executor: what is to be carried out, and what came of it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from genesis.clock import utc_now
from genesis.contracts.executors import AttemptSpec, AttemptUpdate
from genesis.contracts.work import Status, TaskResult
from genesis.errors import UsageError
from genesis.home import Home
from genesis.sessions.roster import Roster
from genesis.storage.records import TaskRecord
from genesis.storage.tasks import ClaimedTask, Ending, EndStatus

_MOST_COST_USD = 1e9


def attempt_spec(task: ClaimedTask, roster: Roster, home: Home, repository: str) -> AttemptSpec:
    """What an executor needs for the attempt. Raises UsageError when nobody can do it."""
    calls = roster.calls(task.specialist, task.kind, task.params)
    if not calls:
        raise UsageError(f"The specialist {task.specialist!r} has no tool for {task.kind!r}.")
    folder = attempt_folder(home, task.session_id, task.key, task.lease.attempt)
    log = home.log_folder(task.session_id) / f"{task.specialist}.log"
    return AttemptSpec(
        task_id=task.lease.item,
        attempt=task.lease.attempt,
        specialist=task.specialist,
        kind=task.kind,
        description=task.description,
        calls=calls,
        repository=str(Path(repository)),
        folder=str(folder),
        log_file=str(log),
        time_limit_seconds=task.time_limit_seconds,
    )


def ending_of(task: ClaimedTask, update: AttemptUpdate, seconds: float) -> Ending:
    """How an attempt's last update ends its task."""
    return Ending(
        task=task,
        status=_status(update),
        duration_seconds=round(seconds, 4),
        result=update.result.model_dump_json() if update.result is not None else None,
        error=update.error or (update.result.blocked if update.result is not None else None),
        finding_count=len(update.result.findings) if update.result is not None else 0,
        cost_usd=_cost(update.result) if update.result is not None else None,
    )


def started_record(record: TaskRecord, task: ClaimedTask) -> TaskRecord:
    """A task's record once its attempt was claimed."""
    return replace(
        record, status=Status.IN_PROGRESS, attempt=task.lease.attempt, started_at=utc_now()
    )


def ended_record(record: TaskRecord, ending: Ending, result: TaskResult | None) -> TaskRecord:
    """A task's record once it ended."""
    return replace(
        record,
        status=ending.status,
        completed_at=utc_now(),
        duration_seconds=ending.duration_seconds,
        error=ending.error,
        result=result,
    )


def attempt_folder(home: Home, session_id: str, key: str, attempt: int) -> Path:
    """The folder in which an attempt of the task `key` writes what it likes."""
    return home.session_folder(session_id) / "work" / f"{_folder_name(key)}-{attempt}"


def _folder_name(key: str) -> str:
    """A plan's key as a name for a folder: keys may hold slashes and dots, and be long."""
    is_plain = re.fullmatch(r"\w[\w.-]*", key, re.ASCII) is not None
    return key if is_plain else hashlib.sha256(key.encode()).hexdigest()[:16]


def _cost(result: TaskResult) -> float | None:
    """The fact `cost_usd` in US dollars; None for what is no amount: facts are any JSON."""
    cost = result.facts.get("cost_usd")
    if isinstance(cost, bool) or not isinstance(cost, int | float):
        return None
    return float(cost) if 0 <= cost <= _MOST_COST_USD else None


def _status(update: AttemptUpdate) -> EndStatus:
    if update.ended == "cancelled":
        return Status.CANCELLED
    if update.ended == "completed" and update.result is not None:
        return Status.BLOCKED if update.result.blocked else Status.COMPLETED
    return Status.FAILED
