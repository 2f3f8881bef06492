"""How SQLite runs a statement."""

from __future__ import annotations

from genesis.storage.database import Database
from genesis.storage.statements import Statement, Values


def plan_of(database: Database, statement: Statement, values: Values) -> list[str]:
    """The steps of its query plan. Fails where one reads a whole table or sorts."""
    explained = Statement(f"EXPLAIN QUERY PLAN {statement.text}")
    rows = database.fetch(explained, statement.bound(values))
    steps = [str(row[3]) for row in rows]
    assert not [step for step in steps if "TEMP B-TREE" in step or step.startswith("SCAN")], steps
    return steps
