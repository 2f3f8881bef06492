"""Rows of genesis-minds' `genesis.db`.

Messages, concerns and tasks hold the local time of the machine that wrote them, everything else
UTC; where it had no place for a value, the value is kept in the row's JSON column.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from genesis.errors import UsageError
from genesis.importing.fields import Fields, UnfitError, later_of, with_more
from genesis.importing.recognise import Findings
from genesis.importing.rows import GENESIS_MINDS, Item, Part, SourceRow, Unfit, digest_of
from genesis.importing.sources.tables import (
    Row,
    first_time,
    leave_others,
    source_row,
    table_parts,
)
from genesis.importing.sqlite_files import rows_of
from genesis.minds.identity import parse_gmid
from genesis.storage.statements import Value

ROLES = frozenset({"user", "assistant", "system"})
CONCERN_STATUSES = frozenset({"active", "monitoring", "resolved"})
PRIORITIES = frozenset({"low", "medium", "high"})
_OPEN = frozenset({"pending", "running", "retrying"})
_TYPE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_KEPT = "genesis_minds"
"""The key under which a JSON column keeps what has no column of its own."""


def read_minds_database(
    connection: sqlite3.Connection, path: Path, found: Findings, with_file: set[str]
) -> Iterator[Part]:
    """The parts of one database, in the order in which they refer to each other.

    `with_file` are the minds that are imported or here already; the others of the table `minds`
    are named. Tables that have no place here are left, by name.
    """
    lost = _lost_minds(connection, with_file)
    where = f"{path}: table minds"
    yield Part("mind", GENESIS_MINDS, where, len(lost), lambda: iter(lost))
    readers = (
        ("environments", "environment", "env_id", _environment),
        ("relationships", "relationship", "id", _relationship),
        ("conversation_messages", "message", "id", _LastTime().message),
        ("concerns", "concern", "concern_id", concern),
        ("background_tasks", "background_task", "task_id", _background_task),
    )
    yield from table_parts(connection, path, GENESIS_MINDS, readers)
    known = {"minds", "alembic_version", *(table for table, *_ in readers)}
    leave_others(connection, path, found, known)


def mind_of(fields: Fields, name: str = "mind_gmid") -> str:
    """The GMID that a row names. Raises UnfitError."""
    gmid = fields.required(name)
    try:
        return parse_gmid(gmid)
    except UsageError:
        raise UnfitError(f"{name} {gmid[:40]!r} is no GMID") from None


def _lost_minds(connection: sqlite3.Connection, with_file: set[str]) -> list[Item]:
    """The minds that only the table knows. Deleting a mind there removes the file and no row."""
    reason = "it has no file in minds/ that can be read: it was deleted there, or its file is lost"
    names = [str(row.get("gmid")) for row in rows_of(connection, "minds")]
    return [Unfit("mind", name, reason) for name in names if name.strip().upper() not in with_file]


class _LastTime:
    """Messages without a time get that of the mind's message before them."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    def message(self, row: Row) -> SourceRow:
        fields = Fields(row)
        gmid = mind_of(fields)
        values = message_values(fields, gmid, self._last.get(gmid))
        self._last[gmid] = str(values["timestamp"])
        return SourceRow(
            "message", digest_of([gmid, dict(row)]), "", values, gmid, tuple(fields.notes)
        )


def message_values(fields: Fields, gmid: str, before: str | None) -> dict[str, Value]:
    """The columns of a message; `before` is the time of the one before. Raises UnfitError."""
    role = fields.required("role")
    if role not in ROLES:
        raise UnfitError(f"role {role[:40]!r} is unknown; known are {', '.join(sorted(ROLES))}")
    content = fields.required("content")
    moment = fields.time("timestamp")
    if moment is None:
        if before is None:
            raise UnfitError("timestamp is missing, and no message stands before it")
        fields.notes.append("timestamp is missing; that of the message before is used")
    extra = fields.json("extra_data")
    return {
        "mind_gmid": gmid,
        "user_email": fields.text("user_email") or None,
        "environment_id": fields.text("environment_id") or None,
        "role": role,
        "content": content,
        "timestamp": moment or before,
        "tool_call_id": None,
        "awaits_result": 0,
        "extra_data": None if extra in (None, {}) else with_more(extra, _KEPT, {}),
    }


def concern(row: Row) -> SourceRow:
    """One row of `concerns`. Raises UnfitError."""
    fields = Fields(row)
    gmid, concern_id = mind_of(fields), fields.required("concern_id")
    kind = fields.text("concern_type") or "other"
    name = re.sub(r"[^a-z0-9_]+", "_", kind.lower()).strip("_")
    name = name if _TYPE.fullmatch(name) else "other"
    if name != kind:
        fields.notes.append(f"concern_type {kind[:40]!r} is written {name!r}")
    status = fields.one_of("status", CONCERN_STATUSES, "active")
    created = first_time(fields, "created_at", "last_checked_at")
    resolved = fields.time("resolved_at")
    values: dict[str, Value] = {
        "concern_id": concern_id,
        "mind_gmid": gmid,
        "user_email": fields.text("user_email") or None,
        "concern_type": name,
        "content": fields.required("content"),
        "context": fields.text("context") or "",
        "priority": fields.one_of("priority", PRIORITIES, "medium"),
        "confidence": fields.number("confidence", 0.5, 0, 1),
        "status": status,
        "created_at": created,
        "last_checked_at": fields.time("last_checked_at"),
        # A resolved concern never comes up again.
        "next_check_at": None if status == "resolved" else fields.time("next_check_at"),
        "resolved_at": (resolved or created) if status == "resolved" else None,
        "check_count": fields.count("check_count"),
        "follow_up_message": fields.text("follow_up_message"),
    }
    extra = fields.json("extra_data")
    _ = fields.time("next_check_at")
    values["extra_data"] = with_more(extra, _KEPT, fields.rest())
    return source_row("concern", concern_id, row, fields, values, gmid)


def _background_task(row: Row) -> SourceRow:
    """An open task ends here as failed: what it was to work with was never kept, and doing a
    request of last year again, unasked, can do harm."""
    fields = Fields(row)
    gmid, task_id = mind_of(fields), fields.required("task_id")
    was = fields.one_of("status", _OPEN | {"completed", "failed"}, "failed")
    created = first_time(fields, "created_at", "started_at", "completed_at")
    completed = fields.time("completed_at")
    error = fields.text("error")
    if was in _OPEN:
        fields.notes.append(f"it was {was}; it is kept as failed, to be given again by hand")
        error = (
            f"It was {was} in genesis-minds when it was imported. Give it again if it is wanted."
        )
    extra, context, result = map(fields.json, ("extra_data", "context", "result"))
    values: dict[str, Value] = {
        "task_id": task_id,
        "mind_gmid": gmid,
        "user_email": fields.text("user_email") or None,
        "user_request": fields.required("user_request"),
        "handler": "imported",
        "status": "completed" if was == "completed" else "failed",
        "progress": fields.number("progress", 0.0, 0, 1),
        "priority": 0,
        "created_at": created,
        "started_at": fields.time("started_at"),
        "completed_at": completed or later_of(created, fields.time("started_at")),
        "result": None if result is None else json.dumps(result, ensure_ascii=False),
        "error": error,
        "retry_count": fields.count("retry_count"),
        "max_retries": fields.count("max_retries", 2),
        "notify_on_complete": False,
        "cancel_requested": False,
        "context": with_more(context, _KEPT, {}),
        "attachments": "[]",
        "extra_data": with_more(extra, _KEPT, {"status": was, **fields.rest()}),
    }
    return source_row("background_task", task_id, row, fields, values, gmid)


def _environment(row: Row) -> SourceRow:
    fields = Fields(row, is_utc=True)
    gmid, env_id = mind_of(fields, "owner_gmid"), fields.required("env_id")
    extra = fields.json("extra_metadata")
    values: dict[str, Value] = {
        "env_id": env_id,
        "name": fields.required("name"),
        "owner_gmid": gmid,
        "env_type": fields.text("env_type") or "other",
        "description": fields.text("description") or "",
        "is_public": fields.flag("is_public", otherwise=False),
        "created_at": first_time(fields, "created_at", "last_accessed"),
        "last_accessed": fields.time("last_accessed"),
        "access_count": fields.count("access_count"),
    }
    values["extra_metadata"] = with_more(extra, _KEPT, fields.rest())
    return source_row("environment", env_id, row, fields, values, gmid)


def _relationship(row: Row) -> SourceRow:
    fields = Fields(row, is_utc=True)
    gmid, other = mind_of(fields, "from_gmid"), fields.required("to_gmid")
    _ = fields.text("id")
    values: dict[str, Value] = {
        "from_gmid": gmid,
        "to_gmid": other,
        "relationship_type": fields.text("relationship_type") or "other",
        "closeness": fields.number("closeness", 0.0, 0, 1),
        "trust_level": fields.number("trust_level", 0.5, 0, 1),
        "interaction_count": fields.count("interaction_count"),
        "positive_interactions": fields.count("positive_interactions"),
        "negative_interactions": fields.count("negative_interactions"),
        "started_at": first_time(fields, "started_at", "last_interaction"),
        "last_interaction": fields.time("last_interaction"),
    }
    values["extra_data"] = with_more(None, _KEPT, fields.rest())
    return source_row("relationship", f"{gmid}/{other}", row, fields, values, gmid)
