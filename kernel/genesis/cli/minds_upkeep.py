"""`genesis minds prune`, `reindex`, `erase`, `delete`: keep minds in order."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from genesis.cli.options import home_option
from genesis.errors import GenesisError, UsageError

if TYPE_CHECKING:
    from genesis.minds.retention import RetentionPolicy
    from genesis.minds.store import MindStore

_INDEX_SECONDS = 3600.0


@click.command()
@click.argument("minds", metavar="[MIND]...", nargs=-1)
@click.option("--max-age-days", type=float, metavar="DAYS", help="Delete older messages.")
@click.option("--max-count", type=int, metavar="N", help="Keep only so many.")
@click.option(
    "--keep-minimum", type=int, metavar="N",
    help="Always keep so many of the newest. Default: 100.",
)  # fmt: skip
@home_option
def prune(
    minds: tuple[str, ...], max_age_days: float | None, max_count: int | None,
    keep_minimum: int | None, home: str | None,
) -> None:  # fmt: skip
    """Delete messages that are older, or more, than a mind is to keep.

    Without an option, each mind's own rule holds: `retention` in the `config` of its file. Without
    MIND, all minds are looked at.
    """
    from genesis.cli.opening import open_store
    from genesis.storage.minds import list_minds

    policy = _given_policy(max_age_days, max_count, keep_minimum)
    store = open_store(home)
    code = 0
    for which in minds or [mind.gmid for mind in list_minds(store.database)]:
        try:
            _prune(store, which, policy)
        except GenesisError as error:
            if len(minds) == 1:
                raise
            # The others are pruned all the same.
            click.echo(f"genesis: {error}", err=True)
            code = error.exit_code
    if code:
        sys.exit(code)


def _given_policy(
    max_age_days: float | None, max_count: int | None, keep_minimum: int | None
) -> RetentionPolicy | None:
    from pydantic import ValidationError

    from genesis.minds.retention import RetentionPolicy

    given = {
        "max_age_days": max_age_days, "max_count": max_count, "keep_minimum": keep_minimum,
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value is not None}
    if given.keys() == {"keep_minimum"}:
        raise UsageError("--keep-minimum needs --max-age-days or --max-count beside it.")
    try:
        return RetentionPolicy.model_validate(given) if given else None
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise UsageError(f"--{option}: {first['msg']}.") from None


def _prune(store: MindStore, which: str, policy: RetentionPolicy | None) -> None:
    from genesis.mind import Mind

    mind = Mind.load(which, store=store)
    rule = policy or mind.retention
    if not rule.is_set:
        click.echo(f"{mind.gmid}  {mind.name}: has no rule, keeps every message")
        return
    count = mind.conversation.prune(rule)
    click.echo(f"{mind.gmid}  {mind.name}: messages deleted: {count:,}")


@click.command()
@click.argument("mind")
@home_option
def reindex(mind: str, home: str | None) -> None:
    """Make the vectors of all memories with the current embedder, and build the index anew.

    Can be repeated when it was cut short, and goes on where it was.
    """
    from genesis.cli.lines import progress_bars
    from genesis.cli.opening import load_mind, open_store

    store = open_store(home)
    loaded = load_mind(home, mind)
    total = float(str(loaded.memory.get_memory_stats()["total_memories"]))
    with progress_bars() as progress:
        embedding = progress.add_task("embedding", total=total)
        made = loaded.memory.reindex(progress=lambda n: progress.update(embedding, completed=n))
        waiting = progress.add_task("indexing", total=total)
        done = store.indexes.settle(
            loaded.gmid,
            timeout=_INDEX_SECONDS,
            progress=lambda left: progress.update(waiting, completed=total - left),
        )
    state = "the index is complete" if done else "the index is still being built"
    click.echo(f"{loaded.gmid}  {loaded.name}: vectors made: {made:,}; {state}")


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

    MEMORY is an id, as `genesis minds recall` prints it. Backups that were made before still hold
    what is erased.
    """
    from genesis.cli.opening import confirm, load_mind

    if not memories and user is None:
        raise UsageError("Name the memories to erase, or a user with --user.")
    loaded = load_mind(home, mind)
    for name in memories:
        if loaded.memory.get_memory(name) is None:
            raise UsageError(
                f"{loaded.name} has no memory {name!r}; nothing was erased. "
                "`genesis minds recall` prints the ids of memories."
            )
    named = [f"{len(memories):,} named memories"] if memories else []
    about = [f"everything about {user}"] if user is not None else []
    if not yes:
        confirm(f"Erase {' and '.join(named + about)} from {loaded.name} for ever?")
    count = loaded.memory.erase(memories, user_email=user)
    click.echo(f"Memories erased: {count:,}. Backups made before still hold them.")


@click.command()
@click.argument("mind")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def delete(mind: str, home: str | None, *, yes: bool) -> None:
    """Delete a mind with everything it keeps: its file, its messages, memories and concerns.

    Also one whose file is damaged or gone. Backups that were made before still hold it.
    """
    from genesis.cli.opening import confirm, open_store
    from genesis.minds.deleting import delete_mind
    from genesis.minds.finding import find_mind_file
    from genesis.minds.identity import parse_gmid
    from genesis.storage.minds import find_minds

    store = open_store(home)
    path = find_mind_file(store, mind)
    gmid = parse_gmid(path.stem)
    if path.absolute().parent != store.home.minds:
        raise UsageError(f"{path} is not in {store.home.minds}. Name the mind by its GMID.")
    name = next((known.name for known in find_minds(store.database, gmid)), "a mind")
    if not yes:
        confirm(
            f"Delete {name} ({gmid}) with all that it keeps, for ever? "
            "(`genesis backup FILE` makes a copy first.)"
        )
    delete_mind(store, gmid)
    click.echo(f"{gmid}  {name} is deleted. Backups made before still hold it.")
