"""Who is there to work: teams, specialists and tools of the plugins and of the user's own files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from genesis.contracts.executors import ToolCall
from genesis.contracts.specialists import Specialist, Team, Tool
from genesis.errors import NotFoundError, UsageError
from genesis.host.conflicts import missing_reference
from genesis.host.host import PluginHost
from genesis.sessions.specialist_files import read_specialist


@dataclass(frozen=True)
class Roster:
    """All by id. `problems` tells which of the user's files could not be used, and why."""

    teams: Mapping[str, Team]
    specialists: Mapping[str, Specialist]
    tools: Mapping[str, Tool]
    problems: tuple[str, ...] = ()

    def team(self, team_id: str) -> Team:
        """A team. Raises NotFoundError when there is none of that id."""
        if team_id not in self.teams:
            known = ", ".join(sorted(self.teams)) or "none; install a plugin that brings one"
            raise NotFoundError(f"There is no team {team_id!r}. Teams are: {known}.")
        return self.teams[team_id]

    def members(self, team_id: str) -> list[Specialist]:
        """The specialists of a team."""
        return [s for s in self.specialists.values() if s.team == team_id]

    def calls(
        self, specialist_id: str, kind: str, params: Mapping[str, JsonValue]
    ) -> tuple[ToolCall, ...]:
        """The tools that a specialist uses for a kind of task; the task's params go on top."""
        specialist = self.specialists.get(specialist_id)
        if specialist is None:
            raise UsageError(
                f"The specialist {specialist_id!r} is not there any more. Enable or install the "
                "plugin that brings it, and give the goal again."
            )
        return tuple(
            ToolCall(tool=use.tool, run=self.tools[use.tool].run, params={**use.params, **params})
            for use in specialist.tools
            if not use.kinds or kind in use.kinds
        )


def gather_roster(host: PluginHost, agents_folder: Path) -> Roster:
    """Everyone. A file of the user's that cannot be used is left out and told of."""
    teams = {team.id: team for team in host.records(Team)}
    tools = {tool.name: tool for tool in host.records(Tool)}
    specialists = {specialist.id: specialist for specialist in host.records(Specialist)}
    problems = []
    for path in sorted(agents_folder.glob("*.md")):
        try:
            specialist = read_specialist(path)
        except UsageError as error:
            problems.append(str(error))
            continue
        reason = missing_reference(specialist, set(teams), set(tools))
        if specialist.id in specialists:
            reason = f"there is already a specialist {specialist.id!r}; choose another id"
        if reason is not None:
            problems.append(f"{path}: {reason}")
        else:
            specialists[specialist.id] = specialist
    return Roster(teams, specialists, tools, tuple(problems))
