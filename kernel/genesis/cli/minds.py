"""`genesis minds`: make minds and look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from genesis.cli.minds_upkeep import delete, erase, prune, reindex
from genesis.cli.options import home_option, json_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from genesis.mind import Mind


@click.group()
def minds() -> None:
    """Make minds, look at them, keep them in order.

    MIND is a name, a GMID, or the path of a mind's file. Times are those of this machine.
    """


for command in (prune, reindex, erase, delete):
    minds.add_command(command)


@minds.command("create")
@click.argument("name")
@click.option("--creator", default="anonymous", show_default=True, help="Who makes it.")
@click.option("--purpose", help="What it is for.")
@click.option("--role", help="What it does.")
@home_option
@json_option
def create_command(
    name: str, creator: str, purpose: str | None, role: str | None, home: str | None, *,
    as_json: bool,
) -> None:  # fmt: skip
    """Make a mind, and a home if there is none; prints the mind's GMID."""
    from genesis.cli.opening import keep_open
    from genesis.cli.report import print_json
    from genesis.home import find_home
    from genesis.mind import Mind
    from genesis.minds.store import shared_store

    store = keep_open(shared_store(find_home(home)))
    mind = Mind.birth(
        name, creator=creator, primary_purpose=purpose, primary_role=role, store=store
    )
    if as_json:
        print_json({"gmid": mind.gmid, "name": mind.name, "file": str(mind.path)})
    else:
        click.echo(mind.gmid)


@minds.command("list")
@home_option
@json_option
def list_command(home: str | None, *, as_json: bool) -> None:
    """List the minds of the home, oldest first."""
    from dataclasses import asdict

    from genesis.cli.lines import one_line
    from genesis.cli.opening import open_store
    from genesis.cli.report import print_json
    from genesis.storage.minds import list_minds

    store = open_store(home)
    found = list_minds(store.database)
    if as_json:
        print_json([asdict(mind) for mind in found])
        return
    if not found:
        click.echo("No minds yet. `genesis minds create NAME` makes one.", err=True)
    for mind in found:
        told = f"{mind.name}: {mind.primary_purpose}" if mind.primary_purpose else mind.name
        click.echo(f"{mind.gmid:<18}  {mind.status:<8}  {one_line(told)}")


@minds.command("show")
@click.argument("mind")
@home_option
@json_option
def show_command(mind: str, home: str | None, *, as_json: bool) -> None:
    """Show who a mind is, how it feels, and how much it keeps."""
    from genesis.cli.lines import print_facts
    from genesis.cli.opening import load_mind
    from genesis.cli.report import print_json

    loaded = load_mind(home, mind)
    if as_json:
        print_json(_description(loaded))
    else:
        print_facts(_facts(loaded))


def _description(mind: Mind) -> dict[str, JsonValue]:
    from genesis.clock import utc_now

    who, state = mind.identity, mind.emotional_state.at(utc_now())
    kept = mind.memory.get_memory_stats()
    return {
        "gmid": mind.gmid,
        "name": mind.name,
        "status": str(who.status),
        "born": who.birth_timestamp,
        "creator": who.creator,
        "purpose": who.primary_purpose,
        "role": who.primary_role,
        "feeling": {"emotion": str(state.felt), "intensity": round(state.intensity, 2)},
        "messages": {**mind.conversation.get_stats()},
        "memories": {
            key: kept[key] for key in ("total_memories", "archived", "without_vector", "embedder")
        },
        "concerns": {**mind.concerns.stats()},
        "open_tasks": len(mind.background.get_active_tasks()),
        "file": str(mind.path),
        "file_bytes": mind.path.stat().st_size,
    }


def _facts(mind: Mind) -> dict[str, str | None]:
    """The same for a person."""
    from genesis.cli.lines import local_time
    from genesis.clock import utc_now
    from genesis.minds.mind_file import MOST_BYTES

    who, state = mind.identity, mind.emotional_state.at(utc_now())
    kept, talk = mind.memory.get_memory_stats(), mind.conversation.get_stats()
    concerns = [f"{count:,} {status}" for status, count in mind.concerns.stats().items() if count]
    messages = f"{talk['total_messages']:,}"
    if talk["total_messages"]:
        first, last = (
            local_time(str(talk[which])) for which in ("oldest_message", "newest_message")
        )
        messages += f" ({talk['user_messages']:,} by users), {first} to {last}"
    memories = f"{kept['total_memories']:,}"
    if kept["archived"]:
        memories += f", {kept['archived']:,} of them archived"
    if kept["without_vector"]:
        memories += f"; {kept['without_vector']:,} cannot be found by meaning before a reindex"
    return {
        "name": f"{mind.name} ({who.status})",
        "gmid": mind.gmid,
        "born": f"{local_time(who.birth_timestamp)}, made by {who.creator}",
        "purpose": who.primary_purpose,
        "role": who.primary_role,
        "feeling": f"{state.felt}, {state.intensity:.0%}",
        "messages": messages,
        "memories": memories,
        "concerns": ", ".join(concerns) or "0",
        "tasks": f"{len(mind.background.get_active_tasks()):,} open",
        "file": f"{mind.path} ({mind.path.stat().st_size:,} of at most {MOST_BYTES:,} bytes)",
    }


@minds.command("messages")
@click.argument("mind")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.option("--before", type=int, metavar="ID", help="The page that ends before this message.")
@click.option("--search", metavar="WORDS", help="Only messages that hold all of these words.")
@click.option("--user", metavar="EMAIL", help="Only those with this user.")
@click.option("--role", help="Only those of user, assistant, system or tool.")
@click.option("--since", metavar="TIME", help="Such as 2026-11-22 or 2026-11-22T08:00.")
@click.option("--until", metavar="TIME", help="Up to then, exclusive.")
@home_option
@json_option
def messages_command(
    mind: str, limit: int, before: int | None, search: str | None, user: str | None,
    role: str | None, since: str | None, until: str | None, home: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Read a conversation: its newest messages, oldest of them first."""
    from genesis.cli.opening import load_mind
    from genesis.cli.report import print_json
    from genesis.errors import UsageError

    if before is not None and (since or until or search is not None):
        raise UsageError("--before cannot be combined with --search, --since or --until.")
    talk = load_mind(home, mind).conversation
    if search is not None:
        found = talk.search_messages(search, limit, user, None, role, since, until)[::-1]
    elif before is not None:
        found = talk.get_messages_before(before, limit, user, None, role)
    else:
        found = talk.get_messages(since, until, user, None, role, limit)
    if as_json:
        print_json(found)
        return
    for message in found:
        _print_message(message)
    if not found:
        click.echo("No messages.", err=True)
    elif len(found) == limit and not (search or since or until):
        click.echo(f"The page before: --before {found[0]['id']}", err=True)


def _print_message(message: Mapping[str, object]) -> None:
    from genesis.cli.lines import local_time, one_line, visible

    role, user = str(message["role"]), message["user_email"]
    who = str(user) if role == "user" and user else role
    text = visible(str(message["content"])).replace("\n", "\n    ")
    click.echo(f"{message['id']}  {local_time(str(message['timestamp']))}  {one_line(who)}: {text}")


@minds.command("recall")
@click.argument("mind")
@click.argument("query")
@click.option("--limit", default=5, show_default=True, type=click.IntRange(1, 1000))
@click.option("--user", metavar="EMAIL", help="Who asks: gives what this user may know.")
@click.option("--type", "kind", help="episodic, semantic, procedural, prospective or working.")
@home_option
@json_option
def recall_command(
    mind: str, query: str, limit: int, user: str | None, kind: str | None, home: str | None, *,
    as_json: bool,
) -> None:  # fmt: skip
    """Find memories by what they mean, the nearest first.

    Each line has the similarity (1 is the same), the type and the id.
    """
    from genesis.cli.lines import one_line
    from genesis.cli.opening import load_mind
    from genesis.cli.report import print_json

    loaded = load_mind(home, mind)
    found = loaded.memory.search_memories(query, kind, limit, user_email=user)
    if as_json:
        print_json([memory.to_dict() for memory in found])
        return
    for memory in found:
        score = f"{memory.score:.2f}"
        click.echo(f"{score}  {memory.type:<11}  {memory.id}  {one_line(memory.content)}")
    if not found:
        click.echo("Nothing is remembered that may be told.", err=True)


@minds.command("remember")
@click.argument("mind")
@click.argument("text")
@click.option(
    "--type",
    "kind",
    default="semantic",
    show_default=True,
    help="episodic, semantic, procedural, prospective or working.",
)
@click.option("--importance", default=0.5, show_default=True, type=click.FloatRange(0, 1))
@click.option("--tag", "tags", multiple=True, help="Can be given several times.")
@click.option("--user", metavar="EMAIL", help="Whom it is about; nobody else is told.")
@home_option
def remember_command(
    mind: str, text: str, kind: str, importance: float, tags: tuple[str, ...], user: str | None,
    home: str | None,
) -> None:  # fmt: skip
    """Let a mind remember something; prints the memory's id."""
    from genesis.cli.opening import load_mind

    loaded = load_mind(home, mind)
    memory = loaded.memory.add_memory(
        text, kind, importance=importance, tags=list(tags), user_email=user,
        relationship_context="personal" if user else None,
    )  # fmt: skip
    click.echo(memory.id)


@minds.command("concerns")
@click.argument("mind")
@click.option("--status", default="active", show_default=True, help="Or monitoring, resolved.")
@click.option("--due", is_flag=True, help="Only what is to be looked at now, of any open status.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@home_option
@json_option
def concerns_command(
    mind: str, status: str, limit: int, home: str | None, *, due: bool, as_json: bool
) -> None:
    """List what a mind is concerned about, with the time of the next look at it."""
    from dataclasses import asdict

    from genesis.cli.lines import local_time, one_line
    from genesis.cli.opening import load_mind
    from genesis.cli.report import print_json

    concerns = load_mind(home, mind).concerns
    found = concerns.due(limit=limit) if due else concerns.by_status(status, limit=limit)
    if as_json:
        print_json([asdict(concern) for concern in found])
        return
    width = max((len(one.concern_id) for one in found), default=0)
    for one in found:
        at = local_time(one.next_check_at) or "not set"
        about = f"{one.priority:<6}  {one.concern_type:<12}  {one_line(one.content)}"
        click.echo(f"{one.concern_id:<{width}}  {at:<16}  {about}")
    if not found:
        click.echo("No concerns.", err=True)
