"""What the game is made of: rules, achievements and levels, as data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from genesis.contracts.events import Event
from pydantic import BaseModel, ConfigDict, Field

MOST_XP = 10_000

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)]
Amount = Annotated[int, Field(ge=-MOST_XP, le=MOST_XP)]
Text = Annotated[str, Field(min_length=1, max_length=200)]
SourceType = Literal[
    "task_completion", "session_success", "achievement", "bonus", "penalty", "level_up"
]
Operator = Literal["==", "!=", "<", "<=", ">", ">="]
Tier = Literal["bronze", "silver", "gold", "platinum", "diamond", "legendary"]
Counts = Literal[
    "task", "session", "perfect", "merge", "praise", "lesson", "automation", "experiment"
]
Category = Literal["performance", "streak", "milestone", "special"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(_Record):
    """What a field of an event must be: `field op value`.

    Fields are those of the event's payload and the computed ones of
    `genesis_gamification.awarding`. A field that the event has not got, or that cannot be
    compared with the value, does not meet the condition.
    """

    field: Annotated[str, Field(min_length=1, max_length=64)]
    op: Operator
    value: str | int | float | bool


class Rule(_Record):
    """What an event earns.

    `scope` is what it is paid once for: the event's task, its session, the agent's local day, the
    event's subject, or each event by itself. `who` is paid: the agent that the payload names as
    `specialist`; the `agent_id` or the `agents` of the payload; with `participants`, where the
    payload names none, every agent that finished a task in the session.
    All of `when` must hold, and `check` must be true where there is one: it gets the event, must
    depend on nothing else, and may raise: then the event is skipped for this rule, reported, and
    replayed when it no longer raises. `daily_cap` is the most awards of an agent on a local day.
    `counts` is the fact that metrics count by its rows, which are written for an amount of 0 too;
    only the pack `base` may have it, so that nothing is counted twice.
    """

    id: Slug
    event: Annotated[str, Field(min_length=1, max_length=64)]
    amount: Amount
    reason: Text
    scope: Literal["task", "session", "day", "subject", "event"]
    who: Literal["specialist", "participants", "payload"] = "specialist"
    when: tuple[Condition, ...] = ()
    source_type: SourceType = "bonus"
    check: Callable[[Event], bool] | None = Field(default=None, exclude=True)
    version: Annotated[int, Field(ge=1)] = 1
    daily_cap: Annotated[int, Field(ge=1)] | None = None
    counts: Counts | None = None


class Criterion(_Record):
    """What a metric of an agent must be: `metric op value`; a metric not known yet is false."""

    metric: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
    op: Operator
    value: int | float


class Achievement(_Record):
    """Something an agent unlocks once and for ever, when all its criteria hold."""

    id: Slug
    name: Annotated[str, Field(min_length=1, max_length=80)]
    description: Text
    emoji: Annotated[str, Field(min_length=1, max_length=16)]
    category: Category
    tier: Tier
    xp_reward: Annotated[int, Field(ge=50, le=1000)]
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]
    is_active: bool = True


class Level(_Record):
    """A level, its title, and the total of XP from which it is held."""

    level: Annotated[int, Field(ge=1)]
    title: Annotated[str, Field(min_length=1, max_length=80)]
    xp_required: Annotated[int, Field(ge=0)]
    emoji: Annotated[str, Field(min_length=1, max_length=16)]


__all__ = [
    "MOST_XP",
    "Achievement",
    "Condition",
    "Criterion",
    "Level",
    "Rule",
]
