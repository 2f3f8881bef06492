"""The terms in force: the last ruleset and zone that the database keeps, and how new ones come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from genesis_gamification import ledger
from genesis_gamification.awarding import Terms, compile_rules
from genesis_gamification.rulesets import Check, Ruleset, read_ruleset

Change = Callable[[Connection, int], None]
_LAST = "SELECT digest, content FROM gamification_rulesets ORDER BY id DESC LIMIT 1"
_RULESET = (
    "INSERT INTO gamification_rulesets (from_event, from_row, digest, content, adopted_at) "
    "SELECT ?, coalesce(max(id), 0) + 1, ?, ?, ? FROM xp_transactions"
)
_ZONE = "INSERT OR REPLACE INTO gamification_zones VALUES (?, ?, ?)"
_LEVEL = "INSERT OR REPLACE INTO level_thresholds VALUES (?, ?, ?, ?)"
_DEFINITION = (
    "INSERT INTO achievement_definitions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, "
    "emoji = excluded.emoji, category = excluded.category, tier = excluded.tier, "
    "xp_reward = excluded.xp_reward, criteria = excluded.criteria, is_active = excluded.is_active"
)


def now() -> str:
    """The moment, as the kernel writes it."""
    return text_of(datetime.now(UTC))


def text_of(moment: datetime) -> str:
    """An aware moment, as the kernel writes it."""
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    return plain.isoformat(timespec="microseconds") + "Z"


def in_force(connection: Connection, checkpoint: int, checks: Mapping[str, Check]) -> Terms:
    """The terms for what comes after the checkpoint. Before the first ruleset nothing is paid."""
    rows = ledger.query(connection, _LAST)
    ruleset = _cached(rows[0][1], tuple(checks.items())) if rows else EMPTY
    zone, day_start = ledger.zone_at(connection, checkpoint + 1) or ("UTC", time(4))
    return Terms(ruleset, compile_rules(ruleset), ZoneInfo(zone), day_start)


def changes(
    connection: Connection, live: Ruleset, is_broken: bool, zone: str, day_start: time
) -> list[Change]:
    """What has to be written so that a ruleset and a zone are in force; nothing when they are."""
    rows = ledger.query(connection, _LAST)
    found: list[Change] = []
    if not rows or (not is_broken and rows[0][0] != live.digest()):
        found.append(lambda connection, checkpoint: _write_ruleset(connection, checkpoint, live))
    checkpoint, _ = ledger.read_state(connection)
    if ledger.zone_at(connection, checkpoint + 1) != (zone, day_start):
        row = (zone, day_start.isoformat())
        found.append(
            lambda connection, checkpoint: ledger.run_many(
                connection, _ZONE, [(checkpoint + 1, *row)]
            )
        )
    return found


EMPTY = read_ruleset(
    '{"rules":[],"achievements":[],'
    '"levels":[{"level":1,"title":"Rookie","xp_required":0,"emoji":"-"}],'
    '"streaks":{"rest_days":[],"idle_days":"rest"}}',
    {},
)


@lru_cache(maxsize=4)
def _cached(content: str, checks: tuple[tuple[str, Check], ...]) -> Ruleset:
    return read_ruleset(content, dict(checks))


def _write_ruleset(connection: Connection, checkpoint: int, live: Ruleset) -> None:
    moment = now()
    values = (checkpoint + 1, live.digest(), live.content(), moment)
    ledger.run_many(connection, _RULESET, [values])
    levels = [(each.level, each.xp_required, each.title, each.emoji) for each in live.levels]
    ledger.run_many(connection, "DELETE FROM level_thresholds WHERE level > ?", [(len(levels),)])
    ledger.run_many(connection, _LEVEL, levels)
    ledger.run_many(
        connection, "UPDATE achievement_definitions SET is_active = 0 WHERE id <> ?", [("",)]
    )
    rows = []
    for each in live.achievements:
        criteria = [one.model_dump(mode="json") for one in each.criteria]
        rows.append((
            each.id, each.name, each.description, each.emoji, each.category, each.tier,
            each.xp_reward, ledger.as_json({"all": criteria}), each.is_active, moment,
        ))  # fmt: skip
    ledger.run_many(connection, _DEFINITION, rows)
