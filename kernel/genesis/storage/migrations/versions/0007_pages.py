"""Indexes for pages of sessions and tasks: of one status, agent, team or repository, by id."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Let those that stand for one column go on with the id, and add those that were missing."""
    op.drop_index("ix_sessions_status", "sessions")
    op.create_index("ix_sessions_status", "sessions", ["status", "id"])
    op.create_index("ix_sessions_team", "sessions", ["team_id", "id"])
    op.create_index("ix_sessions_repository", "sessions", ["repository_id", "id"])
    op.drop_index("ix_tasks_status", "tasks")
    op.create_index("ix_tasks_status", "tasks", ["status", "id"])
    op.drop_index("ix_tasks_agent_id", "tasks")
    op.create_index("ix_tasks_agent", "tasks", ["agent_id", "id"])
