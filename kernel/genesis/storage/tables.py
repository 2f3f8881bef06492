"""The kernel's tables for work, as SQLModel classes. Migrations create them; a test compares.

Timestamps are the text of `genesis.clock`. JSON columns hold text, so that hot paths neither
parse nor build what they only carry.
"""

from __future__ import annotations

from typing import cast

from sqlalchemy import Index, Table, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from genesis.storage.mind_tables import MIND_TABLES


class TeamRow(SQLModel, table=True):
    """A team of specialists."""

    __tablename__ = "teams"
    id: str = Field(primary_key=True)
    name: str = Field(unique=True)
    domain: str
    description: str = ""
    created_at: str
    updated_at: str


class AgentRow(SQLModel, table=True):
    """A specialist. Its record (success rate, counts, duration) is `v_agent_performance`."""

    __tablename__ = "agents"
    __table_args__ = (UniqueConstraint("team_id", "name"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="teams.id", index=True)
    name: str
    role: str
    emoji: str = ""
    llm_preference: str | None = None
    is_active: bool = True
    created_at: str
    updated_at: str


class RepositoryRow(SQLModel, table=True):
    """A repository that sessions work on."""

    __tablename__ = "repositories"
    id: str = Field(primary_key=True)
    name: str = Field(unique=True)
    path: str = Field(unique=True)
    github_url: str | None = None
    team_id: str | None = Field(default=None, foreign_key="teams.id")
    is_active: bool = True
    last_synced_at: str | None = None
    created_at: str


class SessionRow(SQLModel, table=True):
    """One run of a team on a goal. `owner` is the process that works on it while it is open."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_open", "id", sqlite_where=text("completed_at IS NULL")),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="teams.id")
    goal: str
    status: str = Field(index=True)
    phase: str
    target_repo: str
    repository_id: str | None = Field(default=None, foreign_key="repositories.id")
    priority_file: str | None = None
    branch_name: str | None = None
    pr_url: str | None = None
    iteration_count: int = 1
    options: str = "{}"
    reason: str = ""
    summary: str | None = None
    owner: str | None = None
    open_tasks: int = 0
    cancel_requested: bool = False
    created_at: str
    started_at: str | None = Field(default=None, index=True)
    completed_at: str | None = None
    duration_seconds: float | None = None
    exit_code: int | None = None


class TaskRow(SQLModel, table=True):
    """One specialist's piece of work in a session."""

    __tablename__ = "tasks"
    id: str = Field(primary_key=True)
    session_id: str = Field(foreign_key="sessions.id", index=True)
    agent_id: str = Field(foreign_key="agents.id", index=True)
    position: int
    key: str
    kind: str
    description: str
    status: str = Field(index=True)
    priority: str
    phase: str
    params: str = "{}"
    time_limit_seconds: float
    waiting_on: int = 0
    dependents: int = 0
    attempt: int = 0
    retry_count: int = 0
    progress: float = 0.0
    llm_used: str | None = None
    created_at: str
    started_at: str | None = None
    completed_at: str | None = None
    duration_seconds: float | None = None
    error_message: str | None = None
    result: str | None = None


class TaskDependencyRow(SQLModel, table=True):
    """`task_id` starts once `depends_on` is completed."""

    __tablename__ = "task_dependencies"
    depends_on: str = Field(primary_key=True, foreign_key="tasks.id")
    task_id: str = Field(primary_key=True, foreign_key="tasks.id")


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


class EventRow(SQLModel, table=True):
    """Something that happened, written in the transaction that made it so."""

    __tablename__ = "events"
    __table_args__ = {"sqlite_autoincrement": True}
    id: int | None = Field(default=None, primary_key=True)
    type: str
    subject: str
    session_id: str | None = Field(default=None, index=True)
    payload: str = "{}"
    created_at: str


class EventCursorRow(SQLModel, table=True):
    """How far a plugin has read the events, and how its last tries went."""

    __tablename__ = "event_cursors"
    plugin: str = Field(primary_key=True)
    event_id: int
    failures: int = 0
    updated_at: str


class PluginRow(SQLModel, table=True):
    """What became of a plugin at the last start, and whether it is in quarantine."""

    __tablename__ = "plugins"
    id: str = Field(primary_key=True)
    version: str
    state: str
    step: str = ""
    reason: str = ""
    quarantined_version: str | None = None
    quarantine_reason: str | None = None
    updated_at: str


class PluginFaultRow(SQLModel, table=True):
    """One call into a plugin that failed."""

    __tablename__ = "plugin_faults"
    id: int | None = Field(default=None, primary_key=True)
    plugin: str = Field(index=True)
    hook: str
    error: str
    traceback: str
    duration_ms: float
    created_at: str


WORK_TABLES = frozenset(
    str(model.__tablename__)
    for model in (
        TeamRow, AgentRow, RepositoryRow, SessionRow, TaskRow, TaskDependencyRow, QueueRow,
        EventRow, EventCursorRow, PluginRow, PluginFaultRow,
    )
)  # fmt: skip
KERNEL_TABLES = WORK_TABLES | MIND_TABLES


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model, for prebuilt statements."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]  # SQLModel adds it
