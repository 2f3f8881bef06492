"""The tables of the event log and of how far plugins have read it."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel


class EventRow(SQLModel, table=True):
    """Something that happened, written in the transaction that made it so. A trigger keeps the
    newest one, so that no id is given twice."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_session_id", "session_id", sqlite_where=text("session_id IS NOT NULL")),
    )
    id: int | None = Field(default=None, primary_key=True)
    type: str
    subject: str
    session_id: str | None = None
    payload: str = "{}"
    created_at: str


class EventCursorRow(SQLModel, table=True):
    """How far a plugin has read the events, and how its last tries went."""

    __tablename__ = "event_cursors"
    plugin: str = Field(primary_key=True)
    event_id: int
    failures: int = 0
    updated_at: str
