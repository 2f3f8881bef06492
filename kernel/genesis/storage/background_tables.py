"""The table of background tasks."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel


class BackgroundTaskRow(SQLModel, table=True):
    """Work that a mind was given; while it is open, the queue holds it too."""

    __tablename__ = "background_tasks"
    __table_args__ = (
        Index(
            "ix_background_tasks_ended", "mind_gmid", "completed_at", "task_id",
            sqlite_where=text("completed_at IS NOT NULL"),
        ),
        Index(
            "ix_background_tasks_user", "mind_gmid", "user_email", "created_at", "task_id",
            sqlite_where=text("user_email IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )  # fmt: skip
    task_id: str = Field(primary_key=True)
    mind_gmid: str = Field(foreign_key="minds.gmid")
    user_email: str | None = None
    user_request: str
    handler: str
    status: str = "pending"
    progress: float = 0.0
    progress_message: str | None = None
    priority: int = 0
    run_at: str | None = None
    created_at: str
    started_at: str | None = None
    completed_at: str | None = None
    result: str | None = None
    error: str | None = None
    retry_count: int = 0
    max_retries: int = 2
    notify_on_complete: bool = True
    cancel_requested: bool = False
    context: str = "{}"
    attachments: str = "[]"
    extra_data: str = "{}"
