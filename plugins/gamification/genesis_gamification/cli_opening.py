"""What the commands share: the plugin of a home, up to date; lines and JSON documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from genesis.commands import open_plugin

if TYPE_CHECKING:
    from genesis_gamification.plugin import GamificationPlugin

_SECONDS = 5.0


@contextmanager
def opened(home: str | None) -> Iterator[GamificationPlugin]:
    """The plugin of a home that exists. Raises UsageError."""
    from genesis_gamification.plugin import GamificationPlugin

    with open_plugin(GamificationPlugin, home) as plugin:
        yield plugin


@contextmanager
def shown(home: str | None) -> Iterator[GamificationPlugin]:
    """The plugin for a command that shows what agents have earned; reads first what has happened
    since, for at most some seconds. Raises UsageError, and ConflictError when it is hidden."""
    with opened(home) as plugin:
        plugin.context.settings.require_visible()
        plugin.engine.pull(seconds=_SECONDS)
        if behind := events_behind(plugin):
            click.echo(
                f"{behind:,} events are not counted yet: `genesis gamification catch-up`.", err=True
            )
        yield plugin


def events_behind(plugin: GamificationPlugin) -> int:
    """How many ids the log is ahead of what was read of it."""
    from sqlalchemy import text

    query = text(
        "SELECT COALESCE((SELECT MAX(id) FROM events), 0) - checkpoint FROM gamification_state"
    )
    with plugin.context.read() as connection:
        return max(int(connection.execute(query).scalar_one()), 0)


def session_named(plugin: GamificationPlugin, name: str) -> str:
    """The id of the newest session for `latest`; any other name as it is."""
    from sqlalchemy import text

    if name != "latest":
        return name
    with plugin.context.read() as connection:
        newest = connection.execute(text("SELECT MAX(id) FROM sessions")).scalar_one()
    return name if newest is None else str(newest)


def visible(text: str) -> str:
    """Text without what a terminal would obey, or what would begin another line."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def print_json(document: object) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
