"""Every hook of the kernel, in the order in which they are called.

Each docstring has the same parts: what it is for; **Called**; **Returns**; **If it fails**;
**Since**. `docs/reference/hooks.md` is checked against this file.
"""

from __future__ import annotations

from collections.abc import Iterable

from genesis.contracts.background import TaskHandler
from genesis.contracts.embedders import Embedder
from genesis.contracts.events import Event
from genesis.contracts.models import ChatModel
from genesis.contracts.plugins import SessionRequest, Tables, TaskRequest, Veto
from genesis.contracts.reports import Judge, ReportFormat
from genesis.contracts.service import Job, Periodic
from genesis.contracts.specialists import Specialist, Team, Tool
from genesis.contracts.web import Endpoints
from genesis.contracts.work import PlannedTask, SessionPlan
from genesis.host.hooks import hook

# --- boot: collect ------------------------------------------------------------------------------


@hook("collect", record=Tables)
def genesis_tables() -> Iterable[Tables]:
    """Tables that the plugin owns.

    Called: once at boot, before migrations.
    Returns: records `Tables`; a table has one owner.
    If it fails: the plugin is `failed` and all it contributed is withdrawn.
    Since: 0.1.
    """
    return ()


@hook("collect", record=Team)
def genesis_teams() -> Iterable[Team]:
    """Teams that sessions can be given to.

    Called: once at boot.
    Returns: records `Team`; ids are unique over all plugins.
    If it fails: the plugin is `failed` and all it contributed is withdrawn.
    Since: 0.1.
    """
    return ()


@hook("collect", record=Tool)
def genesis_tools() -> Iterable[Tool]:
    """Tools that specialists work with.

    Called: once at boot.
    Returns: records `Tool`, which name their function; names are unique over all plugins.
    If it fails: the plugin is `failed` and all it contributed is withdrawn.
    Since: 0.1.
    """
    return ()


@hook("collect", record=Specialist)
def genesis_specialists() -> Iterable[Specialist]:
    """Specialists of a team.

    Called: once at boot.
    Returns: records `Specialist`; ids are unique, their team and tools must exist.
    If it fails: the plugin is `failed` and all it contributed is withdrawn.
    Since: 0.1.
    """
    return ()


@hook("collect", record=Embedder)
def genesis_embedders() -> Iterable[Embedder]:
    """Embedders that memories can be searched with.

    Called: once at boot, or when a mind that was opened without a kernel embeds its first text.
    Returns: records `Embedder`; names are unique over all plugins. `[kernel] embedder` names the
    one to use; without it, the first one is used.
    If it fails: the plugin is `failed` and all it contributed is withdrawn.
    Since: 0.1.
    """
    return ()


@hook("collect", record=TaskHandler)
def genesis_task_handlers() -> Iterable[TaskHandler]:
    """Handlers of background tasks.

    Called: once at boot, or when a program without a kernel begins to run tasks.
    Returns: records `TaskHandler`, which name their function; names are unique over all plugins.
    A task that names a handler which no active plugin contributes waits until one does.
    If it fails: the plugin is `failed` and all it contributed is withdrawn.
    Since: 0.1.
    """
    return ()


@hook("collect", record=ChatModel)
def genesis_models() -> Iterable[ChatModel]:
    """Models that answer in words.

    Called: once at boot.
    Returns: records `ChatModel`; names are unique over all plugins. `[kernel] model` names the one
    to use; without it, the first that lacks nothing is used.
    If it fails: the plugin is `failed` and all it contributed is withdrawn.
    Since: 0.1.
    """
    return ()


@hook("collect", record=Job)
def genesis_jobs() -> Iterable[Job]:
    """Sessions that are ready to be scheduled.

    Called: once at boot.
    Returns: records `Job`; names are unique over all plugins.
    If it fails: the plugin is `failed` and all it contributed is withdrawn.
    Since: 0.1.
    """
    return ()


@hook("collect", record=Periodic)
def genesis_periodic() -> Iterable[Periodic]:
    """Work that `genesis up` does again and again.

    Called: once at boot; what it returns is run by `genesis up` only.
    Returns: records `Periodic`; names are unique over all plugins.
    If it fails: the plugin is `failed` and all it contributed is withdrawn.
    Since: 0.1.
    """
    return ()


@hook("collect", record=ReportFormat)
def genesis_report_formats() -> Iterable[ReportFormat]:
    """Formats in which the report of a session is written.

    Called: once at boot; `genesis sessions show` and `genesis run` with `--format NAME` use one.
    Returns: records `ReportFormat`; names are unique over all plugins, and none is `text` or
    `json`.
    If it fails: the plugin is `failed` and all it contributed is withdrawn.
    Since: 0.1.
    """
    return ()


@hook("collect", record=Judge)
def genesis_judges() -> Iterable[Judge]:
    """Judges of what the sessions of a team have found.

    Called: once at boot; a session calls the judge of its team when its work is done.
    Returns: records `Judge`; a team has one at most. Without one, all findings stand as they are.
    If it fails: the plugin is `failed` and all it contributed is withdrawn. A judge that fails is
    a fault of the plugin: the session ends all the same, and its report says why it is unjudged.
    Since: 0.1.
    """
    return ()


@hook("collect", record=Endpoints)
def genesis_endpoints() -> Iterable[Endpoints]:
    """Endpoints of the HTTP API.

    Called: once at boot.
    Returns: one record `Endpoints`, mounted below `/api/<id>`; prefixes are unique over all
    plugins. They are part of the OpenAPI document.
    If it fails: the plugin is `failed` and all it contributed is withdrawn.
    Since: 0.1.
    """
    return ()


# --- a session ----------------------------------------------------------------------------------


@hook("decide")
async def genesis_route_task(task: PlannedTask, candidates: tuple[str, ...]) -> str | None:
    """Choose the specialist for a planned task that names none.

    Called: while a plan is taken over; the first answer wins, the kernel's own (the first
    candidate) comes last.
    Returns: one of the candidates' ids, or None to leave it to the next.
    If it fails: it is skipped and the fault recorded.
    Since: 0.1.
    """
    return None


@hook("gate")
async def genesis_before_session(request: SessionRequest, plan: SessionPlan) -> Veto | None:
    """Allow or forbid a planned session.

    Called: after planning, before the first task runs; again when a session is taken up there.
    Returns: None to allow, or a `Veto`; the session then ends as `blocked`.
    If it fails: it counts as a veto that names the plugin.
    Since: 0.1.
    """
    return None


@hook("gate")
async def genesis_before_task(request: TaskRequest) -> Veto | None:
    """Allow or forbid one attempt of a task.

    Called: after the attempt was claimed, before it is carried out.
    Returns: None to allow, or a `Veto`; the task then ends as `blocked`.
    If it fails: it counts as a veto that names the plugin.
    Since: 0.1.
    """
    return None


# --- what happened ------------------------------------------------------------------------------


@hook("notify")
async def genesis_event(event: Event) -> None:
    """Learn of an event.

    Called: after the event's transaction, in order, at least once; each plugin has its own
    place in the log and a slow one delays nobody else.
    Returns: nothing; `event.id` is the key for doing something once.
    If it fails: tried again later; three times in a row put the plugin in quarantine, and it
    catches up after `genesis plugins reset ID`.
    Since: 0.1.
    """
