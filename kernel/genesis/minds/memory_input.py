"""What callers give as a memory: checked, and as the columns of the record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from genesis.clock import utc_now
from genesis.errors import UsageError
from genesis.minds.memory_record import MEMORY_TYPES, Memory, memory_type
from genesis.minds.text import (
    require_fields,
    require_metadata,
    require_number,
    require_text,
    require_time,
)
from genesis.storage.memories import Draft, Row
from genesis.storage.statements import Value

MOST_CONTENT = 1024 * 1024
MOST_TAGS, MOST_TAG = 100, 200
MOST_NAME = 320
CONTEXTS = ("personal", "shared", "generic")

Check = Callable[[object], Value]


def _name(what: str) -> Check:
    return lambda value: None if value is None else require_text(value, what, MOST_NAME)


def _content(value: object) -> str:
    return require_text(value, "The content of a memory", MOST_CONTENT)


def _context(value: object) -> str | None:
    if value is None or value in CONTEXTS:
        return value
    raise UsageError(f"relationship_context is {value!r:.60}; use {', '.join(CONTEXTS)} or None.")


_CHECKS: dict[str, Check] = {
    "content": _content,
    "type": lambda value: str(memory_type(value)),
    "emotion": _name("The emotion of a memory"),
    "emotion_intensity": lambda value: (
        None if value is None else require_number(value, "emotion_intensity", 0, 1)
    ),
    "importance": lambda value: require_number(value, "importance", 0, 1),
    "user_email": _name("user_email"),
    "relationship_context": _context,
    "environment_id": _name("environment_id"),
    "environment_name": _name("environment_name"),
    "metadata": lambda value: require_metadata(value, "The metadata of a memory"),
}


def checked_tags(tags: object) -> list[str]:
    """Tags in their order, each once. Raises UsageError for what is no list of short texts."""
    if tags is None:
        return []
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise UsageError(f"tags is {tags!r:.60}; give a list of texts.")
    found = list(dict.fromkeys(require_text(tag, "A tag", MOST_TAG) for tag in tags))
    if len(found) > MOST_TAGS:
        raise UsageError(f"A memory has {len(found)} tags, {MOST_TAGS} are allowed.")
    return found


def checked_changes(changes: dict[str, object]) -> dict[str, Value]:
    """The columns to write for changed fields of a memory. Raises UsageError."""
    named = {("type" if name == "memory_type" else name): v for name, v in changes.items()}
    values = require_fields("A memory", _CHECKS, named)
    if "content" in values:
        values["content_hash"] = content_hash(str(values["content"]))
    return values


def drafted(mind: str, memory: Memory, vector: bytes | None = None) -> Draft:
    """A memory as it is written. Raises UsageError for what cannot be stored."""
    tags = checked_tags(memory.tags)
    hits = require_number(memory.access_count, "access_count", 0, 2**53)
    values: dict[str, Value] = {
        **checked_changes({name: getattr(memory, name) for name in _CHECKS}),
        "mind_gmid": mind,
        "memory_id": require_text(memory.id, "The id of a memory", 100),
        "created_at": require_time(memory.timestamp, "timestamp"),
        "access_count": int(hits),
        "last_accessed": _time(memory.last_accessed, "last_accessed"),
        "archived_at": _time(memory.archived_at, "archived_at"),
        "merged_into": _name("merged_into")(memory.merged_into),
        "tags": json.dumps(tags),
        "related_memory_ids": json.dumps(_ids(memory.related_memory_ids)),
    }
    return Draft(values, tags, vector)


def memory_of(row: Row, pending_hits: int = 0, score: float | None = None) -> Memory:
    """The memory of a row of COLUMNS; hits that are not written yet are counted."""
    columns: tuple[Any, ...] = row
    (_, name, kind, content, created, emotion, intensity, importance, hits, accessed, tags,
     related, user, context, place, place_name, extra, archived, merged) = columns  # fmt: skip
    # By place: a search makes ten of them.
    return Memory(
        content, MEMORY_TYPES[kind], name, datetime.fromisoformat(created), emotion, intensity,
        importance, hits + pending_hits, _moment(utc_now() if pending_hits else accessed),
        _list(tags), _list(related), user, context, place, place_name,
        {} if extra in _EMPTY else json.loads(extra), _moment(archived), merged, score,
    )  # fmt: skip


def content_hash(content: str) -> str:
    """SHA-256 of a text, in hex."""
    return hashlib.sha256(content.encode()).hexdigest()


_EMPTY = (None, "{}")


def _list(text: str) -> list[str]:
    return [] if text == "[]" else list(json.loads(text))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _time(moment: object, what: str) -> str | None:
    return None if moment is None else require_time(moment, what)


def _ids(related: Sequence[str]) -> list[str]:
    return [require_text(name, "A related memory's id", 100) for name in related]
