"""What was made of a session's findings, beside the session."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Sessions before this one have no judgement."""
    op.add_column("sessions", sa.Column("judgement", sa.String(), nullable=True))
