"""The endpoints: `/api/gamification/...`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from genesis.contracts.web import AnyEndpoint, Call, Endpoint, Endpoints, NoInput
from genesis.errors import UsageError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from genesis_gamification.leaderboards import (
    MOST_ENTRIES,
    USUAL_LIMIT,
    Entry,
    Metric,
    Period,
    leaderboard,
    today,
)
from genesis_gamification.manual import Award
from genesis_gamification.profiles import (
    LAST_ROWS,
    AchievementState,
    Profile,
    read_achievements,
    read_profile,
)
from genesis_gamification.records import MOST_XP

if TYPE_CHECKING:
    from genesis_gamification.plugin import GamificationPlugin

_ACTOR = "api"
_KEY = r"^[\x21-\x7e]{1,200}$"
_AGENT = r"^[0-9A-Za-z][^/\\\x00-\x1f\x7f]{0,199}$"
_VISIBLE = r"^[^\x00]*[^\s\x00-\x1f][^\x00]*$"
_Gain = Annotated[int, Field(ge=1, le=MOST_XP)]
_Loss = Annotated[int, Field(ge=-MOST_XP, le=-1)]


def _whole(value: object) -> object:
    """JSON has one kind of number: 2.0 is as whole as 2."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class _Input(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BoardQuery(_Input):
    """Which leaderboard, and how many places of it."""

    metric: Metric = "xp"
    period: Period = "all_time"
    limit: Annotated[int, Field(ge=1, le=MOST_ENTRIES)] = USUAL_LIMIT


class AgentQuery(_Input):
    """How many of the last rows of the ledger."""

    transactions: Annotated[int, Field(ge=0, le=200)] = LAST_ROWS


class NewAward(_Input):
    """XP given by hand; a negative amount takes some away. It is given once for a key, however
    often it is sent: `idempotency_key`, or where that is left out the header `Idempotency-Key`."""

    agent_id: Annotated[str, Field(pattern=_AGENT)]
    amount: Annotated[_Gain | _Loss, BeforeValidator(_whole)]
    reason: Annotated[str, Field(pattern=_VISIBLE, max_length=200)]
    idempotency_key: Annotated[str, Field(pattern=_KEY)] | None = None


class Given(BaseModel):
    """What became of an award: the row that it is in the ledger, with the agent's total and level
    after it; or `awarded` false and the row that `existing` already has its key. Only its schema
    is used."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    awarded: bool
    id: int = 0
    total_xp: int = 0
    level: int = 0
    existing: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """A leaderboard."""

    metric: Metric
    period: Period
    items: list[Entry]


@dataclass(frozen=True, slots=True)
class Achievements:
    """All achievements that are to be had, and those that somebody has."""

    items: list[AchievementState]


def endpoints(plugin: GamificationPlugin) -> Endpoints:
    """All of them. With the setting `visible = false` they answer 409, but XP can be given."""

    def show_agent(call: Call[AgentQuery, NoInput]) -> Profile:
        plugin.context.settings.require_visible()
        with plugin.context.read() as connection:
            return read_profile(connection, call.path["id"], call.query.transactions)

    def show_board(call: Call[BoardQuery, NoInput]) -> Board:
        plugin.context.settings.require_visible()
        asked, day = call.query, today(plugin.engine.terms())
        with plugin.context.read() as connection:
            found = leaderboard(connection, asked.metric, asked.period, day, asked.limit)
        return Board(asked.metric, asked.period, found)

    def show_achievements(call: Call[NoInput, NoInput]) -> Achievements:
        plugin.context.settings.require_visible()
        with plugin.context.read() as connection:
            return Achievements(read_achievements(connection, call.path.get("agent", "")))

    def give(call: Call[NoInput, NewAward]) -> Award:
        new = call.body
        key = new.idempotency_key or call.key
        if key is None:
            raise UsageError(
                "An award needs a key, so that it is given once: send the header Idempotency-Key, "
                "or idempotency_key in the body."
            )
        return plugin.award_xp(new.agent_id, new.amount, new.reason, key, _ACTOR)

    found: tuple[AnyEndpoint, ...] = (
        Endpoint("GET", "/agent/{id}", "Show an agent's XP, level, streak and achievements",
                 show_agent, Profile, AgentQuery, problems=(404, 409),
                 path_patterns={"id": _AGENT}),
        Endpoint("GET", "/leaderboard", "Show who leads", show_board, Board, BoardQuery,
                 problems=(409,)),
        Endpoint("GET", "/achievements", "List achievements, and how many agents have each",
                 show_achievements, Achievements, problems=(409,)),
        Endpoint("GET", "/achievements/{agent}", "List achievements as an agent stands",
                 show_achievements, Achievements, problems=(404, 409),
                 path_patterns={"agent": _AGENT}),
        Endpoint("POST", "/award-xp", "Give an agent XP by hand", give, Given, body=NewAward,
                 problems=(404, 409), creates=True),
    )  # fmt: skip
    return Endpoints(endpoints=found)
