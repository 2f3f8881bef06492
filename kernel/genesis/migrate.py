"""`python -m genesis.migrate`: bring `.genesis` of the working folder to this release's tables.

What an older program left in that home is moved into `genesis-minds-0.1/` in it, unchanged, and
imported from there; `genesis import` says more. It can be run again: what is there is not taken
twice.
"""

from __future__ import annotations

import sys

import click

from genesis.cli.importing import EXIT_INCOMPLETE, print_import, run_import
from genesis.cli.options import home_option
from genesis.errors import GenesisError
from genesis.home import Home, find_home
from genesis.importing.recognise import recognise


def migrate_home(home: Home) -> bool:
    """Create or update the tables and import what there is; prints what it does. False when
    something could not be taken."""
    from contextlib import closing

    from rich.console import Console

    from genesis.importing.in_place import is_own_database
    from genesis.storage.database import Database
    from genesis.storage.migrate import KERNEL_REVISIONS, migrate, newest_revision

    complete = True
    had_tables = is_own_database(home.database)
    if recognise(home.root, home.root).sources:
        report = run_import(home.root, home, dry_run=False, in_place=True)
        print_import(Console(highlight=False), report)
        complete = report.is_complete
    else:
        home.prepare()
        with closing(Database(home.database)) as database:
            migrate(database, "kernel", KERNEL_REVISIONS)
        click.echo("Nothing of an older program is in this home.")
    state = "are up to date" if had_tables else "were created"
    click.echo(
        f"The tables of {home.database} {state} (revision {newest_revision(KERNEL_REVISIONS)})."
    )
    return complete


@click.command()
@home_option
@click.pass_context
def main(context: click.Context, home: str | None) -> None:
    """Bring a home of an older program to this release. Nothing is lost: what it left is moved to
    `genesis-minds-0.1/` in the home and imported from there."""
    try:
        complete = migrate_home(find_home(home))
    except GenesisError as error:
        click.echo(f"genesis: {error}", err=True)
        context.exit(error.exit_code)
    if not complete:
        context.exit(EXIT_INCOMPLETE)


if __name__ == "__main__":
    sys.exit(main())
