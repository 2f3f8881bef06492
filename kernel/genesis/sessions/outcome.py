"""What a session comes to: its status, its figures, its exit code. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pydantic import JsonValue

from genesis.contracts.findings import Finding, Severity
from genesis.contracts.judgements import Judgement
from genesis.contracts.work import Status
from genesis.storage.records import SessionRecord, TaskRecord

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_BLOCKED = 4
EXIT_CANCELLED = 130


def decide_status(session: SessionRecord, tasks: Sequence[TaskRecord]) -> Status:
    """How a session ended, from how its tasks did.

    It is completed when its plan was made and anything was done, or nothing was to do; a single
    failed task does not spoil what the others found, but shows in the figures and exit code.
    """
    ended = Counter(task.status for task in tasks if task.kind != "plan")
    plan_failed = any(
        task.kind == "plan" and task.status in (Status.FAILED, Status.BLOCKED) for task in tasks
    )
    if session.cancel_requested:
        return Status.CANCELLED
    if plan_failed:
        return Status.FAILED
    if session.reason:
        return Status.BLOCKED
    if ended[Status.COMPLETED] or not ended:
        return Status.COMPLETED
    return Status.FAILED if ended[Status.FAILED] else Status.BLOCKED


def exit_code(status: Status, tasks: Sequence[TaskRecord]) -> int:
    """0 completed without a failed task, 1 failed or with one, 4 blocked, 130 cancelled."""
    if status == Status.COMPLETED and all(task.status != Status.FAILED for task in tasks):
        return EXIT_OK
    codes = {Status.BLOCKED: EXIT_BLOCKED, Status.CANCELLED: EXIT_CANCELLED}
    return codes.get(status, EXIT_FAILED)


def summarise(
    tasks: Sequence[TaskRecord], judgement: Judgement | None = None, fault: str = ""
) -> dict[str, JsonValue]:
    """A session's figures: tasks by status, findings that stand by severity, what verification and
    judgement came to. `fault` says why there is no judgement where one was due."""
    statuses = Counter(task.status.value for task in tasks)
    severities = Counter(finding.severity for finding in findings_of(tasks, judgement))
    verification = next(
        (
            task.result.facts["verification"]
            for task in tasks
            if task.result is not None and "verification" in task.result.facts
        ),
        None,
    )
    return {
        "tasks": dict(sorted(statuses.items())),
        "findings": {severity.value: severities[severity] for severity in Severity},
        "omissions": sum(len(task.result.omissions) for task in tasks if task.result),
        "verification": verification,
        "judgement": _judgement_figures(judgement, fault),
    }


def _judgement_figures(judgement: Judgement | None, fault: str) -> JsonValue:
    if judgement is None:
        return {"fault": fault} if fault else None
    return {**judgement.counts(), "compared_with": judgement.compared_with}


def findings_of(tasks: Sequence[TaskRecord], judgement: Judgement | None) -> list[Finding]:
    """The findings that stand, in the order of every report."""
    if judgement is None:
        return all_findings(tasks)
    return [judged.finding for judged in judgement.findings]


def all_findings(tasks: Sequence[TaskRecord]) -> list[Finding]:
    """The findings of all tasks, most severe first, then by place."""
    findings = [f for task in tasks if task.result is not None for f in task.result.findings]
    return sorted(findings, key=lambda f: (f.severity.rank, f.file or "", f.line or 0, f.rule))
