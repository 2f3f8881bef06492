"""Read what earlier sessions of a repository did, from the JSON files that each session leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from genesis.contracts import Finding, Omission, TaskResult, ToolContext
from pydantic import JsonValue

from genesis_engineering.parameters import read_text

_PREFIX = "session-"
_STAMP = "session-%Y%m%dT%H%M%SZ"
_STAMP_LENGTH = len("session-20261122T004608Z")
_LONGEST_SESSION = timedelta(days=1)
_MOST_SESSIONS = 500
_MOST_BYTES = 50_000_000


@dataclass(frozen=True)
class EndedTask:
    """A task that ended; `error` is empty for one that was completed."""

    specialist: str
    kind: str
    status: str
    error: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class EndedSession:
    """A session that ended, with the tasks of it that did."""

    id: str
    goal: str
    status: str
    tasks: tuple[EndedTask, ...]


@dataclass
class Read:
    """Sessions, oldest first, and what could not be read or was not yet there to read."""

    sessions: list[EndedSession] = field(default_factory=list)
    omissions: list[Omission] = field(default_factory=list)


def sessions_folder(context: ToolContext) -> Path:
    """Where sessions leave their files: `params["sessions"]`, or around the attempt's own folder.

    An attempt's folder lies in that of its session, which lies beside the others.
    """
    if "sessions" in context.params:
        return Path(read_text(context.params, "sessions"))
    own = own_session(context)
    return own.parent if own is not None else context.folder


def own_session(context: ToolContext) -> Path | None:
    """The folder of the session that an attempt belongs to."""
    return next((p for p in context.folder.parents if p.name.startswith(_PREFIX)), None)


def read_sessions(folder: Path, repository: Path, since: datetime, own: Path | None) -> Read:
    """The sessions of a repository that ended since a time, without one's own."""
    found = Read()
    names = sorted(path.name for path in folder.glob(_PREFIX + "*") if path != own)
    # The name says when a session began; one that ended since may have begun a while before.
    names = [name for name in names if _began(name) >= since - _LONGEST_SESSION]
    if len(names) > _MOST_SESSIONS:
        what = f"{len(names) - _MOST_SESSIONS} older sessions"
        found.omissions.append(
            Omission(what=what, reason=f"only the newest {_MOST_SESSIONS} are read")
        )
    for name in names[-_MOST_SESSIONS:]:
        try:
            session = _read_session(folder / name, repository, since)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            reason = f"its files cannot be read: {type(error).__name__}: {error}"
            found.omissions.append(Omission(what=name[:500], reason=reason[:2000]))
        else:
            found.sessions += [session] if session is not None else []
    return found


def _began(name: str) -> datetime:
    try:
        return datetime.strptime(name[:_STAMP_LENGTH], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def _read_session(folder: Path, repository: Path, since: datetime) -> EndedSession | None:
    """One session; None for one of another repository, still open, or ended before."""
    state = _read_json(folder / "orchestrator.json")
    ended = state["completed_at"]
    if state["repository"] != str(repository) or ended is None:
        return None
    if datetime.fromisoformat(str(ended)) < since:
        return None
    tasks: dict[str, EndedTask] = {}
    for path in sorted(folder.glob("*.json")):
        if path.stem != "orchestrator":
            # What was verified stands in two files.
            tasks |= dict(_tasks(_read_json(path)))
    return EndedSession(
        str(state["session_id"]), str(state["goal"]), str(state["status"]), tuple(tasks.values())
    )


def _tasks(state: dict[str, JsonValue]) -> Iterator[tuple[str, EndedTask]]:
    tasks = state["tasks"]
    for task in tasks if isinstance(tasks, list) else []:
        if not isinstance(task, dict) or task["completed_at"] is None:
            continue
        result = task["result"]
        findings = TaskResult.model_validate(result).findings if result else ()
        yield (
            str(task["id"]),
            EndedTask(
                specialist=str(task["specialist"]),
                kind=str(task["kind"]),
                status=str(task["status"]),
                error=str(task["error"] or ""),
                findings=findings,
            ),
        )


def _read_json(path: Path) -> dict[str, JsonValue]:
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{path.name} is larger than {_MOST_BYTES // 1_000_000} MB")
    state = json.loads(path.read_bytes())
    if not isinstance(state, dict):
        raise TypeError(f"{path.name} holds no object")
    return state
