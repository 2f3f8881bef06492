"""The table of the durable queue."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel


class QueueRow(SQLModel, table=True):
    """Work that is open and could be started, or is being done under a lease. Nothing else.

    A row leaves when its work ends, so claiming costs the same whatever has been finished.
    """

    __tablename__ = "queue"
    __table_args__ = (
        Index(
            "ix_queue_ready",
            "lane",
            text("priority DESC"),
            "run_at",
            "id",
            sqlite_where=text("status = 'ready'"),
        ),
        Index("ix_queue_leased", "owner", sqlite_where=text("status = 'leased'")),
    )
    id: int | None = Field(default=None, primary_key=True)
    lane: str
    item: str = Field(unique=True)
    priority: int = 0
    run_at: str
    status: str = "ready"
    owner: str | None = None
    attempt: int = 0
    lease_until: str | None = None
