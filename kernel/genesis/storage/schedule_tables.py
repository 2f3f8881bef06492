"""The tables of schedules and of what became of their times."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel


class ScheduleRow(SQLModel, table=True):
    """A session that is to be begun again and again.

    `considered_until` is the last time that was decided upon; whatever the clock does, only
    resuming a paused schedule can set it back. `next_at` is the one that follows, and null while
    the schedule is paused. `runs` counts the rows that it ever had.
    """

    __tablename__ = "schedules"
    __table_args__ = (
        Index("ix_schedules_next_at", "next_at", sqlite_where=text("next_at IS NOT NULL")),
        {"sqlite_with_rowid": False},
    )
    id: str = Field(primary_key=True)
    job: str | None = None
    log: str | None = None
    goal: str
    team: str
    repository: str
    options: str = "{}"
    cron: str
    timezone: str
    catch_up: str = "once"
    overlap: bool = False
    enabled: bool = True
    created_at: str
    considered_until: str
    next_at: str | None = None
    last_session: str | None = None
    runs: int = 0


class ScheduleRunRow(SQLModel, table=True):
    """What became of a time of a schedule; of `count` times, up to `until`, that were missed."""

    __tablename__ = "schedule_runs"
    __table_args__ = (
        UniqueConstraint("schedule_id", "scheduled_for"),
        Index(
            "ix_schedule_runs_session_id", "session_id",
            sqlite_where=text("session_id IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )  # fmt: skip
    schedule_id: str = Field(primary_key=True, foreign_key="schedules.id")
    number: int = Field(primary_key=True)
    scheduled_for: str
    until: str | None = None
    count: int = 1
    status: str
    session_id: str | None = None
    reason: str = ""
    at: str
