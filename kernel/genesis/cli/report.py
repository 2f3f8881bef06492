"""A session as a person reads it, and as a program does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from pydantic import JsonValue

from genesis.contracts.findings import Finding, Severity
from genesis.contracts.work import Status
from genesis.sessions.journal import task_state
from genesis.sessions.outcome import all_findings
from genesis.storage.records import SessionRecord, TaskRecord

if TYPE_CHECKING:
    from rich.console import Console

STATUS_STYLES = {
    Status.PENDING: "dim",
    Status.IN_PROGRESS: "cyan",
    Status.COMPLETED: "green",
    Status.FAILED: "red",
    Status.BLOCKED: "yellow",
    Status.CANCELLED: "magenta",
}
_SEVERITY_STYLES = {
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "blue",
    Severity.INFO: "dim",
}
_SHOWN_OF_A_RULE = 10


def session_document(session: SessionRecord, tasks: Sequence[TaskRecord]) -> dict[str, JsonValue]:
    """The JSON that `genesis run --json` and `genesis sessions show --json` print."""
    return {
        "session_id": session.id,
        "status": session.status.value,
        "phase": session.phase.value,
        "goal": session.goal,
        "team": session.team,
        "repository": session.repository,
        "branch": session.branch,
        "reason": session.reason,
        "started_at": session.started_at,
        "completed_at": session.completed_at,
        "duration_seconds": session.duration_seconds,
        "exit_code": session.exit_code,
        "summary": session.summary,
        "tasks": [_task_document(task) for task in tasks],
    }


def print_report(console: Console, session: SessionRecord, tasks: Sequence[TaskRecord]) -> None:
    """Print what was done, what was found, and what was not looked at."""
    from rich.markup import escape

    style = STATUS_STYLES[session.status]
    console.print()
    console.print(f"[bold]{escape(session.goal)}[/bold]  {escape(session.repository)}")
    seconds = f" in {session.duration_seconds:.1f} s" if session.duration_seconds else ""
    console.print(f"{session.id}: [{style}]{session.status}[/{style}]{seconds}")
    if session.reason:
        console.print(f"[{style}]{escape(session.reason)}[/{style}]")
    _print_tasks(console, tasks)
    _print_findings(console, all_findings(tasks))
    _print_omissions(console, tasks)


def _print_tasks(console: Console, tasks: Sequence[TaskRecord]) -> None:
    from rich.markup import escape

    console.print()
    for task in tasks:
        style = STATUS_STYLES[task.status]
        told = task.error or (task.result.summary if task.result else "")
        seconds = f"{task.duration_seconds:6.1f} s" if task.duration_seconds is not None else ""
        console.print(
            f"[{style}]{task.status:<11}[/{style}] [bold]{task.specialist:<16}[/bold]"
            f" {seconds:>8}  {escape(told)}",
            soft_wrap=True,
        )


def _print_findings(console: Console, findings: Sequence[Finding]) -> None:
    from rich.markup import escape

    console.print()
    if not findings:
        console.print("No findings.")
    for severity, of_severity in groupby(findings, key=lambda finding: finding.severity):
        grouped = list(of_severity)
        style = _SEVERITY_STYLES[severity]
        console.print(f"[{style}]{severity.upper()} ({len(grouped)})[/{style}]")
        shown: dict[str, int] = {}
        for finding in grouped:
            shown[finding.rule] = shown.get(finding.rule, 0) + 1
            if shown[finding.rule] > _SHOWN_OF_A_RULE:
                continue
            place = finding.file or ""
            if finding.file and finding.line:
                place += f":{finding.line}"
            head = f"  [bold]{escape(place)}[/bold]  " if place else "  "
            console.print(f"{head}{escape(finding.message)} [dim]({finding.rule})[/dim]",
                          soft_wrap=True)  # fmt: skip
            if finding.check:
                console.print(f"      [dim]check: {escape(finding.check)}[/dim]", soft_wrap=True)
        for rule, count in shown.items():
            if count > _SHOWN_OF_A_RULE:
                more = count - _SHOWN_OF_A_RULE
                console.print(f"  [dim]and {more} more of {rule}: `genesis sessions show --json` "
                              "has them all[/dim]")  # fmt: skip


def _print_omissions(console: Console, tasks: Sequence[TaskRecord]) -> None:
    from rich.markup import escape

    omissions = [(t.specialist, o) for t in tasks if t.result for o in t.result.omissions]
    if omissions:
        console.print()
        console.print(f"[bold]Not looked at ({len(omissions)})[/bold]")
    for specialist, omission in omissions:
        text = f"  {specialist}: {omission.what} — {omission.reason}"
        console.print(f"[dim]{escape(text)}[/dim]", soft_wrap=True)


def _task_document(task: TaskRecord) -> dict[str, JsonValue]:
    result = task.result.model_dump(mode="json") if task.result is not None else {}
    return {
        **task_state(task),
        "summary": result.get("summary", ""),
        "findings": result.get("findings", []),
        "omissions": result.get("omissions", []),
        "artifacts": result.get("artifacts", []),
        "facts": result.get("facts", {}),
    }
