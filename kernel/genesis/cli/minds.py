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

    MIND is a name or a GMID.
    """


for command in (prune, reindex, erase, delete):
    minds.add_command(command)


@minds.command("create")
@click.argument("name")
@click.option("--creator", default="anonymous", help="Who makes it.")
@click.option("--purpose", help="What it is for.")
@click.option("--role", help="What it does.")
@home_option
@json_option
def create_command(
    name: str, creator: str, purpose: str | None, role: str | None, home: str | None, *,
    as_json: bool,
) -> None:  # fmt: skip
    """Make a mind; prints its GMID."""
    from genesis.cli.report import print_json
    from genesis.home import find_home
    from genesis.mind import Mind
    from genesis.minds.store import shared_store

    mind = Mind.birth(
        name, creator=creator, primary_purpose=purpose, primary_role=role,
        store=shared_store(find_home(home)),
    )  # fmt: skip
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

    from genesis.cli.opening import open_store
    from genesis.cli.report import print_json
    from genesis.storage.minds import list_minds

    found = list_minds(open_store(home).database)
    if as_json:
        print_json([asdict(mind) for mind in found])
        return
    if not found:
        click.echo("No minds yet. `genesis minds create NAME` makes one.")
    for mind in found:
        click.echo(f"{mind.gmid}  {mind.status:<8}  {mind.name}")


@minds.command("show")
@click.argument("mind")
@home_option
@json_option
def show_command(mind: str, home: str | None, *, as_json: bool) -> None:
    """Show who a mind is, how it feels, and how much it keeps."""
    from genesis.cli.opening import load_mind
    from genesis.cli.report import plain, print_json

    document = _description(load_mind(home, mind))
    if as_json:
        print_json(document)
        return
    for name, value in document.items():
        facts = value if isinstance(value, dict) else {"": value}
        told = ", ".join(f"{key} {item}".strip() for key, item in facts.items() if item is not None)
        click.echo(f"{name:<14} {plain(told)}")


def _description(mind: Mind) -> dict[str, JsonValue]:
    from genesis.clock import utc_now

    state = mind.emotional_state.at(utc_now())
    stats = mind.memory.get_memory_stats()
    memories = {key: stats[key] for key in ("total_memories", "archived", "without_vector")}
    return {
        "gmid": mind.gmid,
        "name": mind.name,
        "born": mind.identity.birth_timestamp,
        "purpose": mind.identity.primary_purpose,
        "feeling": {"": str(state.felt), "intensity": round(state.intensity, 2)},
        "messages": {**mind.conversation.get_stats()},
        "memories": {**memories, "embedder": stats["embedder"]},
        "concerns": {**mind.concerns.stats()},
        "file": str(mind.path),
        "file_bytes": mind.path.stat().st_size,
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

    talk = load_mind(home, mind).conversation
    if search is not None:
        found = talk.search_messages(search, limit, user, None, role, since, until)[::-1]
    elif before is not None:
        if since or until:
            raise UsageError("--before cannot be combined with --since or --until.")
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


def _print_message(message: Mapping[str, object]) -> None:
    from genesis.cli.report import plain

    who = message["user_email"] if message["role"] == "user" else None
    head = f"{message['id']:>6}  {str(message['timestamp'])[:16]}  {who or message['role']}: "
    click.echo(head + plain(str(message["content"])))


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
    """Find memories by what they mean, the nearest first."""
    from genesis.cli.opening import load_mind
    from genesis.cli.report import plain, print_json

    found = load_mind(home, mind).memory.search_memories(query, kind, limit, user_email=user)
    if as_json:
        print_json([memory.to_dict() for memory in found])
        return
    for memory in found:
        click.echo(f"{memory.score:.2f}  {memory.type}  {memory.id}  {plain(memory.content)}")
    if not found:
        click.echo("Nothing is remembered that may be told.", err=True)


@minds.command("remember")
@click.argument("mind")
@click.argument("text")
@click.option("--type", "kind", default="semantic", show_default=True)
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

    memory = load_mind(home, mind).memory.add_memory(
        text, kind, importance=importance, tags=list(tags), user_email=user,
        relationship_context="personal" if user else None,
    )  # fmt: skip
    click.echo(memory.id)


@minds.command("concerns")
@click.argument("mind")
@click.option("--status", default="active", help="active, monitoring or resolved.")
@click.option("--due", is_flag=True, help="Only what is to be looked at now.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@home_option
@json_option
def concerns_command(
    mind: str, status: str, limit: int, home: str | None, *, due: bool, as_json: bool
) -> None:
    """List what a mind is concerned about."""
    from dataclasses import asdict

    from genesis.cli.opening import load_mind
    from genesis.cli.report import plain, print_json

    concerns = load_mind(home, mind).concerns
    found = concerns.due(limit=limit) if due else concerns.by_status(status, limit=limit)
    if as_json:
        print_json([asdict(concern) for concern in found])
        return
    for one in found:
        at = (one.next_check_at or "no date")[:16]
        click.echo(f"{one.concern_id}  {at:<16}  {one.concern_type:<12}  {plain(one.content)}")
    if not found:
        click.echo("No concerns.", err=True)
