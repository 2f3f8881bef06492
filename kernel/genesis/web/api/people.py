"""Agents and teams."""

from __future__ import annotations

from pydantic import JsonValue
from sqlalchemy import Connection

from genesis.contracts.web import AnyEndpoint, Call, Endpoint, NoInput
from genesis.errors import NotFoundError
from genesis.kernel import Kernel
from genesis.storage import people
from genesis.storage.listing import Listing, as_bool
from genesis.storage.work_tables import AgentRow, TeamRow
from genesis.web.api.fields import RECORD_ID, Answer, Json, Page, PageQuery, RecordId
from genesis.web.services import Services


class Agent(Answer):
    """A specialist. The four figures are of its newest 1,000 tasks; a rate is 0 to 1."""

    id: str
    team_id: str
    name: str
    role: str
    emoji: str
    llm_preference: str | None
    is_active: bool
    created_at: str
    updated_at: str
    success_rate: float | None
    total_tasks_completed: int
    total_tasks_failed: int
    avg_duration_seconds: float | None


class Team(Answer):
    """A team."""

    id: str
    name: str
    domain: str
    description: str
    created_at: str
    updated_at: str


class AgentsQuery(PageQuery):
    """Which agents."""

    team: RecordId | None = None


_FIGURES = (
    "success_rate", "total_tasks_completed", "total_tasks_failed", "avg_duration_seconds",
)  # fmt: skip
_AGENTS = Listing(
    AgentRow, [name for name in Agent.model_fields if name not in _FIGURES],
    read={"is_active": as_bool},
)  # fmt: skip
_TEAMS = Listing(TeamRow, tuple(Team.model_fields))
_ONE = {"id": RECORD_ID}


def people_endpoints(services: Services) -> tuple[AnyEndpoint, ...]:
    """The endpoints of agents and teams."""
    database = services.kernel.database

    def with_figures(agents: list[JsonValue]) -> list[JsonValue]:
        known = [agent for agent in agents if isinstance(agent, dict)]
        figures = people.task_figures(database, [str(agent["id"]) for agent in known])
        return [{**agent, **_figures(*figures[str(agent["id"])])} for agent in known]

    def list_agents(call: Call[AgentsQuery, NoInput]) -> object:
        query = call.query
        page = _AGENTS.page(database, query.limit, query.cursor, team_id=query.team)
        items = page["items"]
        assert isinstance(items, list)
        return {**page, "items": with_figures(items)}

    def show_agent(call: Call[NoInput, NoInput]) -> object:
        found = _AGENTS.find(database, call.path["id"])
        if found is None:
            raise NotFoundError(f"There is no agent {call.path['id']!r}. `/api/agents` lists them.")
        return with_figures([found])[0]

    def list_teams(call: Call[PageQuery, NoInput]) -> object:
        return _TEAMS.page(database, call.query.limit, call.query.cursor)

    def show_team(call: Call[NoInput, NoInput]) -> object:
        found = _TEAMS.find(database, call.path["id"])
        if found is None:
            raise NotFoundError(f"There is no team {call.path['id']!r}. `/api/teams` lists them.")
        return found

    return (
        Endpoint("GET", "/agents", "List agents", list_agents, Page[Agent], AgentsQuery),
        Endpoint("GET", "/agents/{id}", "Show an agent", show_agent, Agent,
                 problems=(404,), path_patterns=_ONE),
        Endpoint("GET", "/teams", "List teams", list_teams, Page[Team], PageQuery),
        Endpoint("GET", "/teams/{id}", "Show a team", show_team, Team,
                 problems=(404,), path_patterns=_ONE),
    )  # fmt: skip


def record_roster(kernel: Kernel) -> None:
    """Write the teams and agents of this start, so that they are listed before their first
    session."""

    def operation(connection: Connection) -> None:
        for team in kernel.roster.teams.values():
            people.record_team(connection, team, kernel.roster.members(team.id))

    kernel.database.writer.write(operation)


def _figures(completed: int, failed: int, seconds: float | None) -> Json:
    ended = completed + failed
    return {
        "success_rate": completed / ended if ended else None,
        "total_tasks_completed": completed,
        "total_tasks_failed": failed,
        "avg_duration_seconds": seconds,
    }
