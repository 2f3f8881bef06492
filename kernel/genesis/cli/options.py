"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

SEVERITIES = ("high", "medium", "low", "info")
"""As in `Severity`, whose import would take longer than all help."""
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


def report_options(command: Command) -> Command:
    """`--format` and `--fail-on`: how a session's report is written, and when it is a failure."""
    shown = click.option(
        "--format",
        "format_name",
        metavar="NAME",
        help="How to write the report: text, json, or a format of a plugin, such as markdown, "
        "html, sarif or junit. Default: text.",
    )
    threshold = click.option(
        "--fail-on",
        type=click.Choice(SEVERITIES),
        help="End with exit code 1 when there is a finding of this severity or a higher one.",
    )
    return shown(threshold(command))
