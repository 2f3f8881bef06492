"""The kernel's tables for work, as SQLModel classes. Migrations create them; a test compares.

Timestamps are the text of `genesis.clock`. JSON columns hold text, so that hot paths neither
parse nor build what they only carry.
"""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel


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
    """One run of a team on a goal. `owner` is the process that works on it while it is open.
    `judgement` can be large; it is read on its own."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_open", "id", sqlite_where=text("completed_at IS NULL")),
        Index("ix_sessions_status", "status", "id"),
        Index("ix_sessions_team", "team_id", "id"),
        Index("ix_sessions_repository", "repository_id", "id"),
    )
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="teams.id")
    goal: str
    status: str
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
    judgement: str | None = None


class TaskRow(SQLModel, table=True):
    """One specialist's piece of work in a session."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_agent", "agent_id", "id"),
        Index("ix_tasks_status", "status", "id"),
    )
    id: str = Field(primary_key=True)
    session_id: str = Field(foreign_key="sessions.id", index=True)
    agent_id: str = Field(foreign_key="agents.id")
    position: int
    key: str
    kind: str
    description: str
    status: str
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
