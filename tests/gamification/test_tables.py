"""What the migration makes is what the code names."""

from __future__ import annotations

from genesis.storage.database import Database
from genesis_gamification.tables import OWNED
from genesis_gamification.views import CREATE_VIEWS, KEEP_SNAPSHOTS_TRUE

from tests.gamification.logs import rows


def words(sql: str) -> list[str]:
    return sql.split()


def test_the_plugin_makes_the_tables_and_views_that_it_names(ledger: Database) -> None:
    made = rows(
        ledger,
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND (sql LIKE '%xp_%' OR "
        "name LIKE '%gamification%' OR name LIKE 'agent_%' OR name LIKE '%leaderboard%' OR "
        "name IN ('achievement_definitions', 'level_thresholds'))",
    )
    names = {name for (name,) in made} - {"agents", "schema_version_gamification"}
    assert names == set(OWNED.names)


def test_the_migration_holds_the_views_and_triggers_as_they_are(ledger: Database) -> None:
    kept = [words(sql) for (sql,) in rows(ledger, "SELECT sql FROM sqlite_master WHERE sql <> ''")]
    for statement in (*CREATE_VIEWS, *KEEP_SNAPSHOTS_TRUE):
        assert words(statement) in kept
