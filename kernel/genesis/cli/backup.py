"""`genesis backup`, `restore` and `verify`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from genesis.cli.options import home_option, json_option
from genesis.errors import GenesisError

if TYPE_CHECKING:
    from genesis.storage.upkeep import Problem


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@home_option
def backup(file: Path, home: str | None) -> None:
    """Write everything of a home into one FILE (a zip archive), also while it is in use.

    Vector indexes are left out; they are made again from the record. An existing FILE is never
    replaced.
    """
    from genesis.cli.lines import progress_bars
    from genesis.cli.opening import existing_home
    from genesis.storage.backup import make_backup

    found = existing_home(home)
    with progress_bars() as progress:
        task = progress.add_task("backup")

        def show(name: str, done: int, total: int) -> None:
            progress.update(task, description=name, completed=done, total=total)

        manifest = make_backup(found, file, show)
    size = sum(entry.size for entry in manifest.files.values())
    files = f"{len(manifest.files):,} files, {size:,} bytes"
    click.echo(f"{file}: {files} in {file.stat().st_size:,} bytes")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Set aside what is in the home now.")
@home_option
def restore(file: Path, home: str | None, *, replace: bool) -> None:
    """Put a backup FILE into a home. What is there is set aside, never deleted.

    Vector indexes are made again when a mind is next used, or at once by `genesis verify --fix`.
    """
    from genesis.cli.lines import local_time
    from genesis.home import find_home
    from genesis.storage.backup import restore_backup

    found = find_home(home)
    restored = restore_backup(found, file, replace=replace)
    files = f"{len(restored.manifest.files):,} files"
    click.echo(f"{found.root}: {files}, as of {local_time(restored.manifest.created_at)}")
    if restored.set_aside is not None:
        click.echo(f"What was there before is in {restored.set_aside}")


@click.command()
@click.option("--fix", is_flag=True, help="Make anew what can be made from the record.")
@home_option
@json_option
def verify(home: str | None, *, fix: bool, as_json: bool) -> None:
    """Check that database, mind files and vector indexes agree. Exit code 1 when they do not.

    With --fix, what is left afterwards needs a person: the message says what to do.
    """
    from genesis.cli.lines import one_line
    from genesis.cli.opening import open_store
    from genesis.cli.report import print_json
    from genesis.minds.verify import find_problems

    lines = []
    for problem in find_problems(open_store(home)):
        fixed, way = _mend(problem, fix=fix)
        lines.append({"what": problem.what, "message": problem.message, "fixed": fixed})
        if not as_json:
            click.echo(one_line(f"{problem.what}: {problem.message} [{way}]"))
    if as_json:
        print_json(lines)
    elif not lines:
        click.echo("Everything agrees.")
    if any(not line["fixed"] for line in lines):
        sys.exit(1)


def _mend(problem: Problem, *, fix: bool) -> tuple[bool, str]:
    """Mend a problem if that is wanted and possible; gives whether it is, and a word about it."""
    if problem.mend is None:
        return False, "by hand"
    if not fix:
        return False, "--fix mends it"
    try:
        problem.mend()
    except GenesisError as error:
        return False, f"not fixed: {error}"
    return True, "fixed"
