"""Find what plugins contributed that cannot stand together; the one loaded first keeps its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from genesis.contracts.background import TaskHandler
from genesis.contracts.embedders import Embedder
from genesis.contracts.models import ChatModel
from genesis.contracts.plugins import Tables
from genesis.contracts.reports import KERNEL_FORMATS, Judge, ReportFormat
from genesis.contracts.service import Job, Periodic
from genesis.contracts.specialists import Specialist, Team, Tool
from genesis.contracts.web import Endpoints
from genesis.host.loaded import LoadedPlugin
from genesis.storage.kernel_tables import KERNEL_TABLES

KERNEL_PREFIXES = (
    "agents", "concerns", "events", "health", "jobs", "llm-usage", "logs", "memories", "messages",
    "minds", "openapi", "plugins", "repositories", "schedules", "sessions", "stats", "tasks",
    "teams", "v1", "version",
)  # fmt: skip
"""What the kernel's own API is below."""
Refuse = Callable[[LoadedPlugin, str], None]


def refuse_conflicts(plugins: Sequence[LoadedPlugin], refuse: Refuse) -> None:
    """Call `refuse(plugin, reason)` for each plugin that cannot stay; in the order of loading."""
    _refuse_doubles(plugins, refuse)
    # A refused plugin takes its teams and tools along, which others may have relied on.
    while _refuse_missing(plugins, refuse):
        pass


def _refuse_doubles(plugins: Sequence[LoadedPlugin], refuse: Refuse) -> None:
    owner: dict[tuple[str, str], str] = {("table", name): "kernel" for name in KERNEL_TABLES}
    owner |= {("prefix", name): "kernel" for name in KERNEL_PREFIXES}
    owner |= {("report format", name): "kernel" for name in KERNEL_FORMATS}
    for loaded in plugins:
        names = _names(loaded)
        taken = next((name for name in names if name in owner), None)
        twice = next((name for name in names if names.count(name) > 1), None)
        if taken is not None:
            refuse(loaded, f"the {taken[0]} {taken[1]!r} belongs to {owner[taken]!r} already")
        elif twice is not None:
            refuse(loaded, f"it contributes the {twice[0]} {twice[1]!r} twice")
        else:
            owner.update(dict.fromkeys(names, loaded.id))


def _refuse_missing(plugins: Sequence[LoadedPlugin], refuse: Refuse) -> bool:
    teams = {team.id for loaded in plugins for team in loaded.of(Team)}
    tools = {tool.name for loaded in plugins for tool in loaded.of(Tool)}
    for loaded in plugins:
        for specialist in loaded.of(Specialist):
            reason = missing_reference(specialist, teams, tools)
            if reason is not None:
                refuse(loaded, reason)
                return True
    return False


def missing_reference(specialist: Specialist, teams: set[str], tools: set[str]) -> str | None:
    """What a specialist refers to that nobody contributes; None when all is there."""
    if specialist.team not in teams:
        return _missing(specialist, "team", specialist.team)
    absent = next((use.tool for use in specialist.tools if use.tool not in tools), None)
    return None if absent is None else _missing(specialist, "tool", absent)


def _missing(specialist: Specialist, what: str, name: str) -> str:
    return (
        f"the specialist {specialist.id!r} names the {what} {name!r}, "
        "which no active plugin contributes"
    )


def _names(loaded: LoadedPlugin) -> list[tuple[str, str]]:
    return [
        *(("table", name) for record in loaded.of(Tables) for name in record.names),
        *(("team", team.id) for team in loaded.of(Team)),
        *(("tool", tool.name) for tool in loaded.of(Tool)),
        *(("specialist", specialist.id) for specialist in loaded.of(Specialist)),
        *(("embedder", embedder.name) for embedder in loaded.of(Embedder)),
        *(("task handler", handler.name) for handler in loaded.of(TaskHandler)),
        *(("model", model.name) for model in loaded.of(ChatModel)),
        *(("job", job.name) for job in loaded.of(Job)),
        *(("periodic", periodic.name) for periodic in loaded.of(Periodic)),
        *(("report format", record.name) for record in loaded.of(ReportFormat)),
        *(("judge of the team", record.team) for record in loaded.of(Judge)),
        *(("prefix", record.prefix or loaded.id) for record in loaded.of(Endpoints)),
    ]
