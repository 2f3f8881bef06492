"""What the engine reads from its tables, and the one transaction that writes them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import time
from typing import Any, Protocol

from genesis.contracts.events import Event
from sqlalchemy import Connection

from genesis_gamification.awarding import Candidate, Fault, Session, session_of
from genesis_gamification.folding import Fold
from genesis_gamification.levels import level_of
from genesis_gamification.metrics import AgentRecord
from genesis_gamification.rulesets import Ruleset

COLUMNS = (
    "agent_id", "amount", "reason", "source_type", "source_id", "created_at", "rule_id",
    "rule_version", "local_day", "dedup_key", "event_id", "reverses_id", "actor", "facts",
)  # fmt: skip
_INSERT = f"INSERT INTO xp_transactions ({', '.join(COLUMNS)}) VALUES (?{', ?' * 13})"  # noqa: S608
_CLAIM = (
    "UPDATE gamification_state SET checkpoint = ?, version = version + 1 "
    "WHERE id = 1 AND version = ?"
)
_LEVEL = (
    "INSERT INTO agent_levels VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (agent_id) DO UPDATE SET "
    "level = excluded.level, current_xp = excluded.current_xp, total_xp = excluded.total_xp, "
    "title = excluded.title, updated_at = excluded.updated_at"
)
_STREAK = (
    "INSERT INTO agent_streaks VALUES (?, ?, ?, ?, ?) ON CONFLICT (agent_id) DO UPDATE SET "
    "current_streak = excluded.current_streak, longest_streak = excluded.longest_streak, "
    "last_activity_date = excluded.last_activity_date, updated_at = excluded.updated_at"
)
_RECORD = (
    "INSERT INTO gamification_metrics VALUES (?, ?) "
    "ON CONFLICT (agent_id) DO UPDATE SET record = excluded.record"
)
_DAILY = (
    "INSERT INTO gamification_daily VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (local_day, agent_id) DO UPDATE SET xp = xp + excluded.xp, "
    "tasks_completed = tasks_completed + excluded.tasks_completed, "
    "tasks_failed = tasks_failed + excluded.tasks_failed"
)
_UNLOCK = "INSERT INTO agent_achievements (agent_id, achievement_id, unlocked_at) VALUES (?, ?, ?)"
_SESSION = (
    "INSERT INTO gamification_sessions VALUES (?, ?, ?, ?) "
    "ON CONFLICT (session_id) DO UPDATE SET agents = excluded.agents"
)
_FAULT = (
    "INSERT INTO gamification_faults VALUES (?, ?, ?, ?) "
    "ON CONFLICT (event_id, rule_id) DO UPDATE SET error = excluded.error"
)
_AMONG = "IN (SELECT value FROM json_each(?))"

Found = tuple[Any, ...]


class Projected(Protocol):
    """What rows add to projections: see `folding.Fold`."""

    daily: dict[tuple[str, str], list[int]]
    unlocked: list[tuple[str, str, str]]
    moments: dict[str, list[str]]


class RacedError(Exception):
    """Somebody else wrote to the ledger since it was read: read it again."""


def query(connection: Connection, sql: str, values: Sequence[object] = ()) -> list[Found]:
    """The rows of a query, as plain tuples: several times cheaper than SQLAlchemy's own."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql, tuple(values))
        return list(cursor.fetchall())
    finally:
        cursor.close()


def run_many(connection: Connection, sql: str, rows: Sequence[Sequence[object]]) -> None:
    """Run a statement for each row; nothing for no rows."""
    if rows:
        cursor = connection.connection.cursor()
        cursor.executemany(sql, rows)
        cursor.close()


def as_json(value: object) -> str:
    """Compact text; equal values give equal text."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def read_state(connection: Connection) -> tuple[int, int]:
    """The last event that was taken, and the version that a write must name."""
    ((checkpoint, version),) = query(
        connection, "SELECT checkpoint, version FROM gamification_state"
    )
    return int(checkpoint), int(version)


def read_records(connection: Connection, agents: Collection[str]) -> dict[str, AgentRecord]:
    """The records of agents; an agent without rows has an empty one."""
    sql = f"SELECT agent_id, record FROM gamification_metrics WHERE agent_id {_AMONG}"  # noqa: S608
    found = {
        agent: AgentRecord.from_json(agent, text)
        for agent, text in query(connection, sql, [json.dumps(list(agents))])
    }
    return {agent: found.get(agent) or AgentRecord(agent) for agent in agents}


def read_sessions(connection: Connection, ids: Iterable[str]) -> dict[str, Session]:
    """What is known of sessions; nothing of those that are not known."""
    sql = (
        "SELECT session_id, started_at, local_day, agents FROM gamification_sessions "  # noqa: S608
        f"WHERE session_id {_AMONG}"
    )
    rows = query(connection, sql, [json.dumps(list(ids))])
    return {name: Session(started, day, json.loads(agents)) for name, started, day, agents in rows}


def sessions_named(events: Iterable[Event]) -> set[str]:
    """The sessions that events tell of."""
    return {found for event in events if (found := session_of(event)) is not None}


def known_keys(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    """Which of some keys the ledger has, with the ids of their rows."""
    sql = f"SELECT dedup_key, id FROM xp_transactions WHERE dedup_key {_AMONG}"  # noqa: S608
    return dict(query(connection, sql, [json.dumps(list(keys))]))


def count_paid(connection: Connection, candidate: Candidate) -> int:
    """How often a rule has paid an agent on a day."""
    ((number,),) = query(
        connection,
        "SELECT count(*) FROM xp_transactions WHERE agent_id = ? AND local_day = ? "
        "AND rule_id = ? AND reverses_id IS NULL",
        [candidate.agent_id, candidate.local_day, candidate.rule_id],
    )
    return int(number)


def zone_at(connection: Connection, event_id: int) -> tuple[str, time] | None:
    """The zone and the start of a day in force at an event."""
    rows = query(
        connection,
        "SELECT zone, day_start FROM gamification_zones WHERE from_event <= ? "
        "ORDER BY from_event DESC LIMIT 1",
        [event_id],
    )
    return (rows[0][0], time.fromisoformat(rows[0][1])) if rows else None


def claim(connection: Connection, version: int, checkpoint: int) -> None:
    """Begin a write to the ledger. Raises RacedError when another one came before it."""
    cursor = connection.connection.cursor()
    cursor.execute(_CLAIM, (checkpoint, version))
    if cursor.rowcount != 1:
        raise RacedError


def write_fold(
    connection: Connection, fold: Fold, records: dict[str, AgentRecord], ruleset: Ruleset
) -> None:
    """Write rows and all that is projected from them."""
    run_many(connection, _INSERT, fold.rows)
    write_projections(connection, fold, records, ruleset)


def write_projections(
    connection: Connection, news: Projected, records: dict[str, AgentRecord], ruleset: Ruleset
) -> None:
    """Write what is projected from rows: levels, streaks, metrics, days and achievements."""
    moments = news.moments.items()
    touched = [(records[agent], first, last) for agent, (first, last) in moments]
    days = [(day, who, *counts) for (day, who), counts in news.daily.items()]
    run_many(connection, _DAILY, days)
    run_many(connection, _UNLOCK, news.unlocked)
    run_many(connection, _LEVEL, [level_row(*each, ruleset) for each in touched])
    run_many(connection, _STREAK, [streak_row(record, last) for record, _, last in touched])
    run_many(connection, _RECORD, [(each.agent_id, each.to_json()) for each, _, _ in touched])


def level_row(record: AgentRecord, first: str, last: str, ruleset: Ruleset) -> Found:
    """An agent's row of `agent_levels`; `current_xp` is what it has above its level's start."""
    level = ruleset.levels[level_of(record.total_xp, ruleset.levels) - 1]
    current = record.total_xp - level.xp_required
    return (record.agent_id, level.level, current, record.total_xp, level.title, first, last)


def streak_row(record: AgentRecord, last: str) -> Found:
    """An agent's row of `agent_streaks`."""
    streak = record.streak
    return (
        record.agent_id, streak.current, streak.longest, streak.last_activity_date or None, last
    )  # fmt: skip


def write_sessions(connection: Connection, sessions: dict[str, Session]) -> None:
    """Write what is known of sessions."""
    rows = [(name, s.started_at, s.local_day, s.to_json()) for name, s in sessions.items()]
    run_many(connection, _SESSION, rows)


def write_faults(connection: Connection, faults: Sequence[Fault]) -> None:
    """Write which rules raised on which events."""
    run_many(connection, _FAULT, faults)
