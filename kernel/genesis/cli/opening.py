"""Open what a command needs: a home that exists, one of its minds; and ask before what is final."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from genesis.errors import UsageError

if TYPE_CHECKING:
    from genesis.contracts.reports import SessionReport
    from genesis.home import Home
    from genesis.mind import Mind
    from genesis.minds.store import MindStore


def existing_home(home: str | None) -> Home:
    """A home that was used before. Raises UsageError for a folder that is none; makes nothing."""
    from genesis.home import find_home

    found = find_home(home)
    if found.database.is_file() or any(found.minds.glob("*.json")):
        return found
    raise UsageError(
        f"There is no home {found.root}. Go to the folder in which you ran genesis, name its "
        "home with --home, or make a mind with `genesis minds create NAME`."
    )


def open_store(home: str | None) -> MindStore:
    """The minds of a home that exists, open until the command ends. Raises UsageError."""
    from genesis.minds.store import shared_store

    return keep_open(shared_store(existing_home(home)))


def keep_open(store: MindStore) -> MindStore:
    """Keep a shared store open until the command ends: it closes with the last who holds it."""
    click.get_current_context().meta["genesis.store"] = store
    return store


def load_mind(home: str | None, which: str) -> Mind:
    """A mind by its GMID, its name or the path of its file. Raises UsageError."""
    from genesis.mind import Mind

    return Mind.load(which, store=open_store(home))


def read_report(home: str | None, session: str) -> SessionReport:
    """What a session of a home did and found, by its id, a part of it, or `latest`; no plugin is
    started. Raises UsageError and NotFoundError."""
    from genesis.sessions.reports import session_report
    from genesis.storage.database import Database
    from genesis.storage.migrate import KERNEL_REVISIONS, migrate
    from genesis.storage.records import read_judgement, read_session, read_tasks

    found = existing_home(home)
    database = Database(found.database)
    try:
        migrate(database, "kernel", KERNEL_REVISIONS)
        with database.read() as connection:
            record = read_session(connection, session)
            tasks = read_tasks(connection, record.id)
            judgement = read_judgement(connection, record.id)
    finally:
        database.close()
    return session_report(found, record, tasks, judgement)


def confirm(question: str) -> None:
    """Ask a person; raises click.Abort unless the answer is yes."""
    try:
        click.confirm(question, abort=True, err=True)
    except click.Abort:
        click.echo("Nothing was changed. `--yes` does not ask.", err=True)
        raise
