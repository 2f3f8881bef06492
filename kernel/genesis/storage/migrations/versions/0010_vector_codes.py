"""Each memory with a vector has its code, beside its user in an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from genesis.storage.vector_codes import encode

revision = "0010"
down_revision = "0009"

_PART = 1000


def upgrade() -> None:
    """Make the codes of all vectors. Whoever gives codes another form makes all of them anew."""
    op.add_column("memories", sa.Column("code", sa.LargeBinary(), nullable=True))
    connection = op.get_bind()
    part = sa.text(
        "SELECT memory, vector FROM memory_vectors WHERE memory > :after ORDER BY memory LIMIT :n"
    )
    write = sa.text("UPDATE memories SET code = :code WHERE id = :id")
    after = -1
    while rows := connection.execute(part, {"after": after, "n": _PART}).all():
        connection.execute(write, [{"id": row.memory, "code": encode(row.vector)} for row in rows])
        after = rows[-1].memory
    op.create_index(
        "ix_memories_code",
        "memories",
        ["mind_gmid", "user_email", "archived_at", "id", "code"],
        sqlite_where=sa.text("user_email IS NOT NULL"),
    )
