"""Turn a goal into tasks: ask the team's planner, check what it planned, choose who does what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from graphlib import CycleError, TopologicalSorter

from pydantic import JsonValue

from genesis.contracts.specialists import Specialist
from genesis.contracts.work import Phase, PlannedTask, SessionPlan
from genesis.errors import PlanError, UsageError
from genesis.sessions.roster import Roster
from genesis.storage.tasks import NewTask

PLAN_KIND = "plan"
VERIFY_KIND = "verify"
PLAN_KEY = "plan"
LONGEST_GOAL = 2000
_PLAN_SECONDS = 300.0
_MOST_TASKS = 1000

Route = Callable[[PlannedTask, tuple[str, ...]], str | None]


def first_tasks(
    roster: Roster, team_id: str, goal: str, params: Mapping[str, JsonValue]
) -> list[NewTask]:
    """What a new session begins with: a task for the team's planner, if it has one, or at once a
    task for each member. Raises UsageError for a goal that is too long."""
    if len(goal) > LONGEST_GOAL:
        raise UsageError(
            f"The goal has {len(goal)} characters; at most {LONGEST_GOAL} are allowed. Say it in "
            "fewer words, and put the rest into a file of the repository."
        )
    members = roster.members(team_id)
    planner = next((member for member in members if PLAN_KIND in member.kinds), None)
    if planner is None:
        return [_default_task(member, goal, params) for member in members]
    colleagues: list[JsonValue] = [
        {"id": member.id, "kinds": list(member.kinds), "role": member.role}
        for member in members
        if member.id != planner.id
    ]
    planned = PlannedTask(
        key=PLAN_KEY,
        kind=PLAN_KIND,
        description=goal,
        specialist=planner.id,
        params={**params, "roster": colleagues},
        time_limit_seconds=_PLAN_SECONDS,
    )
    return [NewTask(planned, planner.id, Phase.PLAN)]


def accept_plan(plan: SessionPlan, roster: Roster, team_id: str, route: Route) -> list[NewTask]:
    """The tasks of a plan, each with its specialist. Raises PlanError that names the task.

    `route` is asked who does a task that names nobody; None leaves it to the first who can.
    """
    if len(plan.tasks) > _MOST_TASKS:
        raise PlanError(f"The plan has {len(plan.tasks)} tasks; at most {_MOST_TASKS} are allowed.")
    _check_keys(plan)
    members = {member.id: member for member in roster.members(team_id)}
    return [
        NewTask(
            task,
            _choose(task, members, team_id, route),
            Phase.VERIFY if task.verifies else Phase.RUN,
        )
        for task in plan.tasks
    ]


def _default_task(member: Specialist, goal: str, params: Mapping[str, JsonValue]) -> NewTask:
    verifies = VERIFY_KIND in member.kinds
    planned = PlannedTask(
        key=member.id,
        kind=member.kinds[0],
        description=goal,
        specialist=member.id,
        verifies=verifies,
        params=dict(params),
    )
    return NewTask(planned, member.id, Phase.VERIFY if verifies else Phase.RUN)


def _check_keys(plan: SessionPlan) -> None:
    tasks = {task.key: task for task in plan.tasks}
    if len(tasks) < len(plan.tasks) or PLAN_KEY in tasks:
        raise PlanError(f"The plan's keys must differ from each other and from {PLAN_KEY!r}.")
    for task in plan.tasks:
        for key in task.depends_on:
            if key not in tasks:
                raise PlanError(f"The task {task.key!r} depends on {key!r}, which is not planned.")
            if tasks[key].verifies and not task.verifies:
                raise PlanError(
                    f"The task {task.key!r} depends on {key!r}, which verifies and so comes later."
                )
    try:
        TopologicalSorter({task.key: task.depends_on for task in plan.tasks}).prepare()
    except CycleError as error:
        raise PlanError(f"Tasks depend on each other: {' → '.join(error.args[1])}.") from None


def _choose(
    task: PlannedTask, members: Mapping[str, Specialist], team_id: str, route: Route
) -> str:
    if task.specialist is not None:
        if task.specialist not in members:
            raise PlanError(
                f"The task {task.key!r} is for {task.specialist!r}, who is not in the team "
                f"{team_id!r}."
            )
        return task.specialist
    candidates = tuple(m.id for m in members.values() if task.kind in m.kinds)
    if not candidates:
        raise PlanError(f"Nobody in the team {team_id!r} does the kind {task.kind!r}.")
    answer = route(task, candidates)
    return answer if answer in candidates else candidates[0]
