"""The ledger of imports: which rows of older systems are in this database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create it. Without row ids: the key is all there is to look for."""
    op.create_table(
        "imported_rows",
        sa.Column("source", sa.String(), nullable=False, primary_key=True),
        sa.Column("kind", sa.String(), nullable=False, primary_key=True),
        sa.Column("source_id", sa.String(), nullable=False, primary_key=True),
        sa.Column("digest", sa.String(), nullable=False),
        sqlite_with_rowid=False,
    )
