"""What a session comes to, from how its tasks ended."""

from __future__ import annotations

import pytest
from genesis.contracts.findings import Finding, Omission, Severity
from genesis.contracts.work import Phase, Status, TaskResult
from genesis.sessions.outcome import all_findings, decide_status, exit_code, summarise
from genesis.storage.records import SessionRecord, TaskRecord

C, F, B, X = Status.COMPLETED, Status.FAILED, Status.BLOCKED, Status.CANCELLED


def session(**more: object) -> SessionRecord:
    values: dict[str, object] = {
        "id": "session-1", "team": "probe", "goal": "g", "status": Status.IN_PROGRESS,
        "phase": Phase.SUMMARISE, "repository": "/r", "branch": None, "options": {},
        "reason": "", "summary": {}, "owner": "me", "cancel_requested": False,
        "started_at": None, "completed_at": None, "duration_seconds": None, "exit_code": None,
    }  # fmt: skip
    return SessionRecord(**{**values, **more})


def task(status: Status, kind: str = "work", result: TaskResult | None = None) -> TaskRecord:
    return TaskRecord(
        id="t", session_id="session-1", specialist="alpha", key="t", kind=kind, description="d",
        status=status, phase=Phase.RUN, attempt=1, started_at=None, completed_at=None,
        duration_seconds=None, error=None, result=result,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ended", "status", "code"),
    [
        ([], C, 0),
        ([C, C], C, 0),
        ([C, F], C, 1),
        ([C, B], C, 0),
        ([F, F], F, 1),
        ([F, B], F, 1),
        ([B, B], B, 4),
    ],
)
def test_status_and_exit_code_follow_from_the_tasks(
    ended: list[Status], status: Status, code: int
) -> None:
    tasks = [task(C, "plan"), *(task(one) for one in ended)]
    assert decide_status(session(), tasks) == status
    assert exit_code(status, tasks) == code


@pytest.mark.parametrize("plan", [F, B])
def test_without_a_plan_the_session_failed(plan: Status) -> None:
    tasks = [task(plan, "plan")]
    assert decide_status(session(), tasks) == F
    assert exit_code(F, tasks) == 1


def test_a_gate_blocks_and_a_cancellation_cancels_whatever_was_done() -> None:
    tasks = [task(C), task(F)]
    assert decide_status(session(reason="vetoed"), tasks) == B
    assert decide_status(session(reason="enough", cancel_requested=True), tasks) == X
    assert (exit_code(B, tasks), exit_code(X, tasks)) == (4, 130)


def found(rule: str, severity: str, file: str | None = None, line: int | None = None) -> Finding:
    return Finding(rule=rule, severity=severity, message="m", file=file, line=line)


def test_findings_come_by_severity_then_place() -> None:
    first = TaskResult(summary="s", findings=(found("a", "low"), found("b", "high", "z", 9)))
    second = TaskResult(
        summary="s",
        findings=(found("c", "high", "z", 2), found("d", "high", "b", 5), found("e", "medium")),
    )
    tasks = [task(C, result=first), task(F), task(F, result=second)]
    assert [finding.rule for finding in all_findings(tasks)] == ["d", "c", "b", "e", "a"]


def test_figures_count_tasks_findings_and_omissions() -> None:
    result = TaskResult(
        summary="s",
        findings=(found("a", "low"), found("b", "high")),
        omissions=(Omission(what="w", reason="r"),),
        facts={"verification": "passed"},
    )
    figures = summarise([task(C, result=result), task(F), task(C)])
    assert figures == {
        "tasks": {"completed": 2, "failed": 1},
        "findings": {"high": 1, "medium": 0, "low": 1, "info": 0},
        "omissions": 1,
        "verification": "passed",
        "judgement": None,
    }
    assert list(figures["findings"]) == [severity.value for severity in Severity]
    assert summarise([])["verification"] is None
