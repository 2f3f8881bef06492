"""Events: what happened, in the order in which it became true."""

from __future__ import annotations

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
