"""`genesis backup`, `restore` and `verify`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from genesis.cli.options import home_option, json_option


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@home_option
def backup(file: Path, home: str | None) -> None:
    """Write everything of a home into one FILE, also while it is in use.

    Vector indexes are left out; they are made again from the record.
    """
    from rich.console import Console
    from rich.progress import Progress

    from genesis.home import find_home
    from genesis.storage.backup import make_backup

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("backup")

        def show(name: str, done: int, total: int) -> None:
            progress.update(task, description=name, completed=done, total=total)

        manifest = make_backup(find_home(home), file, show)
    size = sum(entry.size for entry in manifest.files.values())
    click.echo(f"{file}: {len(manifest.files)} files, {size:,} bytes before compression")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Set aside what is in the home now.")
@home_option
def restore(file: Path, home: str | None, *, replace: bool) -> None:
    """Put a backup FILE into a home. What is there is set aside, never deleted."""
    from genesis.home import find_home
    from genesis.storage.backup import restore_backup

    found = find_home(home)
    restored = restore_backup(found, file, replace=replace)
    click.echo(f"{found.root}: as of {restored.manifest.created_at}")
    if restored.set_aside is not None:
        click.echo(f"What was there before is in {restored.set_aside}")


@click.command()
@click.option("--fix", is_flag=True, help="Make anew what can be made from the record.")
@home_option
@json_option
def verify(home: str | None, *, fix: bool, as_json: bool) -> None:
    """Check that database, mind files and vector indexes agree. Exit code 1 when they do not."""
    from genesis.cli.opening import open_store
    from genesis.cli.report import print_json
    from genesis.minds.verify import find_problems

    lines = []
    for problem in find_problems(open_store(home)):
        fixed = fix and problem.mend is not None
        if fixed and problem.mend is not None:
            problem.mend()
        lines.append({"what": problem.what, "message": problem.message, "fixed": fixed})
        if not as_json:
            way = "fixed" if fixed else ("--fix mends it" if problem.mend else "by hand")
            click.echo(f"{problem.what}: {problem.message} [{way}]")
    if as_json:
        print_json(lines)
    elif not lines:
        click.echo("Everything agrees.")
    if any(not line["fixed"] for line in lines):
        sys.exit(1)
