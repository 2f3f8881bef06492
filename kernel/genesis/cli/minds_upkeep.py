"""`genesis minds prune`, `reindex`, `erase`, `delete`: keep minds in order."""

from __future__ import annotations

import click

from genesis.cli.options import home_option
from genesis.errors import UsageError


@click.command()
@click.argument("minds", metavar="[MIND]...", nargs=-1)
@click.option("--max-age-days", type=click.FloatRange(0), help="Delete older messages.")
@click.option("--max-count", type=click.IntRange(0), help="Keep only so many.")
@click.option("--keep-minimum", type=click.IntRange(0), help="Always keep so many of the newest.")
@home_option
def prune(
    minds: tuple[str, ...], max_age_days: float | None, max_count: int | None,
    keep_minimum: int | None, home: str | None,
) -> None:  # fmt: skip
    """Delete messages that are older, or more, than a mind is to keep.

    Without an option, each mind's own rule holds: `retention` in the `config` of its file. Without
    MIND, all minds are looked at.
    """
    from genesis.cli.opening import load_mind, open_store
    from genesis.minds.retention import RetentionPolicy
    from genesis.minds.retention import prune as prune_messages
    from genesis.storage.minds import list_minds

    given = {
        "max_age_days": max_age_days, "max_count": max_count, "keep_minimum": keep_minimum,
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value is not None}
    if given and given.keys() <= {"keep_minimum"}:
        raise UsageError("--keep-minimum needs --max-age-days or --max-count beside it.")
    store = open_store(home)
    for which in minds or [mind.gmid for mind in list_minds(store.database)]:
        mind = load_mind(home, which)
        policy = RetentionPolicy.model_validate(given) if given else mind.retention
        count = prune_messages(store.database, mind.gmid, policy)
        click.echo(f"{mind.gmid}  {mind.name}: {count} messages deleted")


@click.command()
@click.argument("mind")
@home_option
def reindex(mind: str, home: str | None) -> None:
    """Make the vectors of all memories with the current embedder, and build the index anew.

    Can be repeated when it was cut short, and goes on where it was.
    """
    from rich.console import Console
    from rich.progress import Progress

    from genesis.cli.opening import load_mind, open_store

    store = open_store(home)
    loaded = load_mind(home, mind)
    total = loaded.memory.get_memory_stats()["total_memories"]
    with Progress(console=Console(stderr=True), transient=True) as progress:
        embedding = progress.add_task("embedding", total=float(str(total)))
        made = loaded.memory.reindex(progress=lambda n: progress.update(embedding, completed=n))
        waiting = progress.add_task("indexing", total=float(str(total)))
        done = store.indexes.settle(
            loaded.gmid,
            timeout=3600,
            progress=lambda left: progress.update(waiting, completed=float(str(total)) - left),
        )
    state = "the index is complete" if done else "the index is still being built"
    click.echo(f"{loaded.gmid}  {loaded.name}: {made} vectors made; {state}")


@click.command()
@click.argument("mind")
@click.argument("memories", metavar="[MEMORY]...", nargs=-1)
@click.option("--user", metavar="EMAIL", help="Everything that is remembered about this user.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def erase(
    mind: str, memories: tuple[str, ...], user: str | None, home: str | None, *, yes: bool
) -> None:
    """Erase memories, so that neither text nor vector is left in any file of the home.

    Backups that were made before still hold them.
    """
    from genesis.cli.opening import load_mind

    if not memories and user is None:
        raise UsageError("Name the memories to erase, or a user with --user.")
    loaded = load_mind(home, mind)
    what = f"{len(memories)} memories" + (f" and all of {user}" if user else "")
    if not yes:
        click.confirm(f"Erase {what} of {loaded.name} for ever?", abort=True)
    count = loaded.memory.erase(memories, user_email=user)
    click.echo(f"{count} memories erased. Backups made before still hold them.")


@click.command()
@click.argument("mind")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def delete(mind: str, home: str | None, *, yes: bool) -> None:
    """Delete a mind with everything it keeps: its file, its messages, memories and concerns."""
    from genesis.cli.opening import load_mind, open_store
    from genesis.minds.deleting import delete_mind

    loaded = load_mind(home, mind)
    if not yes:
        click.confirm(
            f"Delete {loaded.name} ({loaded.gmid}) with all that it keeps, for ever? "
            "`genesis backup FILE` makes a copy first.",
            abort=True,
        )
    delete_mind(open_store(home), loaded.gmid)
    click.echo(f"{loaded.gmid}  {loaded.name} is deleted.")
