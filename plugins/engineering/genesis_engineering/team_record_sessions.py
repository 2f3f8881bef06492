"""What each specialist did, task by task, from the files that sessions leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from genesis.contracts import Omission, Severity
from pydantic import BaseModel, ConfigDict

_MOST_SESSIONS = 500
_MOST_BYTES = 50_000_000
_SESSION = "orchestrator.json"


class SeenFinding(BaseModel):
    """What of a finding is compared from session to session."""

    model_config = ConfigDict(frozen=True)

    rule: str
    severity: Severity
    message: str
    file: str | None = None


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True)

    findings: tuple[SeenFinding, ...] = ()


class DoneTask(BaseModel):
    """A task as the file of its specialist has it; times are ISO 8601, in UTC."""

    model_config = ConfigDict(frozen=True)

    id: str
    specialist: str
    kind: str
    status: str
    completed_at: datetime | None = None
    duration_seconds: float | None = None
    error: str | None = None
    result: _Result | None = None

    @property
    def findings(self) -> tuple[SeenFinding, ...]:
        return self.result.findings if self.result else ()


class _Tasks(BaseModel):
    model_config = ConfigDict(frozen=True)

    tasks: tuple[DoneTask, ...] = ()


class _Session(BaseModel):
    model_config = ConfigDict(frozen=True)

    session_id: str
    repository: str
    completed_at: datetime | None = None


@dataclass
class Records:
    """The tasks that ended, oldest first; in how many sessions, and what could not be read."""

    tasks: list[DoneTask] = field(default_factory=list)
    sessions: int = 0
    omissions: list[Omission] = field(default_factory=list)


def read_records(folder: Path, repository: Path, since: datetime, own: Path | None) -> Records:
    """The tasks of sessions of a repository that ended since a time, without one's own session.

    At most the newest 500 sessions are read; their names begin with when they began.
    """
    found = Records()
    folders = sorted((path for path in folder.glob("session-*") if path != own), reverse=True)
    if len(folders) > _MOST_SESSIONS:
        what = f"{len(folders) - _MOST_SESSIONS} older sessions"
        reason = f"only the newest {_MOST_SESSIONS} are read"
        found.omissions.append(Omission(what=what, reason=reason))
    for path in folders[:_MOST_SESSIONS]:
        try:
            tasks = _read_session(path, repository, since)
        except (OSError, ValueError, TypeError) as error:
            reason = f"its files cannot be read: {type(error).__name__}: {error}"
            found.omissions.append(Omission(what=path.name[:500], reason=reason[:2000]))
            continue
        found.tasks += tasks
        found.sessions += bool(tasks)
    found.tasks.sort(key=lambda task: (str(task.completed_at), task.id))
    return found


def _read_session(folder: Path, repository: Path, since: datetime) -> list[DoneTask]:
    session = _Session.model_validate_json(_bounded(folder / _SESSION))
    if session.completed_at is None or session.repository != str(repository):
        return []
    if session.completed_at < since:
        return []
    # What was verified stands in two files.
    return list({task.id: task for task in _tasks(folder)}.values())


def _tasks(folder: Path) -> Iterator[DoneTask]:
    for path in sorted(folder.glob("*.json")):
        if path.name != _SESSION:
            for task in _Tasks.model_validate_json(_bounded(path)).tasks:
                if task.completed_at is not None:
                    yield task


def _bounded(path: Path) -> bytes:
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{path.name} is larger than {_MOST_BYTES // 1_000_000} MB")
    return path.read_bytes()
