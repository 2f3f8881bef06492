"""`genesis import`: bring the data of older systems into a home."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from genesis.cli.options import home_option, json_option
from genesis.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from genesis.home import Home
    from genesis.importing.report import ImportReport, Reasons

EXIT_INCOMPLETE = 1
_MOST_LEFT = 20


@click.command("import")
@click.argument("path", type=click.Path(), required=False)
@click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")
@click.option(
    "--in-place",
    is_flag=True,
    help="PATH is this home itself: first move what the older program left aside.",
)
@click.option("--waiting", is_flag=True, help="List rows that wait for a plugin, and end.")
@home_option
@json_option
@click.pass_context
def import_command(
    context: click.Context,
    path: str | None,
    home: str | None,
    *,
    dry_run: bool,
    in_place: bool,
    waiting: bool,
    as_json: bool,
) -> None:
    """Bring the data of an older system into the home.

    PATH is a home of genesis-minds 0.1 (`.genesis`) or one mind's file of it, a folder of
    be-agents-service (`.compound-state`), or a folder with these in it. Nothing at PATH is
    changed. Each row is taken once, however often this is run.

    Ends with 0 when everything is in the home, 1 when rows were skipped or a source could not be
    read, 2 when there is nothing to import.
    """
    from rich.console import Console

    from genesis.home import find_home

    found = find_home(home)
    console = Console(highlight=False)
    if waiting:
        _print_waiting(console, found, as_json=as_json)
        return
    if path is None:
        raise UsageError("Name what is to be imported: `genesis import PATH`.")
    report = run_import(Path(path), found, dry_run=dry_run, in_place=in_place)
    if as_json:
        from genesis.cli.report import print_json

        print_json(report.document())
    else:
        print_import(console, report)
    if not report.is_complete:
        context.exit(EXIT_INCOMPLETE)


def run_import(path: Path, home: Home, *, dry_run: bool, in_place: bool) -> ImportReport:
    """Import with progress on stderr. Raises what `import_from` and `move_aside` raise."""
    from contextlib import closing

    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TextColumn

    from genesis.importing.in_place import move_aside
    from genesis.importing.running import find_sources, import_from
    from genesis.settings import load_kernel_settings, read_settings_file
    from genesis.storage.database import Database
    from genesis.storage.migrate import KERNEL_REVISIONS, migrate

    stderr = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}", markup=False), MofNCompleteColumn())
    with Progress(*columns, console=stderr, transient=True) as display:
        task = display.add_task("looking", total=None)

        def progress(what: str, done: int, total: int) -> None:
            display.update(task, description=what, completed=done, total=total or None)

        if dry_run:
            return import_from(path, home, None, dry_run=True, progress=progress)
        settings = load_kernel_settings(home.settings_file, read_settings_file(home.settings_file))
        if in_place:
            move_aside(home)
        # Before a home is made, or a database of the older program is opened as one of ours.
        find_sources(path, home)
        home.prepare()
        database = Database(home.database, durability=settings.durability)
        with closing(database):
            migrate(database, "kernel", KERNEL_REVISIONS)
            return import_from(path, home, database, progress=progress)


def print_import(console: Console, report: ImportReport) -> None:
    """The report as a person reads it."""
    from rich.table import Table

    from genesis.cli.lines import plain

    table = Table("kind", "found", "imported", "there already", "skipped", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, kind in report.kinds.items():
        numbers = (kind.found, kind.imported, kind.present, kind.skipped)
        table.add_row(plain(name), *(f"{number:,}" for number in numbers))
    console.print(table)
    for name, kind in report.kinds.items():
        _print_reasons(console, f"skipped {name}", kind.skipped_because)
        _print_reasons(console, f"changed {name}", kind.changed_because)
    for fault in report.faults:
        console.print(plain(f"not read: {fault}"), soft_wrap=True, style="red")
    _print_left(console, report)
    if report.row_log is not None:
        console.print(
            plain(f"every row that was skipped or changed: {report.row_log}"), soft_wrap=True
        )
    memories = report.kinds.get("memory")
    if memories is not None and memories.imported and not report.dry_run:
        console.print("memories can be searched once `genesis minds reindex MIND` has run for each")
    done = "would be imported" if report.dry_run else "imported"
    console.print(plain(f"{report.imported:,} rows {done} into {report.home}"), soft_wrap=True)


def _print_reasons(console: Console, title: str, reasons: Reasons) -> None:
    from genesis.cli.lines import plain

    for reason, count in reasons.counts.most_common():
        samples = ", ".join(reasons.samples[reason])
        console.print(plain(f"{title}: {count:,} x {reason} ({samples})"), soft_wrap=True)


def _print_left(console: Console, report: ImportReport) -> None:
    from genesis.cli.lines import plain

    for left in report.left[:_MOST_LEFT]:
        rows = "" if left.rows is None else f" ({left.rows:,} rows)"
        console.print(plain(f"not taken: {left.what}{rows} {left.reason}"), soft_wrap=True)
    if len(report.left) > _MOST_LEFT:
        console.print(f"not taken: {len(report.left) - _MOST_LEFT} more; --json names them")
    if report.secrets:
        console.print(plain(f"secrets left out: {', '.join(report.secrets)}"), soft_wrap=True)


def _print_waiting(console: Console, home: Home, *, as_json: bool) -> None:
    from dataclasses import asdict

    from genesis.cli.lines import plain
    from genesis.cli.report import print_json
    from genesis.importing.waiting import list_waiting

    tables = list_waiting(home)
    if as_json:
        print_json([asdict(table) for table in tables])
        return
    if not tables:
        console.print("Nothing waits for a plugin.")
    for table in tables:
        console.print(
            plain(f"{table.table}: {table.rows:,} rows wait for the plugin {table.plugin}")
        )
