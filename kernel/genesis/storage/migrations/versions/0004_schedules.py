"""Schedules, and what became of their times."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=null)


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "schedules",
        sa.Column("id", sa.String(), nullable=False, primary_key=True),
        _text("job", null=True),
        _text("log", null=True),
        _text("goal"),
        _text("team"),
        _text("repository"),
        _text("options"),
        _text("cron"),
        _text("timezone"),
        _text("catch_up"),
        sa.Column("overlap", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        _text("created_at"),
        _text("considered_until"),
        _text("next_at", null=True),
        _text("last_session", null=True),
        sa.Column("runs", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_schedules_next_at", "schedules", ["next_at"],
        sqlite_where=sa.text("next_at IS NOT NULL"),
    )  # fmt: skip
    op.create_table(
        "schedule_runs",
        sa.Column(
            "schedule_id", sa.String(), sa.ForeignKey("schedules.id"), nullable=False,
            primary_key=True,
        ),
        sa.Column("number", sa.Integer(), nullable=False, primary_key=True),
        _text("scheduled_for"),
        _text("until", null=True),
        sa.Column("count", sa.Integer(), nullable=False),
        _text("status"),
        _text("session_id", null=True),
        _text("reason"),
        _text("at"),
        sa.UniqueConstraint("schedule_id", "scheduled_for"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    op.create_index(
        "ix_schedule_runs_session_id", "schedule_runs", ["session_id"],
        sqlite_where=sa.text("session_id IS NOT NULL"),
    )  # fmt: skip
