"""A session as a person reads it, and as a program does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click
from pydantic import JsonValue

from genesis.contracts.findings import Finding, Severity
from genesis.contracts.work import Status
from genesis.home import Home, is_owner_alive
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
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def plain(text: str) -> str:
    """Text for Rich to print literally, without what a terminal would obey."""
    from rich.markup import escape

    return escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text))


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


def print_json(document: object) -> None:
    """Print one JSON document; as UTF-8, whatever the terminal speaks."""
    import json

    click.echo(json.dumps(document, indent=2, ensure_ascii=False).encode())


def state_of(home: Home, session: SessionRecord) -> str:
    """A session's status as a person is told of it: one that has not ended is `waiting` as long as
    no process has taken it up, and `interrupted` when that process is gone."""
    if session.completed_at is None and session.owner is None:
        return "waiting"
    if session.completed_at is None and not is_owner_alive(home, session.owner or ""):
        return "interrupted"
    return session.status.value


def print_report(
    console: Console, session: SessionRecord, tasks: Sequence[TaskRecord], state: str = ""
) -> None:
    """Print what was done, what was found, and what was not looked at. `state` is that of
    `state_of`; without it the status is printed."""

    style = STATUS_STYLES[session.status]
    console.print()
    console.print(f"[bold]{plain(session.goal)}[/bold]  {plain(session.repository)}")
    seconds = f" in {session.duration_seconds:.1f} s" if session.duration_seconds else ""
    console.print(f"{session.id}: [{style}]{state or session.status}[/{style}]{seconds}")
    if session.reason:
        console.print(f"[{style}]{plain(session.reason)}[/{style}]")
    _print_tasks(console, tasks)
    _print_findings(console, all_findings(tasks))
    _print_omissions(console, tasks)


def _print_tasks(console: Console, tasks: Sequence[TaskRecord]) -> None:

    console.print()
    for task in tasks:
        style = STATUS_STYLES[task.status]
        told = task.error or (task.result.summary if task.result else "")
        seconds = f"{task.duration_seconds:6.1f} s" if task.duration_seconds is not None else ""
        console.print(
            f"[{style}]{task.status:<11}[/{style}] [bold]{task.specialist:<16}[/bold]"
            f" {seconds:>8}  {plain(told)}",
            soft_wrap=True,
        )


def _print_findings(console: Console, findings: Sequence[Finding]) -> None:
    console.print()
    if not findings:
        console.print("No findings.")
    for severity, of_severity in groupby(findings, key=lambda finding: finding.severity):
        by_rule: dict[str, list[Finding]] = {}
        for finding in of_severity:
            by_rule.setdefault(finding.rule, []).append(finding)
        style = _SEVERITY_STYLES[severity]
        count = sum(len(of_rule) for of_rule in by_rule.values())
        console.print(f"[{style}]{severity.upper()} ({count})[/{style}]")
        for rule, of_rule in by_rule.items():
            _print_rule(console, rule, of_rule)


def _print_rule(console: Console, rule: str, findings: Sequence[Finding]) -> None:
    """One rule's findings: a message that they share stands once, above their places."""

    shared = findings[0].message if len({f.message for f in findings}) == 1 else None
    count = f" ({len(findings)})" if len(findings) > 1 else ""
    console.print(f"  [bold]{plain(rule)}[/bold]{count}")
    if shared is not None:
        console.print(f"    {plain(shared)}", soft_wrap=True)
    for finding in findings[:_SHOWN_OF_A_RULE]:
        first_line = finding.message.splitlines()[0]
        told = _place(finding) if shared else f"{_place(finding)}  {first_line}"
        if told.strip():
            console.print(f"    {plain(told.strip())}", soft_wrap=True, highlight=False)
    if len(findings) > _SHOWN_OF_A_RULE:
        more = len(findings) - _SHOWN_OF_A_RULE
        console.print(f"    [dim]and {more} more: `genesis sessions show --json` has all[/dim]")
    if findings[0].check:
        console.print(f"    [dim]check: {plain(findings[0].check)}[/dim]", soft_wrap=True)


def _place(finding: Finding) -> str:
    if finding.file is None:
        return ""
    return f"{finding.file}:{finding.line}" if finding.line else finding.file


def _print_omissions(console: Console, tasks: Sequence[TaskRecord]) -> None:

    omissions = [(t.specialist, o) for t in tasks if t.result for o in t.result.omissions]
    if omissions:
        console.print()
        console.print(f"[bold]Not looked at ({len(omissions)})[/bold]")
    for specialist, omission in omissions:
        text = f"  {specialist}: {omission.what} — {omission.reason}"
        console.print(f"[dim]{plain(text)}[/dim]", soft_wrap=True)


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
