"""Teams, agents and repositories: written when first met, updated when they changed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from genesis.clock import utc_now
from genesis.contracts.specialists import Specialist, Team
from genesis.storage.database import Database
from genesis.storage.statements import Statement, table
from genesis.storage.work_tables import AgentRow, RepositoryRow, TeamRow

_teams = table(TeamRow)
_agents = table(AgentRow)
_repositories = table(RepositoryRow)
# Of the newest ones only: counting all would cost more with every task there ever was.
_FIGURES = Statement(
    "SELECT value, (SELECT json_array(count(*) FILTER (WHERE status = 'completed'), "
    "count(*) FILTER (WHERE status = 'failed'), "
    "avg(duration_seconds) FILTER (WHERE status IN ('completed', 'failed'))) "
    "FROM (SELECT status, duration_seconds FROM tasks WHERE agent_id = value "
    "ORDER BY id DESC LIMIT 1000)) FROM json_each(:agents)"
)


def record_team(connection: Connection, team: Team, specialists: Sequence[Specialist]) -> None:
    """Write a team and its specialists, or bring their descriptions up to date."""
    now = utc_now()
    namesake = connection.execute(
        select(_teams.c.id).where(_teams.c.name == team.name, _teams.c.id != team.id)
    ).first()
    name = team.name if namesake is None else f"{team.name} ({team.id})"
    described = {"name": name, "domain": team.domain, "description": team.description}
    connection.execute(
        upsert(_teams)
        .values(id=team.id, created_at=now, updated_at=now, **described)
        .on_conflict_do_update(index_elements=["id"], set_={**described, "updated_at": now})
    )
    for specialist in specialists:
        values = {
            "team_id": team.id, "role": specialist.role, "emoji": specialist.emoji,
            "is_active": True,
        }  # fmt: skip
        connection.execute(
            upsert(_agents)
            .values(
                id=specialist.id, name=specialist.id, created_at=now, updated_at=now, **values
            )
            .on_conflict_do_update(index_elements=["id"], set_={**values, "updated_at": now})
        )  # fmt: skip


def record_repository(connection: Connection, path: Path, team: str, github_url: str | None) -> str:
    """Write a repository when it is new; gives its id. Two of one name are told apart by path."""
    known = connection.execute(
        select(_repositories.c.id).where(_repositories.c.path == str(path))
    ).scalar()
    if known is not None:
        return str(known)
    name = path.name or "root"
    taken = connection.execute(
        select(_repositories.c.id).where(_repositories.c.name == name)
    ).scalar()
    if taken is not None:
        name = f"{name}-{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    repository_id = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "repository"
    same_id = connection.execute(
        select(_repositories.c.id).where(_repositories.c.id == repository_id)
    ).scalar()
    if same_id is not None:
        repository_id = f"{repository_id}-{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    connection.execute(
        upsert(_repositories).values(
            id=repository_id, name=name, path=str(path), team_id=team, github_url=github_url,
            is_active=True, created_at=utc_now(),
        )
    )  # fmt: skip
    return repository_id


def task_figures(
    database: Database, agents: Sequence[str]
) -> dict[str, tuple[int, int, float | None]]:
    """Of each agent's newest 1,000 tasks: how many are completed, how many failed, and the mean
    of their seconds (None without any)."""
    rows = database.fetch(_FIGURES, {"agents": json.dumps(list(agents))})
    return {str(agent): tuple(json.loads(str(figures))) for agent, figures in rows}
