"""`genesis baseline`: write the findings of a session down as known, and look at what is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from genesis.commands import home_option, json_option, read_report
from genesis.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from genesis.contracts.reports import SessionReport

    from genesis_engineering.judgement.baseline import Baseline


@click.group()
def baseline() -> None:
    """Findings that are known and not to be reported: a file in the repository."""


@baseline.command()
@click.argument("session", metavar="[SESSION]", default="latest")
@home_option
def write(session: str, home: str | None) -> None:
    """Write all findings of SESSION into the baseline of its repository.

    The next sessions leave them out. SESSION is an id, a part of one, or `latest`. Entries for
    findings that are gone are taken out, if every task of the session was completed. The file is
    there to be committed.
    """
    from genesis.contracts.judgements import SuppressedBy

    from genesis_engineering.judgement.baseline import entries_of, write_baseline

    report = read_report(home, session)
    if report.judgement is None:
        raise UsageError(
            f"The findings of {report.session_id} were not judged: it has not ended, or not in an "
            "orderly way. `genesis sessions show` says more; name another session."
        )
    repository = _checkout(Path(report.repository))
    before = _read(repository)
    judgement = report.judgement
    by_baseline = [one for one in judgement.suppressed if one.by == SuppressedBy.BASELINE]
    incomplete = _incomplete(report)
    entries = entries_of(
        [*judgement.findings, *by_baseline], before.entries, keeps_rest=bool(incomplete)
    )
    try:
        path = write_baseline(repository, entries)
    except OSError as error:
        raise UsageError(
            f"The baseline in {repository} cannot be written: {error.strerror or error}."
        ) from error
    click.echo(f"{path}: {len(entries)} findings, of {report.session_id}.")
    if incomplete:
        told = f"{', '.join(incomplete)} did not complete"
        click.echo(f"Entries that no finding has were kept, since {told}.", err=True)


@baseline.command()
@click.option(
    "--repo", default=".", show_default=True, metavar="PATH", type=click.Path(),
    help="The top of a git checkout.",
)  # fmt: skip
@json_option
def show(repo: str, *, as_json: bool) -> None:
    """Show the findings that the baseline of a repository suppresses."""
    import json

    found = _read(_checkout(Path(repo)))
    if as_json:
        entries = [entry.model_dump(mode="json") for entry in found.entries]
        click.echo(json.dumps({"findings": entries}, indent=2, ensure_ascii=False).encode())
        return
    if not found.entries:
        click.echo("The baseline is empty: `genesis baseline write` fills it.", err=True)
    for entry in found.entries:
        why = f"  ({entry.reason})" if entry.reason else ""
        place = f"{entry.file}: " if entry.file else ""
        click.echo(_visible(f"{place}{entry.rule}: {entry.message}{why}"))


def _checkout(path: Path) -> Path:
    if not path.is_dir():
        raise NotFoundError(f"{path} is not a folder. Name the top of a git checkout.")
    return path


def _read(repository: Path) -> Baseline:
    """The baseline. Raises UsageError for one that cannot be read: what is in it is not lost."""
    from genesis_engineering.judgement.baseline import read_baseline

    found = read_baseline(repository)
    for problem in found.problems:
        raise UsageError(f"{repository / (problem.file or '')}: {problem.message}")
    return found


def _incomplete(report: SessionReport) -> list[str]:
    return sorted({task.specialist for task in report.tasks if task.status != "completed"})


def _visible(text: str) -> str:
    """On one line, without what a terminal would obey."""
    line = " ".join(text.split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
