"""The tool `plan_review`: which specialist looks at what, from a survey of the repository."""

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

from genesis_engineering.review_topics import TOPICS, Topic
from genesis_engineering.survey import Survey, survey_repository

_REVIEW_SECONDS = 900.0
_VERIFY_SECONDS = 1800.0
_LEARN_SECONDS = 300.0
_ENDING_SECONDS = 60.0
_ORDER = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}


class RosterEntry(BaseModel):
    """One specialist of the team, as `params["roster"]` gives it."""

    model_config = ConfigDict(frozen=True)

    id: str
    kinds: tuple[str, ...]
    role: str = ""


def plan_review(context: ToolContext) -> TaskResult:
    """Plan a review: one task per specialist that has something to look at, then the tests.

    Reads `params["roster"]` (list of `{"id", "kinds", "role"}`), and optionally
    `verify_limit_seconds` (seconds for the test suite), `logs` (paths, handed on to each
    specialist) and `learn`: true plans a look back at earlier sessions instead.
    `context.description` is the goal. Gives `plan` and `facts["survey"]`. A
    specialist that is not known here always gets a task. Raises UsageError for a roster that
    cannot be read, OSError when git cannot list the files.
    """
    roster = _roster(context.params)
    survey = survey_repository(context.repository)
    context.progress(0.5, "surveyed the repository")
    if context.params.get("learn") is True:
        return _result(survey, _learn_plan(roster), [])
    if not survey.files:
        reason = "The repository is empty: there are no files to look at, so nothing is planned."
        return _result(survey, SessionPlan(tasks=(), reason=reason), [])
    tasks: list[PlannedTask] = []
    left_out: list[Omission] = []
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


def _learn_plan(roster: list[RosterEntry]) -> SessionPlan:
    tasks = [
        PlannedTask(
            key=f"learn-{entry.id}"[:80],
            kind="learn",
            description="Look back: what recurs in the sessions of this repository, what failed.",
            specialist=entry.id,
            time_limit_seconds=_LEARN_SECONDS,
        )
        for entry in roster
        if "learn" in entry.kinds
    ]
    reason = "Only a look back at earlier sessions was asked for."
    return SessionPlan(tasks=tuple(tasks), reason=reason)


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
