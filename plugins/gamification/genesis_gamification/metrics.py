"""What the rows of the ledger make of one agent: a fold, the same live and in a rebuild; pure."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import NamedTuple

from genesis.errors import StorageError
from pydantic import JsonValue

from genesis_gamification.levels import level_of
from genesis_gamification.records import Achievement, Level
from genesis_gamification.streaks import Streak, StreakRules, count_task

__all__ = [
    "METRICS",
    "METRICS_AT_CLOSE",
    "AgentRecord",
    "LedgerRow",
    "StreakRules",
    "apply",
    "due_levels",
    "earned",
]

LAST_DURATIONS = 5
FAILURES_BEFORE_COMEBACK = 3


class LedgerRow(NamedTuple):
    """What the fold reads of a row of `xp_transactions`.

    `local_day` is YYYY-MM-DD, `created_at` UTC text. `facts["kind"]` says what the row tells:
    "task" (`status` completed or failed, `duration_seconds` and `cost_usd` where known), "session"
    (`agents`, `failed`, `night`), "perfect", "merge", "praise", "lesson", "automation",
    "experiment" (`decision`), "level" (`level`), "achievement" (`achievement`). Without a kind the
    row is XP and nothing else.
    """

    agent_id: str
    amount: int
    rule_id: str
    source_type: str
    local_day: str
    created_at: str
    facts: Mapping[str, JsonValue]


@dataclass(slots=True)
class AgentRecord:
    """One agent as its rows tell.

    `level` is what `due_levels` last made of `total_xp`; `peak_level` the highest whose row was
    applied. `success_run` and `failure_run` are tasks in a row; `zero_cost_run` counts completed
    tasks in a row that cost 0, `last_durations` holds the seconds of the last five completed ones:
    what a task does not tell is no 0, and is left out of both.
    """

    agent_id: str
    total_xp: int = 0
    level: int = 1
    peak_level: int = 1
    tasks_completed: int = 0
    tasks_failed: int = 0
    success_run: int = 0
    failure_run: int = 0
    comebacks: int = 0
    zero_cost_run: int = 0
    last_durations: list[float] = field(default_factory=list)
    sessions: int = 0
    sessions_with_2plus_agents: int = 0
    sessions_completed_at_night: int = 0
    perfect_sessions: int = 0
    prs_merged: int = 0
    praise_count: int = 0
    lessons_reused_by_others: int = 0
    automations_approved: int = 0
    experiments_double_down: int = 0
    streak: Streak = field(default_factory=Streak)
    unlocked: set[str] = field(default_factory=set)

    def to_json(self) -> str:
        """As text; equal records give equal text."""
        values = {name: getattr(self, name) for name in _SAVED}
        values["streak"] = asdict(self.streak)
        values["unlocked"] = sorted(self.unlocked)
        return json.dumps(values, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, agent_id: str, text: str) -> AgentRecord:
        """The record that `to_json` wrote. Raises StorageError for any other text."""
        try:
            values = json.loads(text)
            streak, unlocked = Streak(**values.pop("streak")), set(values.pop("unlocked"))
            return cls(agent_id, streak=streak, unlocked=unlocked, **values)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StorageError(
                f"The metrics of agent {agent_id} cannot be read: {error!r}. Rebuild them from the "
                "ledger with `genesis gamification verify --fix`."
            ) from None


def apply(record: AgentRecord, row: LedgerRow, rules: StreakRules) -> None:
    """Add one row to its agent's record. Does not look at `level`: ask `due_levels` after it."""
    record.total_xp += row.amount
    kind = row.facts.get("kind")
    if isinstance(kind, str) and (count := _COUNTS.get(kind)):
        count(record, row, rules)


def due_levels(record: AgentRecord, levels: Sequence[Level]) -> list[int]:
    """Bring `level` up to date, and return the levels above `peak_level` that are held now.

    Each wants a row of kind "level", whose bonus can reach further levels: apply the rows and ask
    again until there are none.
    """
    record.level = level_of(record.total_xp, levels)
    return list(range(record.peak_level + 1, record.level + 1))


def earned(
    record: AgentRecord, achievements: Sequence[Achievement], *, closing: bool
) -> list[Achievement]:
    """The active achievements, in their order, that are true now and were not unlocked before.

    Those that name a metric of `METRICS_AT_CLOSE` can only be earned when a session closes.
    Metrics must be known ones (`achievements.check_achievements`).
    """
    # Looked at after every row: a call for each achievement would take half of the time again.
    found = []
    unlocked = record.unlocked
    for achievement in achievements:
        if achievement.id in unlocked or not achievement.is_active:
            continue
        for criterion in achievement.criteria:
            metric = criterion.metric
            if not closing and metric in METRICS_AT_CLOSE:
                break
            value = METRICS[metric](record)
            if value is None or not _COMPARE[criterion.op](value, criterion.value):
                break
        else:
            found.append(achievement)
    return found


def _count_task(record: AgentRecord, row: LedgerRow, rules: StreakRules) -> None:
    facts = row.facts
    status = facts.get("status")
    if status == "completed":
        _count_completed(record, facts)
    elif status == "failed":
        record.tasks_failed += 1
        record.failure_run += 1
        record.success_run = 0
    else:
        return
    count_task(record.streak, row.local_day, status == "completed", rules)


def _count_completed(record: AgentRecord, facts: Mapping[str, JsonValue]) -> None:
    record.tasks_completed += 1
    record.success_run += 1
    if record.failure_run >= FAILURES_BEFORE_COMEBACK:
        record.comebacks += 1
    record.failure_run = 0
    seconds, cost = facts.get("duration_seconds"), facts.get("cost_usd")
    if isinstance(seconds, int | float):
        record.last_durations.append(seconds)
        del record.last_durations[:-LAST_DURATIONS]
    if isinstance(cost, int | float):
        record.zero_cost_run = 0 if cost else record.zero_cost_run + 1


def _count_session(record: AgentRecord, row: LedgerRow, _rules: StreakRules) -> None:
    facts = row.facts
    agents = facts.get("agents")
    record.sessions += 1
    if isinstance(agents, int) and agents >= 2:
        record.sessions_with_2plus_agents += 1
    if facts.get("night") is True:
        record.sessions_completed_at_night += 1


def _count_experiment(record: AgentRecord, row: LedgerRow, _rules: StreakRules) -> None:
    if row.facts.get("decision") == "double_down":
        record.experiments_double_down += 1


def _count_level(record: AgentRecord, row: LedgerRow, _rules: StreakRules) -> None:
    level = row.facts.get("level")
    if isinstance(level, int):
        record.peak_level = max(record.peak_level, level)


def _count_achievement(record: AgentRecord, row: LedgerRow, _rules: StreakRules) -> None:
    achievement = row.facts.get("achievement")
    if isinstance(achievement, str):
        record.unlocked.add(achievement)


def _one_more(counter: str) -> Count:
    def count(record: AgentRecord, _row: LedgerRow, _rules: StreakRules) -> None:
        setattr(record, counter, getattr(record, counter) + 1)

    return count


def _tasks_finished(record: AgentRecord) -> float:
    return record.tasks_completed + record.tasks_failed


def _success_rate(record: AgentRecord) -> float | None:
    finished = record.tasks_completed + record.tasks_failed
    return record.tasks_completed / finished if finished else None


def _avg_duration(record: AgentRecord) -> float | None:
    known = record.last_durations
    return sum(known) / LAST_DURATIONS if len(known) == LAST_DURATIONS else None


_SAVED = tuple(one.name for one in fields(AgentRecord) if one.name != "agent_id")

Count = Callable[[AgentRecord, LedgerRow, StreakRules], None]
Metric = Callable[[AgentRecord], float | None]

_COUNTS: dict[str, Count] = {
    "task": _count_task,
    "session": _count_session,
    "perfect": _one_more("perfect_sessions"),
    "merge": _one_more("prs_merged"),
    "praise": _one_more("praise_count"),
    "lesson": _one_more("lessons_reused_by_others"),
    "automation": _one_more("automations_approved"),
    "experiment": _count_experiment,
    "level": _count_level,
    "achievement": _count_achievement,
}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_PLAIN = (
    "total_xp", "level", "tasks_completed", "tasks_failed", "success_run", "comebacks",
    "zero_cost_run", "sessions", "sessions_with_2plus_agents", "sessions_completed_at_night",
    "perfect_sessions", "prs_merged", "praise_count", "lessons_reused_by_others",
    "automations_approved", "experiments_double_down",
)  # fmt: skip
METRICS: Mapping[str, Metric] = {
    **{name: operator.attrgetter(name) for name in _PLAIN},
    "streak_days": operator.attrgetter("streak.current"),
    "tasks_finished": _tasks_finished,
    "success_rate": _success_rate,
    "avg_duration_last_5": _avg_duration,
}
"""The metrics that achievements may name; None stands for "not known yet"."""

METRICS_AT_CLOSE = frozenset({"success_rate", "avg_duration_last_5", "comebacks"})
"""Those that depend on the order of tasks: looked at when a session closes, and never revoked."""
