"""What an agent's tasks say about it: what it is good at, where it fails, and a proposal; pure.

Nothing here decides: a verdict is for a person to read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from genesis_gamification.leaderboards import wilson_bound

Verdict = Literal["monitor", "retire", "investigate", "double_down", "continue"]
Trend = Literal["unknown", "rising", "steady", "falling"]

TREND_DAYS = 30
FEW = 5
"""So many tasks are enough to look at a rate; with less, nothing is said."""
_MANY = 10
_STRONG = 0.7
_REASONS: dict[Verdict, str] = {
    "monitor": "nothing to judge by yet",
    "retire": "below 30 % of at least 10: a person should decide whether to go on with it",
    "investigate": "below 50 % of at least 5: a person should look into it",
    "double_down": "at least 90 % of 5 or more: give it more of that",
    "continue": "no reason to change anything",
}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many tasks ended in a way that counts."""

    completed: int = 0
    failed: int = 0

    @property
    def finished(self) -> int:
        return self.completed + self.failed

    @property
    def rate(self) -> float:
        """0 to 1; 0 without tasks."""
        return self.completed / self.finished if self.finished else 0.0

    @property
    def at_least(self) -> float:
        """See `leaderboards.wilson_bound`; 0 without tasks."""
        return wilson_bound(self.completed, self.finished) if self.finished else 0.0

    def __str__(self) -> str:
        """Such as `3 of 4`."""
        return f"{self.completed} of {self.finished}"


@dataclass(frozen=True, slots=True)
class History:
    """An agent's tasks by their kind, those of the last 30 days, and of the 30 before these.
    `failed_in` names by kind the session of the last failure, where it is known."""

    agent_id: str
    kinds: Mapping[str, Tally] = field(default_factory=dict)
    recent: Tally = Tally()
    before: Tally = Tally()
    failed_in: Mapping[str, str] = field(default_factory=dict)

    @property
    def total(self) -> Tally:
        tallies = self.kinds.values()
        return Tally(sum(one.completed for one in tallies), sum(one.failed for one in tallies))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is written down about an agent.

    `strengths` are kinds of task at which its success rate is surely (by 95 %) at least 70 %;
    `weak_kinds` those below 50 % of at least 5, the worst first, with a sentence of `training`
    each.
    """

    agent_id: str
    verdict: Verdict
    reason: str
    total: Tally
    strengths: dict[str, Tally]
    weak_kinds: dict[str, Tally]
    trend: Trend
    recent: Tally
    before: Tally
    training: list[str]


def evaluate(history: History, teachers: Mapping[str, str]) -> Evaluation:
    """Judge one agent. `teachers` are those of `find_teachers`."""
    total, kinds = history.total, history.kinds
    verdict = verdict_of(total)
    strong = sorted(
        (kind for kind in kinds if is_strong(kinds[kind])), key=lambda k: (-kinds[k].at_least, k)
    )
    weak = sorted(
        (kind for kind in kinds if is_weak(kinds[kind])), key=lambda k: (kinds[k].rate, k)
    )
    return Evaluation(
        agent_id=history.agent_id,
        verdict=verdict,
        reason=f"{total} tasks completed; {_REASONS[verdict]}",
        total=total,
        strengths={kind: kinds[kind] for kind in strong},
        weak_kinds={kind: kinds[kind] for kind in weak},
        trend=trend_of(history.recent, history.before),
        recent=history.recent,
        before=history.before,
        training=[_training(history, kind, teachers.get(kind)) for kind in weak],
    )


def verdict_of(total: Tally) -> Verdict:
    """What to do about an agent with such a record."""
    if not total.finished:
        return "monitor"
    # First: every agent below 30 % is below 50 % too.
    if total.finished >= _MANY and total.rate < 0.3:
        return "retire"
    if total.finished >= FEW and total.rate < 0.5:
        return "investigate"
    if total.finished >= FEW and total.rate >= 0.9:
        return "double_down"
    return "continue"


def trend_of(recent: Tally, before: Tally) -> Trend:
    """Whether the success rate changed by ten points or more, where both have enough tasks."""
    if min(recent.finished, before.finished) < FEW:
        return "unknown"
    # Whole numbers: the difference of 0.6 and 0.5 is less than 0.1.
    tenths = 10 * (recent.completed * before.finished - before.completed * recent.finished)
    whole = recent.finished * before.finished
    if abs(tenths) < whole:
        return "steady"
    return "rising" if tenths > 0 else "falling"


def is_strong(tally: Tally) -> bool:
    """Whether an agent with such a record is good at a kind of task; 9 of 9 are enough."""
    return tally.at_least >= _STRONG


def is_weak(tally: Tally) -> bool:
    """Whether an agent with such a record is bad at a kind of task."""
    return tally.finished >= FEW and tally.rate < 0.5


def find_teachers(histories: Iterable[History]) -> dict[str, str]:
    """By kind of task the agent that is best at it, where one is good at it."""
    best: dict[str, tuple[float, str]] = {}
    for history in sorted(histories, key=lambda one: one.agent_id):
        for kind, tally in history.kinds.items():
            if is_strong(tally) and tally.at_least > best.get(kind, (0.0, ""))[0]:
                best[kind] = (tally.at_least, history.agent_id)
    return {kind: agent for kind, (_, agent) in best.items()}


def _training(history: History, kind: str, teacher: str | None) -> str:
    session = history.failed_in.get(kind)
    read = f"read why it failed last with `genesis sessions show {session}`" if session else ""
    learn = f"take over what {teacher} does, the best at it" if teacher else ""
    advice = " and ".join(part for part in (read, learn) if part)
    return f"{kind} ({history.kinds[kind]}): {advice or 'correct its tools or its prompt'}"
