"""From candidates to rows: totals, levels and achievements follow from each row; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

from genesis_gamification.awarding import Candidate
from genesis_gamification.levels import level_bonus
from genesis_gamification.metrics import AgentRecord, LedgerRow, apply, due_levels, earned
from genesis_gamification.records import Achievement
from genesis_gamification.rulesets import Ruleset

Row = tuple[str | int | None, ...]
_NO_FACTS = "{}"
_encode = json.JSONEncoder(separators=(",", ":")).encode
# What a row changes that tells no fact; achievements that name nothing else stay as they are.
_OF_XP = {"total_xp", "level"}


class Fold:
    """Posts candidates on the records of their agents, and gathers what that writes.

    `rows` are rows of `xp_transactions` without their ids; `daily` the XP, completed and failed
    tasks by day and agent; `unlocked` agent, achievement and moment; `moments` the first and
    last moment of the agents that got rows.
    """

    def __init__(self, ruleset: Ruleset, records: Mapping[str, AgentRecord]) -> None:
        self._ruleset = ruleset
        self._records = records
        self._of_xp = [
            one
            for one in ruleset.achievements
            if any(criterion.metric in _OF_XP for criterion in one.criteria)
        ]
        self.rows: list[Row] = []
        self.daily: dict[tuple[str, str], list[int]] = {}
        self.unlocked: list[tuple[str, str, str]] = []
        self.moments: dict[str, list[str]] = {}

    def post(self, candidate: Candidate) -> None:
        """Write one row, and those of the levels and achievements that it brings, and they in
        turn. That ends: each level and each achievement is reached once."""
        record = self._records[candidate.agent_id]
        ruleset = self._ruleset
        closing = self._write(record, candidate)
        concerned = ruleset.achievements if candidate.facts else self._of_xp
        while True:
            reached = due_levels(record, ruleset.levels)
            for level in reached:
                self._write(record, self._level_up(candidate, level))
            unlocked = earned(record, concerned, closing=closing)
            for achievement in unlocked:
                self._write(record, _unlocking(candidate, achievement))
            if not (reached or unlocked):
                return

    def _write(self, record: AgentRecord, new: Candidate) -> bool:
        """Write a row; whether it closes a session."""
        facts = new.facts
        row = LedgerRow(
            new.agent_id, new.amount, new.rule_id, new.source_type, new.local_day,
            new.created_at, facts,
        )  # fmt: skip
        apply(record, row, self._ruleset.streaks)
        text = _encode(facts) if facts else _NO_FACTS
        self.rows.append((
            new.agent_id, new.amount, new.reason, new.source_type, new.source_id, new.created_at,
            new.rule_id, new.rule_version, new.local_day, new.key, new.event_id,
            new.reverses_id, new.actor, text,
        ))  # fmt: skip
        count(self.daily, row)
        self.moments.setdefault(new.agent_id, [new.created_at, ""])[1] = new.created_at
        if facts.get("kind") == "achievement":
            self.unlocked.append((new.agent_id, str(facts["achievement"]), new.created_at))
        return facts.get("kind") == "session"

    def _level_up(self, cause: Candidate, level: int) -> Candidate:
        title = self._ruleset.levels[level - 1].title
        facts: dict[str, JsonValue] = {"kind": "level", "level": level}
        return _following(
            cause, level_bonus(level), f"Level {level}: {title}", "level_up", str(level), facts
        )


def count(daily: dict[tuple[str, str], list[int]], row: LedgerRow) -> None:
    """Add a row to its agent's day."""
    day = daily.setdefault((row.local_day, row.agent_id), [0, 0, 0])
    day[0] += row.amount
    facts = row.facts
    if facts and facts.get("kind") == "task":
        day[1] += facts.get("status") == "completed"
        day[2] += facts.get("status") == "failed"


def _unlocking(cause: Candidate, achievement: Achievement) -> Candidate:
    facts: dict[str, JsonValue] = {"kind": "achievement", "achievement": achievement.id}
    reason = f"Achievement: {achievement.name}"
    return _following(cause, achievement.xp_reward, reason, "achievement", achievement.id, facts)


def _following(
    cause: Candidate, amount: int, reason: str, kind: str, what: str,
    facts: Mapping[str, JsonValue],
) -> Candidate:  # fmt: skip
    """A row that another one brought, at its moment and on its day."""
    rule = "level-up" if kind == "level_up" else kind
    return cause._replace(
        amount=amount, reason=reason, source_type=kind, source_id=what, rule_id=rule,
        rule_version=1, key=f"{rule}:{cause.agent_id}:{what}", facts=facts, daily_cap=None,
        reverses_id=None,
    )  # fmt: skip
