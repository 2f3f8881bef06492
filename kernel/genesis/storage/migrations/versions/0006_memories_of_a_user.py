"""The index of a user's memories tells whether they are archived."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make it anew, with one column more."""
    op.drop_index("ix_memories_user", "memories")
    op.create_index(
        "ix_memories_user",
        "memories",
        ["mind_gmid", "user_email", "created_at", "id", "archived_at"],
    )
