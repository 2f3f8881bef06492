"""Events: what happened, in the order in which it became true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, JsonValue


class Event(BaseModel):
    """Something that happened to a session or a task.

    `id` grows with time and is the key for doing something once: delivery is at least once.
    `type` is such as `task.finished`; `subject` is the id of what it happened to; the reference
    page `docs/reference/events.md` lists types and payloads.
    """

    model_config = ConfigDict(frozen=True)

    id: int
    type: str
    subject: str
    session_id: str | None
    payload: dict[str, JsonValue]
    created_at: str


@dataclass(frozen=True)
class NewEvent:
    """An event about to be written, in the same transaction as the change that it tells of.

    A plugin's own types begin with what they are about, such as `praise.given`. The payload has
    ids and small facts, never what a user wrote; it stays in the log.
    """

    type: str
    subject: str
    session_id: str | None = None
    payload: Mapping[str, JsonValue] = field(default_factory=dict)
