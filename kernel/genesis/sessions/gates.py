"""Ask plugins about a session or a task: may it run, and who does it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from genesis import hookspecs
from genesis.contracts.plugins import SessionRequest, TaskRequest
from genesis.contracts.work import PlannedTask, SessionPlan
from genesis.host.host import PluginHost
from genesis.sessions.planner import PLAN_KIND, Route
from genesis.storage.records import SessionRecord, TaskRecord
from genesis.storage.tasks import ClaimedTask


def veto_session(
    host: PluginHost, session: SessionRecord, tasks: Sequence[TaskRecord]
) -> str | None:
    """Why a planned session may not run; None when it may."""
    if not host.hooks.implementations(hookspecs.genesis_before_session.__name__):
        return None
    request = SessionRequest(
        session_id=session.id,
        goal=session.goal,
        team=session.team,
        repository=Path(session.repository),
    )
    planned = [
        PlannedTask(
            key=task.key, kind=task.kind, description=task.description,
            specialist=task.specialist,
        )
        for task in tasks
        if task.kind != PLAN_KIND
    ]  # fmt: skip
    plan = SessionPlan(tasks=tuple(planned))
    veto = host.hooks.gate(hookspecs.genesis_before_session, request, plan)
    return veto.reason if veto is not None else None


def veto_task(host: PluginHost, task: ClaimedTask) -> str | None:
    """Why an attempt may not start; None when it may."""
    if not host.hooks.implementations(hookspecs.genesis_before_task.__name__):
        return None
    request = TaskRequest(
        task_id=task.lease.item,
        session_id=task.session_id,
        specialist=task.specialist,
        kind=task.kind,
        description=task.description,
        attempt=task.lease.attempt,
    )
    veto = host.hooks.gate(hookspecs.genesis_before_task, request)
    return veto.reason if veto is not None else None


def choose_specialist(host: PluginHost) -> Route:
    """A function that asks the plugins who does a task that names nobody."""
    return lambda task, candidates: host.hooks.decide(
        hookspecs.genesis_route_task, task, candidates
    )
