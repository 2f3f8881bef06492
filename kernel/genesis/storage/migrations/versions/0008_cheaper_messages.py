"""Write two pages less with each message: threads are counted in batches, and ids of messages and
events are drawn without the table that AUTOINCREMENT keeps."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, Integer, text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Let everything be counted that is there, and copy two tables without AUTOINCREMENT."""
    op.create_table(
        "conversation_progress",
        Column("id", Integer, primary_key=True, nullable=False),
        Column("counted_id", Integer, nullable=False),
    )
    op.execute(
        "INSERT INTO conversation_progress (id, counted_id) SELECT 1, "
        "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'conversation_messages'), 0)"
    )
    for table in ("conversation_messages", "events"):
        _copy_without_autoincrement(table)
    # Who read up to an id goes on after it, so it must not be given to another event.
    op.execute(
        "CREATE TRIGGER events_keep_newest BEFORE DELETE ON events "
        "WHEN old.id = (SELECT max(id) FROM events) "
        "BEGIN SELECT raise(ABORT, 'the newest event must stay'); END"
    )


def _copy_without_autoincrement(table: str) -> None:
    """What AUTOINCREMENT changes is not in the rows, but SQLite has no statement that drops it."""
    connection = op.get_bind()
    of_table = "FROM sqlite_master WHERE tbl_name = :table AND type = :type AND sql IS NOT NULL"
    (definition,) = connection.scalars(
        text(f"SELECT sql {of_table}"), {"table": table, "type": "table"}
    )
    indexes = connection.scalars(
        text(f"SELECT sql {of_table}"), {"table": table, "type": "index"}
    ).all()
    plain = definition.replace(table, f"{table}_copied", 1).replace(" AUTOINCREMENT", "")
    for statement in (
        plain,
        f"INSERT INTO {table}_copied SELECT * FROM {table}",  # noqa: S608 - our own names
        f"DROP TABLE {table}",
        f"ALTER TABLE {table}_copied RENAME TO {table}",
        *indexes,
    ):
        connection.exec_driver_sql(statement)
