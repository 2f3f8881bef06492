"""Show a session while it runs: a live table in a terminal, plain lines elsewhere. On stderr."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from genesis.cli.lines import plain
from genesis.cli.report import STATUS_STYLES
from genesis.clock import seconds_between, utc_now
from genesis.contracts.work import Status
from genesis.sessions.journal import Journal, Progress
from genesis.storage.records import SessionRecord, TaskRecord

_FRAME_SECONDS = 0.125
_WIDE = 90


def watch(console: Console, journals: Sequence[Journal], done: threading.Event) -> None:
    """Show the sessions until `done` is set. KeyboardInterrupt passes through."""
    if not console.is_terminal:
        _print_changes(console, journals, done)
        return
    with Live(console=console, refresh_per_second=8, transient=True) as live:
        while not done.wait(_FRAME_SECONDS):
            live.update(_table(journals[-1], is_wide=console.width >= _WIDE))


def _table(journal: Journal, *, is_wide: bool) -> Table:
    session, tasks, progress = journal.snapshot()
    title = plain(f"{session.goal} · {session.id} · {session.phase}")
    table = Table(title=title, title_justify="left")
    columns = ("specialist", "status", "time", "found", *(("", "task") if is_wide else ()))
    for column in columns:
        table.add_column(column, no_wrap=True, max_width=48)
    for task in tasks:
        cells = _cells(task, progress.get(task.id, Progress()))
        table.add_row(*cells[: len(columns)])
    if not tasks:
        table.caption = "planning"
    return table


def _cells(task: TaskRecord, progress: Progress) -> tuple[str | ProgressBar, ...]:
    style = STATUS_STYLES[task.status]
    message = progress.message if task.status == Status.IN_PROGRESS else ""
    seconds = task.duration_seconds
    if task.status == Status.IN_PROGRESS and task.started_at is not None:
        seconds = seconds_between(task.started_at, utc_now())
    fraction = 1.0 if task.status.is_final else progress.fraction
    return (
        task.specialist,
        f"[{style}]{task.status}[/{style}]",
        "" if seconds is None else f"{seconds:.1f} s",
        str(len(task.result.findings)) if task.result else "",
        ProgressBar(total=1.0, completed=fraction, width=16),
        plain(message or task.description),
    )


def _print_changes(console: Console, journals: Sequence[Journal], done: threading.Event) -> None:
    seen: dict[str, tuple[Status, int]] = {}
    while True:
        finished = done.wait(_FRAME_SECONDS)
        for journal in journals:
            session, tasks, _progress = journal.snapshot()
            for task in tasks:
                state = (task.status, task.attempt)
                if seen.get(task.id) != state:
                    seen[task.id] = state
                    _print_change(console, session, task)
        if finished:
            return


def _print_change(console: Console, session: SessionRecord, task: TaskRecord) -> None:
    if task.status == Status.PENDING:
        return
    line = f"{session.id} {task.specialist}: {task.status}"
    if task.status == Status.IN_PROGRESS and task.attempt > 1:
        line += f" (attempt {task.attempt})"
    if task.duration_seconds is not None:
        line += f" after {task.duration_seconds:.1f} s"
    if task.result is not None:
        line += f", {len(task.result.findings)} findings"
    console.print(line, markup=False, highlight=False, soft_wrap=True)
