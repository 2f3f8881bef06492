"""Tables of work: teams, agents, repositories, sessions, tasks, the queue, events, plugins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ACTIVE_SESSIONS = """
CREATE VIEW v_active_sessions AS
SELECT s.id, s.team_id, t.name AS team_name, s.status, s.target_repo, s.branch_name,
       COUNT(DISTINCT k.agent_id) AS agent_count, COUNT(k.id) AS task_count, s.started_at
FROM sessions s
JOIN teams t ON t.id = s.team_id
LEFT JOIN tasks k ON k.session_id = s.id
WHERE s.status IN ('pending', 'in_progress')
GROUP BY s.id, s.team_id, t.name, s.status, s.target_repo, s.branch_name, s.started_at
"""

# Unfinished tasks count neither way, and a task without a duration does not count as 0 seconds.
_AGENT_PERFORMANCE = """
CREATE VIEW v_agent_performance AS
SELECT a.id, a.name, a.role, t.name AS team_name,
       SUM(CASE WHEN k.status = 'completed' THEN 1 ELSE 0 END) AS total_tasks_completed,
       SUM(CASE WHEN k.status = 'failed' THEN 1 ELSE 0 END) AS total_tasks_failed,
       ROUND(100.0 * SUM(CASE WHEN k.status = 'completed' THEN 1 ELSE 0 END)
             / NULLIF(SUM(CASE WHEN k.status IN ('completed', 'failed') THEN 1 ELSE 0 END), 0), 2)
           AS success_rate_pct,
       AVG(CASE WHEN k.status IN ('completed', 'failed') THEN k.duration_seconds END) / 60.0
           AS avg_duration_minutes
FROM agents a
JOIN teams t ON t.id = a.team_id
LEFT JOIN tasks k ON k.agent_id = a.id
WHERE a.is_active
GROUP BY a.id, a.name, a.role, t.name
ORDER BY success_rate_pct DESC
"""


def _text(name: str, *, null: bool = False, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=null, server_default=default)


def upgrade() -> None:
    """Create everything."""
    _create_people()
    _create_work()
    _create_queue_and_events()
    _create_plugins()
    op.execute(_ACTIVE_SESSIONS)
    op.execute(_AGENT_PERFORMANCE)


def _create_people() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.String(), primary_key=True),
        _text("name"), _text("domain"), _text("description"),
        _text("created_at"), _text("updated_at"),
        sa.UniqueConstraint("name"),
    )  # fmt: skip
    op.create_table(
        "agents",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("team_id", sa.String(), sa.ForeignKey("teams.id"), nullable=False),
        _text("name"), _text("role"), _text("emoji"), _text("llm_preference", null=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        _text("created_at"), _text("updated_at"),
        sa.UniqueConstraint("team_id", "name"),
    )  # fmt: skip
    op.create_index("ix_agents_team_id", "agents", ["team_id"])
    op.create_table(
        "repositories",
        sa.Column("id", sa.String(), primary_key=True),
        _text("name"), _text("path"), _text("github_url", null=True),
        sa.Column("team_id", sa.String(), sa.ForeignKey("teams.id")),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        _text("last_synced_at", null=True), _text("created_at"),
        sa.UniqueConstraint("name"), sa.UniqueConstraint("path"),
    )  # fmt: skip


def _create_work() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("team_id", sa.String(), sa.ForeignKey("teams.id"), nullable=False),
        _text("goal"), _text("status"), _text("phase"), _text("target_repo"),
        sa.Column("repository_id", sa.String(), sa.ForeignKey("repositories.id")),
        _text("priority_file", null=True), _text("branch_name", null=True),
        _text("pr_url", null=True),
        sa.Column("iteration_count", sa.Integer(), nullable=False),
        _text("options"), _text("reason"), _text("summary", null=True), _text("owner", null=True),
        sa.Column("open_tasks", sa.Integer(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        _text("created_at"), _text("started_at", null=True), _text("completed_at", null=True),
        sa.Column("duration_seconds", sa.Float()),
        sa.Column("exit_code", sa.Integer()),
    )  # fmt: skip
    op.create_index("ix_sessions_status", "sessions", ["status"])
    op.create_index("ix_sessions_started_at", "sessions", ["started_at"])
    op.create_index(
        "ix_sessions_open", "sessions", ["id"], sqlite_where=sa.text("completed_at IS NULL")
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("session_id", sa.String(), sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("agent_id", sa.String(), sa.ForeignKey("agents.id"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("key"), _text("kind"), _text("description"), _text("status"), _text("priority"),
        _text("phase"), _text("params"),
        sa.Column("time_limit_seconds", sa.Float(), nullable=False),
        sa.Column("waiting_on", sa.Integer(), nullable=False),
        sa.Column("dependents", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("retry_count", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        _text("llm_used", null=True), _text("created_at"), _text("started_at", null=True),
        _text("completed_at", null=True),
        sa.Column("duration_seconds", sa.Float()),
        _text("error_message", null=True), _text("result", null=True),
    )  # fmt: skip
    for column in ("session_id", "agent_id", "status"):
        op.create_index(f"ix_tasks_{column}", "tasks", [column])
    op.create_table(
        "task_dependencies",
        sa.Column("depends_on", sa.String(), sa.ForeignKey("tasks.id"), primary_key=True),
        sa.Column("task_id", sa.String(), sa.ForeignKey("tasks.id"), primary_key=True),
    )


def _create_queue_and_events() -> None:
    op.create_table(
        "queue",
        sa.Column("id", sa.Integer(), primary_key=True),
        _text("lane"), _text("item"),
        sa.Column("priority", sa.Integer(), nullable=False),
        _text("run_at"), _text("status"), _text("owner", null=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        _text("lease_until", null=True),
        sa.UniqueConstraint("item"),
    )  # fmt: skip
    op.create_index(
        "ix_queue_ready", "queue", ["lane", sa.text("priority DESC"), "run_at", "id"],
        sqlite_where=sa.text("status = 'ready'"),
    )  # fmt: skip
    op.create_index(
        "ix_queue_leased", "queue", ["owner"], sqlite_where=sa.text("status = 'leased'")
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), primary_key=True),
        _text("type"), _text("subject"), _text("session_id", null=True), _text("payload"),
        _text("created_at"),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("ix_events_session_id", "events", ["session_id"])
    op.create_table(
        "event_cursors",
        sa.Column("plugin", sa.String(), primary_key=True),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _text("updated_at"),
    )


def _create_plugins() -> None:
    op.create_table(
        "plugins",
        sa.Column("id", sa.String(), primary_key=True),
        _text("version"), _text("state"), _text("step"), _text("reason"),
        _text("quarantined_version", null=True), _text("quarantine_reason", null=True),
        _text("updated_at"),
    )  # fmt: skip
    op.create_table(
        "plugin_faults",
        sa.Column("id", sa.Integer(), primary_key=True),
        _text("plugin"), _text("hook"), _text("error"), _text("traceback"),
        sa.Column("duration_ms", sa.Float(), nullable=False),
        _text("created_at"),
    )  # fmt: skip
    op.create_index("ix_plugin_faults_plugin", "plugin_faults", ["plugin"])
