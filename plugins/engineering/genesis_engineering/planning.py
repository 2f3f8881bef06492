"""The tool `plan_review`: which specialist does what, from the goal and a survey."""

from __future__ import annotations

from genesis.contracts import (
    Omission,
    PlannedTask,
    Priority,
    SessionPlan,
    TaskResult,
    ToolContext,
)
from genesis.errors import UsageError
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from genesis_engineering.goals import Goal, named_logs, read_goal
from genesis_engineering.parameters import read_texts
from genesis_engineering.review_topics import TOPICS, Topic
from genesis_engineering.survey import Survey, survey_repository

_REVIEW_SECONDS = 900.0
_VERIFY_SECONDS = 1800.0
_JOB_SECONDS = {"learn": 300.0, "triage": 900.0, "release": 600.0}
_ENDING_SECONDS = 60.0
_JOB_TASKS = {
    "learn": "Look back: what recurs in the sessions of this repository, what failed.",
    "triage": "Sort the lines of the logs into templates, count them, and say what failed.",
    "release": "Say what has changed since the last release, which version is next and what is "
    "not ready for it.",
}
_JOB_REASONS = {
    "learn": "Only a look back at earlier sessions was asked for.",
    "triage": "Only logs are looked at.",
    "release": "Only the next release is looked at.",
}
_ORDER = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}


class RosterEntry(BaseModel):
    """One specialist of the team, as `params["roster"]` gives it."""

    model_config = ConfigDict(frozen=True)

    id: str
    kinds: tuple[str, ...]
    role: str = ""


def plan_review(context: ToolContext) -> TaskResult:
    """Plan a session: for a review, one task per specialist that has something to look at, then the
    tests; for another ready-made goal (`goals.READY_MADE`), one task for each who takes its kind.

    `context.description` is the goal. Reads `params["roster"]` (list of `{"id", "kinds", "role"}`),
    and optionally `verify_limit_seconds` (seconds for the test suite), `logs` (paths, handed on to
    each specialist), `paths` (what the goal is about: the logs of a triage) and `learn`: true plans
    a look back at earlier sessions whatever the goal. Gives `plan`, and `facts["survey"]` of what
    was surveyed. A specialist that is not known here always gets a task of a review. Raises
    UsageError for a roster or a path that cannot be read and when nobody takes the kind of the
    goal, OSError when git cannot list the files.
    """
    roster = _roster(context.params)
    goal = read_goal(context.description)
    if context.params.get("learn") is True:
        goal = Goal("learn")
    if goal.kind != "review":
        return _job(goal, roster, context)
    survey = survey_repository(context.repository)
    context.progress(0.5, "surveyed the repository")
    left_out = _ignored_paths(context)
    if not survey.files:
        reason = "The repository is empty: there are no files to look at, so nothing is planned."
        return _result(survey, SessionPlan(tasks=(), reason=reason), left_out)
    tasks: list[PlannedTask] = []
    for entry in roster:
        topic = TOPICS.get(entry.id)
        if "review" in entry.kinds and topic and not topic.count(survey):
            reason = f"the repository has no {topic.what}"
            left_out.append(Omission(what=f"a review by {entry.id}", reason=reason))
        elif "review" in entry.kinds:
            tasks.append(_review_task(entry, topic, survey, context))
        if "verify" in entry.kinds:
            tasks.append(_verify_task(entry, survey, context))
    tasks.sort(key=lambda task: (task.verifies, _ORDER[task.priority]))
    return _result(
        survey, SessionPlan(tasks=tuple(tasks), reason=_reason(tasks, left_out)), left_out
    )


def _roster(params: dict[str, JsonValue]) -> list[RosterEntry]:
    """The entries, each id once."""
    entries = params.get("roster")
    if not isinstance(entries, list):
        raise UsageError(
            "plan-review needs the parameter roster: a list of specialists such as "
            '{"id": "docs-expert", "kinds": ["review"], "role": "..."}.'
        )
    try:
        found = [RosterEntry.model_validate(entry) for entry in entries]
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(
            f"plan-review cannot read an entry of the roster: {first['loc']}: {first['msg']}. "
            "Each entry has id, kinds (a list) and role."
        ) from error
    return list({entry.id: entry for entry in found}.values())


def _review_task(
    entry: RosterEntry, topic: Topic | None, survey: Survey, context: ToolContext
) -> PlannedTask:
    goal = f" The goal: {context.description}" if context.description else ""
    role = f" ({entry.role})" if entry.role else ""
    task = f"Review the repository{role}: {survey.files} files."
    if topic:
        task = topic.describe(survey)
    return PlannedTask(
        key=f"review-{entry.id}"[:80],
        kind="review",
        description=(task + goal)[:2000],
        specialist=entry.id,
        priority=topic.priority if topic else Priority.MEDIUM,
        params=_logs(context),
        time_limit_seconds=_REVIEW_SECONDS,
    )


def _verify_task(entry: RosterEntry, survey: Survey, context: ToolContext) -> PlannedTask:
    tests = f"{survey.tests} test files were seen" if survey.tests else "no test files were seen"
    limit = context.params.get("verify_limit_seconds")
    params = _logs(context)
    seconds = _VERIFY_SECONDS
    if isinstance(limit, int | float) and not isinstance(limit, bool) and limit > 0:
        params["limit_seconds"] = limit
        seconds = float(limit) + _ENDING_SECONDS
    return PlannedTask(
        key=f"verify-{entry.id}"[:80],
        kind="verify",
        description=f"Run the repository's own test suites and report each result; {tests}.",
        specialist=entry.id,
        priority=Priority.HIGH,
        verifies=True,
        params=params,
        time_limit_seconds=seconds,
    )


def _job(goal: Goal, roster: list[RosterEntry], context: ToolContext) -> TaskResult:
    """The plan of a ready-made goal other than a review."""
    params: dict[str, JsonValue] = {}
    if goal.kind == "triage":
        paths = named_logs(goal, context.repository)
        given = read_texts(context.params, "paths") + read_texts(context.params, "logs")
        params = {"paths": [*dict.fromkeys(given + paths)]} if given or paths else {}
    tasks = [
        PlannedTask(
            key=f"{goal.kind}-{entry.id}"[:80],
            kind=goal.kind,
            description=_JOB_TASKS[goal.kind],
            specialist=entry.id,
            params=params,
            time_limit_seconds=_JOB_SECONDS[goal.kind],
        )
        for entry in roster
        if goal.kind in entry.kinds
    ]
    if not tasks:
        raise UsageError(
            f"Nobody in the team takes tasks of the kind {goal.kind!r}, which this goal needs. "
            "Choose another team with --team, or another goal."
        )
    left_out = _ignored_paths(context) if goal.kind != "triage" else []
    reason = _JOB_REASONS[goal.kind]
    names = ", ".join(task.specialist or "" for task in tasks)
    return TaskResult(
        summary=f"{reason} By: {names}."[:2000],
        omissions=tuple(left_out),
        plan=SessionPlan(tasks=tuple(tasks), reason=reason),
    )


def _ignored_paths(context: ToolContext) -> list[Omission]:
    """Paths that were given with a goal that has no use for them."""
    paths = read_texts(context.params, "paths")
    if not paths:
        return []
    reason = "only the goal `log triage` takes paths; others look at the whole repository"
    return [Omission(what=", ".join(paths)[:500], reason=reason)]


def _logs(context: ToolContext) -> dict[str, JsonValue]:
    logs = context.params.get("logs")
    return {"logs": logs} if logs else {}


def _reason(tasks: list[PlannedTask], left_out: list[Omission]) -> str:
    names = ", ".join(task.specialist or task.kind for task in tasks) or "nobody"
    text = f"The repository has something to look at for {names}."
    if left_out:
        absent = "; ".join(f"{omission.what}: {omission.reason}" for omission in left_out)
        text += f" Left out: {absent}."
    return text[:2000]


def _result(survey: Survey, plan: SessionPlan, left_out: list[Omission]) -> TaskResult:
    languages = ", ".join(f"{name} ({count})" for name, count in survey.languages.most_common(4))
    summary = (
        f"Planned {len(plan.tasks)} tasks for {survey.files} files"
        f"{': ' + languages if languages else ''}, {survey.tests} test files, "
        f"{survey.documents} documents."
    )
    if not plan.tasks:
        summary += f" {plan.reason}"
    return TaskResult(
        summary=summary[:2000],
        omissions=tuple(left_out),
        facts={"survey": survey.as_facts()},
        plan=plan,
    )
