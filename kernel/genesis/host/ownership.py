"""Make a plugin's tables, and hold it to those that it declared."""

from __future__ import annotations

from sqlalchemy import Connection, text

from genesis.contracts.plugins import Tables
from genesis.errors import PluginError
from genesis.storage.database import Database
from genesis.storage.migrate import migrate, recorded_revision, version_table


def migrate_plugin(database: Database, owner: str, tables: Tables) -> None:
    """Apply a plugin's migrations. Raises PluginError when they touch a table of someone else,
    or when a table exists that this plugin did not make; nothing is changed then."""
    with database.read() as connection:
        is_new = recorded_revision(connection, owner) is None
        existing = _schema(connection)
    present = {table.lower() for _, table, _ in existing}
    taken = sorted(name for name in tables.names if is_new and name.lower() in present)
    if taken:
        raise PluginError(
            f"the table {taken[0]!r} exists and was not made by this plugin; it cannot own it"
        )

    def check(connection: Connection) -> None:
        after = _schema(connection)
        own = {*tables.names, version_table(owner)}
        changed = sorted(table for _, table, _ in existing ^ after if table not in own)
        if changed:
            raise PluginError(
                f"its migration changes {changed[0]!r}, which is not among its tables "
                f"({', '.join(tables.names)}); it was undone"
            )

    migrate(database, owner, tables.revisions, check)


def _schema(connection: Connection) -> set[tuple[str, str, str]]:
    """What there is: its name, the table that it belongs to, and the SQL that made it. Indexes
    and triggers belong to a table; tables and views to themselves."""
    rows = connection.execute(
        text("SELECT name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    )
    return {(row.name, row.tbl_name, row.sql) for row in rows}
