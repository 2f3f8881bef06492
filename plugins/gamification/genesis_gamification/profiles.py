"""What is known of one agent, and of the achievements that there are."""

from __future__ import annotations

import json
from dataclasses import dataclass

from genesis.errors import NotFoundError
from pydantic import JsonValue
from sqlalchemy import Connection, text

LAST_ROWS = 10

_AGENT = text(
    "SELECT g.*, a.emoji AS agent_emoji, a.role, "
    "COALESCE(json_extract(m.record, '$.tasks_completed'), 0) AS tasks_completed, "
    "COALESCE(json_extract(m.record, '$.tasks_failed'), 0) AS tasks_failed, "
    "s.last_activity_date FROM v_agent_gamification g JOIN agents a ON a.id = g.agent_id "
    "LEFT JOIN gamification_metrics m ON m.agent_id = g.agent_id "
    "LEFT JOIN agent_streaks s ON s.agent_id = g.agent_id WHERE g.agent_id = :agent"
)
_KNOWN = text("SELECT 1 FROM agents WHERE id = :agent")
_ROWS = text(
    "SELECT id, amount, reason, source_type, source_id, created_at, local_day, rule_id, event_id, "
    "reverses_id, actor FROM xp_transactions WHERE agent_id = :agent "
    "ORDER BY local_day DESC, id DESC LIMIT :limit"
)
# An achievement that is no longer to be had is still shown to who has it.
_ACHIEVEMENTS = text(
    "SELECT d.id, d.name, d.description, d.emoji, d.category, d.tier, d.xp_reward, d.criteria, "
    "(SELECT COUNT(*) FROM agent_achievements u WHERE u.achievement_id = d.id) AS agents, "
    "(SELECT unlocked_at FROM agent_achievements u WHERE u.achievement_id = d.id "
    "AND u.agent_id = :agent) AS unlocked_at FROM achievement_definitions d "
    "WHERE d.is_active OR EXISTS (SELECT 1 FROM agent_achievements u "
    "WHERE u.achievement_id = d.id AND (:agent = '' OR u.agent_id = :agent)) "
    "ORDER BY d.xp_reward, d.id"
)
_EVALUATION = text(
    "SELECT created_at, verdict, content FROM gamification_evaluations WHERE agent_id = :agent "
    "ORDER BY id DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A row of the ledger. `event_id` is the event that it is for, None for a manual award;
    `source_id` the task, the session, the pull request or what else it is about."""

    id: int
    amount: int
    reason: str
    source_type: str
    source_id: str
    created_at: str
    local_day: str
    rule_id: str
    event_id: int | None
    reverses_id: int | None
    actor: str


@dataclass(frozen=True, slots=True)
class AchievementState:
    """An achievement, how many agents have it, and since when the agent that was asked for has
    it: UTC text, None when it has not or none was asked for."""

    id: str
    name: str
    description: str
    emoji: str
    category: str
    tier: str
    xp_reward: int
    criteria: JsonValue
    agents: int
    unlocked_at: str | None


@dataclass(frozen=True, slots=True)
class LastEvaluation:
    """What the HR agent last wrote; `verdict` is one of `evaluating.Verdict`."""

    created_at: str
    verdict: str
    content: JsonValue


@dataclass(frozen=True, slots=True)
class Profile:
    """An agent's record: the columns of `v_agent_gamification`, and where they come from.

    `progress` is the way to the next level, 0 to 1, and 1 on the last one. `achievements` are
    those that it has, in the order in which it got them; `transactions` the last rows of the
    ledger, the newest first.
    """

    agent_id: str
    agent_name: str
    agent_emoji: str
    role: str
    team_id: str
    team_name: str
    level: int
    current_xp: int
    total_xp: int
    title: str
    level_emoji: str
    current_level_xp: int
    next_level_xp: int | None
    xp_to_next_level: int | None
    current_streak: int
    longest_streak: int
    last_activity_date: str | None
    achievements_unlocked: int
    tasks_completed: int
    tasks_failed: int
    progress: float
    success_rate: float | None
    achievements: list[AchievementState]
    transactions: list[LedgerEntry]
    evaluation: LastEvaluation | None


def read_profile(connection: Connection, agent_id: str, rows: int = LAST_ROWS) -> Profile:
    """An agent's record with its last `rows` of the ledger. Raises NotFoundError."""
    found = connection.execute(_AGENT, {"agent": agent_id}).mappings().first()
    if found is None:
        raise _unknown(agent_id)
    finished = found["tasks_completed"] + found["tasks_failed"]
    unlocked = [one for one in read_achievements(connection, agent_id) if one.unlocked_at]
    entries = connection.execute(_ROWS, {"agent": agent_id, "limit": rows})
    return Profile(
        **found,
        progress=_progress(found["total_xp"], found["current_level_xp"], found["next_level_xp"]),
        success_rate=found["tasks_completed"] / finished if finished else None,
        achievements=sorted(unlocked, key=lambda one: (one.unlocked_at or "", one.id)),
        transactions=[LedgerEntry(*entry) for entry in entries],
        evaluation=_evaluation(connection, agent_id),
    )


def read_achievements(connection: Connection, agent_id: str = "") -> list[AchievementState]:
    """All achievements that are to be had, the least rewarded first, as they stand for an agent.
    Raises NotFoundError for an agent that is none."""
    if agent_id and connection.execute(_KNOWN, {"agent": agent_id}).first() is None:
        raise _unknown(agent_id)
    found = connection.execute(_ACHIEVEMENTS, {"agent": agent_id}).mappings()
    return [AchievementState(**{**row, "criteria": json.loads(row["criteria"])}) for row in found]


def _progress(total: int, here: int, following: int | None) -> float:
    if following is None:
        return 1.0
    # A penalty can take a total below zero.
    return max(total - here, 0) / (following - here)


def _evaluation(connection: Connection, agent_id: str) -> LastEvaluation | None:
    row = connection.execute(_EVALUATION, {"agent": agent_id}).first()
    return None if row is None else LastEvaluation(row[0], row[1], json.loads(row[2]))


def _unknown(agent_id: str) -> NotFoundError:
    return NotFoundError(
        f"There is no agent {agent_id!r}. `genesis leaderboard` and `/api/agents` list agents."
    )
