"""Which format a report is printed in, and whether its findings are a failure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from genesis.cli.report import print_artifacts, print_json, print_report, session_document
from genesis.contracts.findings import Severity
from genesis.contracts.judgements import Judgement
from genesis.errors import UsageError
from genesis.home import Home
from genesis.sessions.outcome import findings_of
from genesis.storage.records import SessionRecord, TaskRecord

if TYPE_CHECKING:
    from genesis.kernel import Kernel


def chosen_format(name: str | None, *, as_json: bool) -> str:
    """The format that `--format` and `--json` ask for. Raises UsageError when they contradict."""
    if as_json and name not in (None, "json"):
        raise UsageError(f"--json and --format {name} contradict each other. Give one of them.")
    return name or ("json" if as_json else "text")


def print_as(
    name: str,
    where: Kernel | Home,
    session: SessionRecord,
    tasks: Sequence[TaskRecord],
    judgement: Judgement | None,
    state: str = "",
) -> None:
    """Print a session's report on stdout. For a format of a plugin, a home's plugins are started.

    Raises NotFoundError for a format that nobody has, PluginError when it cannot be written.
    """
    if name == "text":
        from rich.console import Console

        console = Console(highlight=False)
        print_report(console, session, tasks, judgement, state)
        print_artifacts(console, where if isinstance(where, Home) else where.home, tasks)
    elif name == "json":
        print_json(session_document(session, tasks, judgement))
    elif isinstance(where, Home):
        from genesis.kernel import Kernel

        # Its plugins only write the report; events wait for a process that works.
        with Kernel(where, deliver=False) as kernel:
            print_as(name, kernel, session, tasks, judgement)
    else:
        from genesis.sessions.reports import session_report, write_report

        report = session_report(where.home, session, tasks, judgement)
        text = write_report(where.host, name, report)
        # As UTF-8, whatever the terminal speaks: the text may say that it is.
        click.echo(text.encode(), nl=not text.endswith("\n"))


def reaches(
    tasks: Sequence[TaskRecord], judgement: Judgement | None, threshold: str | None
) -> bool:
    """Whether a finding of that severity or a higher one stands, also one that a short report does
    not show; never without a threshold."""
    if threshold is None:
        return False
    limit = Severity(threshold).rank
    return any(finding.severity.rank <= limit for finding in findings_of(tasks, judgement))
