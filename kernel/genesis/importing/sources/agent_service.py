"""be-agents-service: its database `agent-service.db`. All of its times are UTC.

What the kernel owns becomes rows here. What belongs to plugins waits as it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from genesis.clock import seconds_between
from genesis.importing.fields import Fields, later_of
from genesis.importing.recognise import Findings
from genesis.importing.rows import AGENT_SERVICE, Part, SourceRow
from genesis.importing.sources.tables import (
    Row,
    first_time,
    leave_others,
    source_row,
    table_parts,
)
from genesis.importing.sqlite_files import count_rows, tables_of

WAITING_PLUGINS = {
    **dict.fromkeys(
        ("experiments", "patterns", "metrics", "rewards", "user_commands",
         "automation_candidates", "lessons_learned", "llm_usage"), "learning",
    ),
    **dict.fromkeys(("campaigns", "leads", "content"), "marketing"),
    **dict.fromkeys(
        ("agent_levels", "xp_transactions", "achievement_definitions", "agent_achievements",
         "agent_streaks", "leaderboard_cache", "level_thresholds"), "gamification",
    ),
}  # fmt: skip
"""The tables that belong to plugins, and to which."""
STATUSES = frozenset({"pending", "in_progress", "completed", "failed", "blocked"})
_OPEN = frozenset({"pending", "in_progress"})
_ENDED = "It was {} in be-agents-service when it was imported; nobody works on it any more."
_PRIORITIES = frozenset({"low", "medium", "high"})


def read_agent_service(
    connection: sqlite3.Connection, path: Path, found: Findings
) -> Iterator[Part]:
    """The tables that the kernel owns, in the order in which they refer to each other."""
    readers = (
        ("teams", "team", "id", _team),
        ("agents", "agent", "id", _agent),
        ("repositories", "repository", "id", _repository),
        ("sessions", "session", "id", _session),
        ("tasks", "task", "id", _task),
    )
    yield from table_parts(connection, path, AGENT_SERVICE, readers)
    leave_others(connection, path, found, {*WAITING_PLUGINS, *(table for table, *_ in readers)})


def waiting_tables(connection: sqlite3.Connection) -> list[str]:
    """The tables of this database that belong to plugins and hold rows, damaged ones too."""
    tables = sorted(tables_of(connection) & set(WAITING_PLUGINS))
    return [table for table in tables if count_rows(connection, table) != 0]


def _team(row: Row) -> SourceRow:
    fields = Fields(row, is_utc=True)
    created = first_time(fields, "created_at")
    return source_row("team", fields.required("id"), row, fields, {
        "id": fields.required("id"),
        "name": fields.required("name"),
        "domain": fields.text("domain") or "",
        "description": fields.text("description") or "",
        "created_at": created,
        "updated_at": fields.time("updated_at") or created,
    })  # fmt: skip


def _agent(row: Row) -> SourceRow:
    fields = Fields(row, is_utc=True)
    created = first_time(fields, "created_at")
    return source_row("agent", fields.required("id"), row, fields, {
        "id": fields.required("id"),
        "team_id": fields.required("team_id"),
        "name": fields.required("name"),
        "role": fields.text("role") or "",
        "emoji": fields.text("emoji") or "",
        "llm_preference": fields.text("llm_preference"),
        "is_active": fields.flag("is_active", otherwise=True),
        "created_at": created,
        "updated_at": fields.time("updated_at") or created,
    })  # fmt: skip


def _repository(row: Row) -> SourceRow:
    fields = Fields(row, is_utc=True)
    return source_row("repository", fields.required("id"), row, fields, {
        "id": fields.required("id"),
        "name": fields.required("name"),
        "path": fields.required("path"),
        "github_url": fields.text("github_url"),
        "team_id": fields.text("team_id"),
        "is_active": fields.flag("is_active", otherwise=True),
        "last_synced_at": fields.time("last_synced_at"),
        "created_at": first_time(fields, "created_at"),
    })  # fmt: skip


def _session(row: Row) -> SourceRow:
    """A session. One that was open has ended: the kernel would otherwise take it up and run it."""
    fields = Fields(row, is_utc=True)
    session = fields.required("id")
    was = fields.one_of("status", STATUSES, "failed")
    started = first_time(fields, "started_at", "completed_at")
    completed = later_of(started, fields.time("completed_at"))
    if was in _OPEN:
        fields.notes.append(f"it was {was}; it is kept as failed")
    priority_file = fields.text("priority_file")
    return source_row("session", session, row, fields, {
        "id": session,
        "team_id": fields.required("team_id"),
        "goal": priority_file or fields.text("branch_name") or session,
        "status": "failed" if was in _OPEN else was,
        "phase": "done",
        "target_repo": fields.text("target_repo") or "",
        "priority_file": priority_file,
        "branch_name": fields.text("branch_name"),
        "pr_url": fields.text("pr_url"),
        "iteration_count": fields.count("iteration_count", 1),
        "options": "{}",
        "reason": _ENDED.format(was) if was in _OPEN else "",
        "open_tasks": 0,
        "cancel_requested": False,
        "created_at": started,
        "started_at": started,
        "completed_at": completed,
        "duration_seconds": _seconds(fields, started, completed),
        "exit_code": fields.count("exit_code", 0 if was == "completed" else 1),
    })  # fmt: skip


def _task(row: Row) -> SourceRow:
    fields = Fields(row, is_utc=True)
    task = fields.required("id")
    was = fields.one_of("status", STATUSES, "failed")
    started = first_time(fields, "started_at", "completed_at")
    completed = later_of(started, fields.time("completed_at"))
    retries = fields.count("retry_count")
    if was in _OPEN:
        fields.notes.append(f"it was {was}; it is kept as failed")
    return source_row("task", task, row, fields, {
        "id": task,
        "session_id": fields.required("session_id"),
        "agent_id": fields.required("agent_id"),
        "position": 0,
        "key": task,
        "kind": "imported",
        "description": fields.text("description") or task,
        "status": "failed" if was in _OPEN else was,
        "priority": fields.one_of("priority", _PRIORITIES, "medium"),
        "phase": "run",
        "params": "{}",
        "time_limit_seconds": 0.0,
        "waiting_on": 0,
        "dependents": 0,
        "attempt": retries + 1,
        "retry_count": retries,
        "progress": 1.0 if was == "completed" else 0.0,
        "llm_used": fields.text("llm_used"),
        "created_at": started,
        "started_at": started,
        "completed_at": completed,
        "duration_seconds": _seconds(fields, started, completed),
        "error_message": _ENDED.format(was) if was in _OPEN else fields.text("error_message"),
    })  # fmt: skip


def _seconds(fields: Fields, started: str, completed: str) -> float:
    """The duration that the row names; what lies between its times if it names none."""
    named = fields.number("duration_seconds", -1.0)
    return named if named >= 0 else seconds_between(started, completed)
