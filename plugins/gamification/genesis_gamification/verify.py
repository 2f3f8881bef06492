"""Rebuild every projection from what it is made of, compare, and repair.

Most come of the ledger alone; levels and definitions of achievements of the rulesets, sessions of
the log, and kept places of `gamification_daily`. The ledger itself is compared with the log.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from genesis.errors import StorageError
from pydantic import JsonValue
from sqlalchemy import Connection

from genesis_gamification import ledger
from genesis_gamification.folding import count
from genesis_gamification.ingest import Context, Engine
from genesis_gamification.lacking import Followed, follow
from genesis_gamification.metrics import AgentRecord, LedgerRow, apply, due_levels
from genesis_gamification.rulesets import read_ruleset
from genesis_gamification.snapshots import forget_snapshots, snapshot_differences
from genesis_gamification.streaks import StreakRules
from genesis_gamification.terms import declared, in_force

_PART = 5000
_ROWS = (
    "SELECT id, agent_id, amount, rule_id, source_type, local_day, created_at, facts "
    "FROM xp_transactions ORDER BY id"
)
_RULESETS = "SELECT from_row, content FROM gamification_rulesets ORDER BY id"
_PROJECTIONS = {
    "agent_levels": "agent_id, level, current_xp, total_xp, title, created_at, updated_at",
    "agent_streaks": "agent_id, current_streak, longest_streak, last_activity_date, updated_at",
    "agent_achievements": "agent_id, achievement_id, unlocked_at",
    "gamification_metrics": "agent_id, record",
    "gamification_daily": "local_day, agent_id, xp, tasks_completed, tasks_failed",
}
_BESIDE = {
    "level_thresholds": "level, xp_required, title, emoji",
    "achievement_definitions": "id, name, description, emoji, category, tier, xp_reward, "
    "criteria, is_active, created_at",
    "gamification_sessions": "session_id, started_at, local_day, agents",
}
_TABLES = _PROJECTIONS | _BESIDE | {"gamification_state": "id, checkpoint"}
_END = "min(checkpoint, coalesce((SELECT max(id) FROM events), 0))"
_STATE = f"SELECT id, {_END} FROM gamification_state"  # noqa: S608
_END_AT_LOG = f"UPDATE gamification_state SET checkpoint = {_END} WHERE ?"  # noqa: S608
_SHOWN = 20


class Difference(NamedTuple):
    """A row of a projection that is not what the ledger gives; None stands for no row."""

    table: str
    expected: str | None
    found: str | None


class Report(NamedTuple):
    """What a verification found: `rows` of the ledger, `total_xp` of all of them, how many rows
    of projections and kept periods are `different`, the first of those rows, and a line for each
    period in `snapshots`; how many rows the ledger lacks of what the log gave by the rules that
    were in force, and the keys of the first. A repair does not write these: `adopt` does."""

    rows: int
    total_xp: int
    different: int
    differences: list[Difference]
    snapshots: list[str]
    lacks: int
    lacking: list[str]


@dataclass
class Rebuilt:
    """Everything that the ledger gives."""

    records: dict[str, AgentRecord] = field(default_factory=dict)
    daily: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    unlocked: list[tuple[str, str, str]] = field(default_factory=list)
    moments: dict[str, list[str]] = field(default_factory=dict)
    rows: int = 0
    total_xp: int = 0


def verify(context: Context) -> Report:
    """Compare every projection with what gives it, and the ledger with the log. Nothing is
    changed."""
    with context.read() as connection:
        rebuilt = rebuild(connection)
        followed = follow(connection, context)
        expected = _expected(connection, rebuilt) | _expected_beside(connection, followed)
        found = {
            table: set(ledger.query(connection, f"SELECT {columns} FROM {table}"))  # noqa: S608
            for table, columns in _TABLES.items()
        }
        snapshots = snapshot_differences(connection)
    different = list(_compare(expected, found))
    return Report(
        rebuilt.rows, rebuilt.total_xp, len(different) + len(snapshots), different[:_SHOWN],
        snapshots, len(followed.lacking), followed.lacking[:_SHOWN],
    )  # fmt: skip


def repair(engine: Engine, context: Context) -> Report:
    """Write every projection anew; gives what differed before. Kept periods are removed, where one
    differed: `take_snapshots` makes them anew."""
    before = verify(context)

    def prepare(connection: Connection) -> Callable[[Connection], None]:
        write_projected = _prepare(connection)
        beside = _expected_beside(connection, follow(connection, context))

        def write(connection: Connection) -> None:
            # It refers to definitions, and is written again after them.
            ledger.run_many(connection, "DELETE FROM agent_achievements WHERE ?", [(1,)])
            for table, columns in _BESIDE.items():
                marks = ", ?" * columns.count(",")
                ledger.run_many(connection, f"DELETE FROM {table} WHERE ?", [(1,)])  # noqa: S608
                ledger.run_many(
                    connection,
                    f"INSERT INTO {table} ({columns}) VALUES (?{marks})",  # noqa: S608
                    sorted(beside[table]),
                )
            ledger.run_many(connection, _END_AT_LOG, [(1,)])
            write_projected(connection)

        return write

    engine.exclusively(prepare)
    if before.snapshots:
        forget_snapshots(context)
    return before


def rewrite(engine: Engine) -> None:
    """Write everything anew that comes of the ledger alone."""
    engine.exclusively(_prepare)


def _prepare(connection: Connection) -> Callable[[Connection], None]:
    rebuilt = rebuild(connection)
    ruleset = in_force(connection, 0, {}).ruleset

    def write(connection: Connection) -> None:
        for table in _PROJECTIONS:
            ledger.run_many(connection, f"DELETE FROM {table} WHERE ?", [(1,)])  # noqa: S608
        ledger.write_projections(connection, rebuilt, rebuilt.records, ruleset)

    return write


def rebuild(connection: Connection) -> Rebuilt:
    """Fold the whole ledger, in the order of its rows, each by the rules in force at it."""
    rebuilt = Rebuilt()
    records, daily, moments = rebuilt.records, rebuilt.daily, rebuilt.moments
    rules_at = _streak_rules(connection)
    rules, following = next(rules_at)
    # Most texts are of few kinds.
    facts_of = lru_cache(maxsize=10_000)(_facts)
    for number, agent, amount, rule, kind, day, moment, text in _ledger(connection):
        while number >= following:
            rules, following = next(rules_at)
        record = records.get(agent)
        if record is None:
            record = records[agent] = AgentRecord(agent)
            moments[agent] = [moment, moment]
        facts = facts_of(text)
        row = LedgerRow(agent, amount, rule, kind, day, moment, facts)
        apply(record, row, rules)
        count(daily, row)
        moments[agent][1] = moment
        if kind == "achievement" and "achievement" in facts:
            rebuilt.unlocked.append((agent, str(facts["achievement"]), moment))
        rebuilt.rows += 1
        rebuilt.total_xp += amount
    levels = in_force(connection, 0, {}).ruleset.levels
    for record in records.values():
        due_levels(record, levels)
    return rebuilt


def _facts(text: str) -> dict[str, JsonValue]:
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise StorageError(
            f"The ledger has a row with the facts {text!r:.80}, which no program of ours wrote. "
            "Take a backup from before it."
        )
    return found


def _ledger(connection: Connection) -> Iterator[ledger.Found]:
    cursor = connection.connection.cursor()
    cursor.execute(_ROWS, ())
    while part := cursor.fetchmany(_PART):
        yield from part
    cursor.close()


def _streak_rules(connection: Connection) -> Iterator[tuple[StreakRules, float]]:
    """What streaks survive, and the row from which the next rules are in force."""
    found = [
        (first, read_ruleset(content).streaks)
        for first, content in ledger.query(connection, _RULESETS)
    ]
    current = StreakRules()
    for first, rules in found:
        yield current, first
        current = rules
    yield current, float("inf")


def _expected(connection: Connection, rebuilt: Rebuilt) -> dict[str, set[ledger.Found]]:
    ruleset = in_force(connection, 0, {}).ruleset
    spans = [(rebuilt.records[agent], first, last) for agent, (first, last) in
             rebuilt.moments.items()]  # fmt: skip
    return {
        "agent_levels": {ledger.level_row(*each, ruleset) for each in spans},
        "agent_streaks": {ledger.streak_row(record, last) for record, _, last in spans},
        "agent_achievements": set(rebuilt.unlocked),
        "gamification_metrics": {(each.agent_id, each.to_json()) for each, _, _ in spans},
        "gamification_daily": {(*key, *counts) for key, counts in rebuilt.daily.items()},
    }


def _expected_beside(connection: Connection, followed: Followed) -> dict[str, set[ledger.Found]]:
    """Of tables that come of rulesets and of the log. A checkpoint beyond the log would have
    events passed over."""
    levels, definitions = declared(connection)
    return {
        "level_thresholds": set(levels),
        "achievement_definitions": set(definitions),
        "gamification_sessions": {
            (name, one.started_at, one.local_day, one.to_json())
            for name, one in followed.sessions.items()
        },
        "gamification_state": set(ledger.query(connection, _STATE)),
    }


def _compare(
    expected: dict[str, set[ledger.Found]], found: dict[str, set[ledger.Found]]
) -> Iterator[Difference]:
    for table in _TABLES:
        width = 2 if table in ("agent_achievements", "gamification_daily") else 1
        wanted = {row[:width]: row for row in expected[table] - found[table]}
        wrong = {row[:width]: row for row in found[table] - expected[table]}
        # A foreign hand may have written any type.
        for each in sorted(wanted.keys() | wrong.keys(), key=repr):
            yield Difference(table, _shown(wanted.get(each)), _shown(wrong.get(each)))


def _shown(row: ledger.Found | None) -> str | None:
    return None if row is None else ", ".join(str(value) for value in row)
