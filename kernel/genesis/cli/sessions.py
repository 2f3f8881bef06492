"""`genesis sessions` and `genesis cancel`: look at sessions, end one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from genesis.cli.options import home_option, json_option, report_options
from genesis.errors import UsageError

if TYPE_CHECKING:
    from genesis.home import Home
    from genesis.storage.database import Database


@click.group()
def sessions() -> None:
    """List sessions, or show one."""


@sessions.command("list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.option("--before", metavar="ID", help="Only sessions older than this one: the next page.")
@home_option
@json_option
def list_command(limit: int, before: str | None, home: str | None, *, as_json: bool) -> None:
    """List sessions, newest first."""
    from genesis.cli.report import print_json, session_document, state_of
    from genesis.storage.records import list_sessions, read_session

    opened, database = _open(home)
    try:
        with database.read() as connection:
            oldest = read_session(connection, before).id if before is not None else None
            found = list_sessions(connection, limit, oldest)
    finally:
        database.close()
    if as_json:
        documents = [session_document(session, []) for session in found]
        for document in documents:
            del document["tasks"], document["judgement"]
        print_json(documents)
        return
    if not found:
        click.echo('No sessions yet. `genesis run "nightly review" --repo PATH` makes one.')
    for session in found:
        seconds = f"{session.duration_seconds:.1f} s" if session.duration_seconds else ""
        state = state_of(opened, session)
        click.echo(f"{session.id}  {state:<11} {seconds:>9}  {session.goal}  {session.repository}")


@sessions.command("show")
@click.argument("session_id", metavar="[ID]", default="latest")
@home_option
@report_options
@json_option
def show_command(
    session_id: str,
    home: str | None,
    format_name: str | None,
    fail_on: str | None,
    *,
    as_json: bool,
) -> None:
    """Show one session: what was done and found. ID may be a part of an id, or `latest`."""
    from genesis.cli.report import state_of
    from genesis.cli.report_formats import chosen_format, print_as, reaches
    from genesis.storage.records import read_judgement, read_session, read_tasks

    shown = chosen_format(format_name, as_json=as_json)
    opened, database = _open(home)
    try:
        with database.read() as connection:
            session = read_session(connection, session_id)
            tasks = read_tasks(connection, session.id)
            judgement = read_judgement(connection, session.id)
    finally:
        database.close()
    state = state_of(opened, session)
    print_as(shown, opened, session, tasks, judgement, state)
    if shown == "text" and state in ("waiting", "interrupted"):
        click.echo(
            f"`genesis up` works on it; without it, `genesis run --resume {session.id}`.",
            err=True,
        )
    if reaches(tasks, judgement, fail_on):
        sys.exit(1)


@click.command()
@click.argument("session_id", metavar="ID")
@home_option
def cancel(session_id: str, home: str | None) -> None:
    """Cancel a session, also one that another process works on.

    What is finished stays finished, and `genesis run --resume ID` goes on with the rest.
    """
    from genesis.contracts.work import Status
    from genesis.home import is_owner_alive
    from genesis.sessions.cancelling import cancel_ownerless
    from genesis.storage.records import read_session
    from genesis.storage.sessions import cancel_tasks

    opened, database = _open(home)
    try:
        with database.read() as connection:
            session = read_session(connection, session_id)
        if session.completed_at is not None:
            raise UsageError(f"{session.id} is {session.status} already.")
        reason = f"cancelled with `genesis cancel`; `genesis run --resume {session.id}` goes on"
        if session.owner is not None and is_owner_alive(opened, session.owner):
            database.writer.write(lambda c: cancel_tasks(c, session.id, reason))
            click.echo(f"{session.id}: its process was asked to cancel it.")
        else:
            cancel_ownerless(database, session.id, reason)
            click.echo(f"{session.id}: {Status.CANCELLED}.")
    finally:
        database.close()


def _open(home: str | None) -> tuple[Home, Database]:
    """The database of a home that exists, without loading any plugin."""
    from genesis.home import find_home
    from genesis.storage.database import Database
    from genesis.storage.migrate import KERNEL_REVISIONS, migrate

    found = find_home(home)
    if not found.database.exists():
        raise UsageError(
            f"{found.root} holds no sessions. Go to the folder in which you ran genesis, or name "
            "its home with --home."
        )
    database = Database(found.database)
    migrate(database, "kernel", KERNEL_REVISIONS)
    return found, database
