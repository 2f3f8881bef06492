"""The terms in force: the last ruleset and zone that the database keeps, and how new ones come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
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
_RULESETS = "SELECT from_event, content, adopted_at FROM gamification_rulesets ORDER BY id"
_ZONES = "SELECT from_event, zone, day_start FROM gamification_zones ORDER BY from_event"
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
    ruleset = _cached(rows[0][1]).with_checks(checks) if rows else EMPTY
    zone, day_start = ledger.zone_at(connection, checkpoint + 1) or ("UTC", time(4))
    return Terms(ruleset, compile_rules(ruleset), ZoneInfo(zone), day_start)


class Course:
    """The terms at each event, asked in the order of the log: the zone that was in force there,
    and the rules that were, of which those with code are left out; or always those of `fixed`."""

    def __init__(self, connection: Connection, fixed: Terms | None = None) -> None:
        self._zones = ledger.query(connection, _ZONES)
        self._rulesets = [] if fixed else ledger.query(connection, _RULESETS)
        self._terms = fixed or Terms(EMPTY, {}, ZoneInfo("UTC"), time(4))

    def at(self, event_id: int) -> Terms:
        """The terms for an event, which is no earlier one than the last."""
        while self._zones and self._zones[0][0] <= event_id:
            _, zone, start = self._zones.pop(0)
            self._terms = replace(
                self._terms, zone=ZoneInfo(zone), day_start=time.fromisoformat(start)
            )
        while self._rulesets and self._rulesets[0][0] <= event_id:
            ruleset = _cached(self._rulesets.pop(0)[1])
            plain = tuple(each for each in ruleset.rules if each[1].check is None)
            ruleset = replace(ruleset, rules=plain)
            self._terms = replace(self._terms, ruleset=ruleset, rules=compile_rules(ruleset))
        return self._terms


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
    '"streaks":{"rest_days":[],"idle_days":"rest"}}'
)


@lru_cache(maxsize=4)
def _cached(content: str) -> Ruleset:
    return read_ruleset(content)


def _write_ruleset(connection: Connection, checkpoint: int, live: Ruleset) -> None:
    moment = now()
    values = (checkpoint + 1, live.digest(), live.content(), moment)
    ledger.run_many(connection, _RULESET, [values])
    levels = _level_rows(live)
    ledger.run_many(connection, "DELETE FROM level_thresholds WHERE level > ?", [(len(levels),)])
    ledger.run_many(connection, _LEVEL, levels)
    ledger.run_many(
        connection, "UPDATE achievement_definitions SET is_active = 0 WHERE id <> ?", [("",)]
    )
    ledger.run_many(connection, _DEFINITION, _definition_rows(live, moment))


def declared(connection: Connection) -> tuple[list[ledger.Found], list[ledger.Found]]:
    """The rows of `level_thresholds` and `achievement_definitions` that the recorded rulesets
    give: the levels of the last one, and the achievements of all, those of the last one active."""
    levels: list[ledger.Found] = []
    found: dict[str, ledger.Found] = {}
    for _, content, moment in ledger.query(connection, _RULESETS):
        ruleset = _cached(content)
        levels = _level_rows(ruleset)
        found = {name: (*row[:8], 0, row[9]) for name, row in found.items()}
        for row in _definition_rows(ruleset, moment):
            found[row[0]] = (*row[:9], found[row[0]][9] if row[0] in found else moment)
    return levels, list(found.values())


def _level_rows(ruleset: Ruleset) -> list[ledger.Found]:
    return [(each.level, each.xp_required, each.title, each.emoji) for each in ruleset.levels]


def _definition_rows(ruleset: Ruleset, moment: str) -> list[ledger.Found]:
    rows: list[ledger.Found] = []
    for each in ruleset.achievements:
        criteria = [one.model_dump(mode="json") for one in each.criteria]
        rows.append((
            each.id, each.name, each.description, each.emoji, each.category, each.tier,
            each.xp_reward, ledger.as_json({"all": criteria}), int(each.is_active), moment,
        ))  # fmt: skip
    return rows
