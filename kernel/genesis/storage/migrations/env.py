"""Alembic's environment for every owner: it gets connection and version table from its caller."""

from __future__ import annotations

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    version_table=attributes["version_table"],
    transaction_per_migration=False,
)
context.run_migrations()
