"""A session as a person reads it, and as a program does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from pydantic import JsonValue

from genesis.cli.findings import print_findings
from genesis.cli.lines import plain
from genesis.contracts.judgements import JudgedFinding, Judgement
from genesis.contracts.work import Status
from genesis.home import Home, is_owner_alive
from genesis.sessions.attempts import attempt_folder
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


def session_document(
    session: SessionRecord, tasks: Sequence[TaskRecord], judgement: Judgement | None = None
) -> dict[str, JsonValue]:
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
        "judgement": None if judgement is None else judgement.model_dump(mode="json"),
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
    console: Console,
    session: SessionRecord,
    tasks: Sequence[TaskRecord],
    judgement: Judgement | None = None,
    state: str = "",
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
    findings = (
        judgement.findings
        if judgement is not None
        else [JudgedFinding(finding=finding) for finding in all_findings(tasks)]
    )
    print_findings(console, findings, judgement, _fault(session))
    _print_omissions(console, tasks)


def print_artifacts(console: Console, home: Home, tasks: Sequence[TaskRecord]) -> None:
    """Print the path of each file that the tasks left, as far as it is there."""
    left = [
        (path, artifact.description)
        for task in tasks
        for artifact in (task.result.artifacts if task.result is not None else ())
        if (
            path := attempt_folder(home, task.session_id, task.key, task.attempt) / artifact.path
        ).is_file()
    ]
    if left:
        console.print()
        console.print(f"[bold]Files ({len(left)})[/bold]")
    for path, description in left:
        console.print(f"  {plain(str(path))}  [dim]{plain(description)}[/dim]", soft_wrap=True)


def _fault(session: SessionRecord) -> str:
    figures = session.summary.get("judgement")
    return str(figures.get("fault", "")) if isinstance(figures, dict) else ""


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
