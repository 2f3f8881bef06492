"""A memory, as programs hold it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import JsonValue

from genesis.clock import as_datetime, parse_time
from genesis.errors import UsageError

DECAY_A_DAY = 0.99
_BOOST, _MOST_BOOST = 0.05, 0.3
_SECONDS_A_DAY = 86_400


class MemoryType(StrEnum):
    """What kind of memory it is."""

    EPISODIC = "episodic"
    SEMANTIC = "semantic"
    PROCEDURAL = "procedural"
    PROSPECTIVE = "prospective"
    WORKING = "working"


MEMORY_TYPES = {str(kind): kind for kind in MemoryType}


def memory_type(value: object) -> MemoryType:
    """The type of that name. Raises UsageError."""
    try:
        return MemoryType(value)  # type: ignore[arg-type]  # it looks for the value
    except ValueError:
        raise UsageError(
            f"{str(value)[:60]!r} is no type of memory; use one of: {', '.join(MemoryType)}"
        ) from None


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Memory:
    """One memory; a copy of the record, which only `MemoryManager` changes.

    `importance` and `emotion_intensity` are from 0 to 1, times are aware and in UTC.
    `relationship_context` is `personal`, `shared`, `generic` or None (not said). `score` is the
    cosine similarity to the query, when it comes from a search.
    """

    content: str
    type: MemoryType = MemoryType.EPISODIC
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    timestamp: datetime = field(default_factory=_now)
    emotion: str | None = None
    emotion_intensity: float | None = None
    importance: float = 0.5
    access_count: int = 0
    last_accessed: datetime | None = None
    tags: list[str] = field(default_factory=list)
    related_memory_ids: list[str] = field(default_factory=list)
    user_email: str | None = None
    relationship_context: str | None = None
    environment_id: str | None = None
    environment_name: str | None = None
    metadata: dict[str, JsonValue] = field(default_factory=dict)
    archived_at: datetime | None = None
    merged_into: str | None = None
    score: float | None = None

    def access(self) -> None:
        """Count one use in this copy; the record counts what searches find by itself."""
        self.access_count += 1
        self.last_accessed = _now()

    def get_relevance_score(self, now: str | datetime | None = None) -> float:
        """How much it still matters: importance x 0.99 ^ days of age + 0.05 for each use, at most
        0.3. From 0 to 1.3; the formula is that of genesis-minds 0.1."""
        moment = _now() if now is None else as_datetime(now)
        days = max(0.0, (moment - self.timestamp).total_seconds() / _SECONDS_A_DAY)
        boost = min(_BOOST * self.access_count, _MOST_BOOST)
        return float(self.importance * DECAY_A_DAY**days + boost)

    def to_dict(self) -> dict[str, JsonValue]:
        """All fields as JSON values; times are ISO 8601 text in UTC."""
        return {name: _plain(getattr(self, name)) for name in _NAMES}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Memory:
        """The memory that `to_dict` of this or the older API described; unknown keys are ignored.

        A time without an offset is local time of this machine. Raises UsageError for a missing
        content, an unknown type or what is no time.
        """
        if "content" not in data:
            raise UsageError("a memory without `content` cannot be read; give its text")
        values = {name: data[name] for name in _NAMES if data.get(name) is not None}
        try:
            for name in _TIMES & values.keys():
                values[name] = as_datetime(values[name])
        except (TypeError, ValueError) as error:
            raise UsageError(f"the memory {str(data.get('id'))[:60]}: {error}") from None
        if "type" in values:
            values["type"] = memory_type(values["type"])
        return cls(**values)


_NAMES = tuple(f.name for f in fields(Memory))
_TIMES = {"timestamp", "last_accessed", "archived_at"}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return parse_time(value)
    return str(value) if isinstance(value, MemoryType) else value
