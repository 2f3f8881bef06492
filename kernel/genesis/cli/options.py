"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])


def home_option(command: Command) -> Command:
    """`--home`: the folder in which everything is kept."""
    return click.option(
        "--home",
        metavar="DIR",
        type=click.Path(),
        help="The home folder. Default: GENESIS_HOME, or .genesis in the working folder.",
    )(command)


def plugins_option(command: Command) -> Command:
    """`--plugins`: the chosen set."""
    return click.option(
        "--plugins",
        metavar="A,B",
        help="Use only these plugins. Default: GENESIS_PLUGINS, genesis.toml, all installed.",
    )(command)


def json_option(command: Command) -> Command:
    """`--json`: one document on stdout."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON document on stdout."
    )(command)
