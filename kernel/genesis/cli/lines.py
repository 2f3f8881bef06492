"""Lines for a person to read and a pipe to carry: nothing in them is obeyed by a terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import Progress

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_WIDTH = 10


def visible(text: str) -> str:
    """Text without what a terminal would obey; ends of lines and tabs stay."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def plain(text: str) -> str:
    """Text for Rich to print literally, without what a terminal would obey."""
    from rich.markup import escape

    return escape(visible(text))


def one_line(text: str) -> str:
    """Text on one line."""
    return visible(" ".join(text.split()))


def counted(number: int, what: str) -> str:
    """A number of things: "1 worker", "2 workers"."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def local_time(moment: str | None) -> str:
    """A timestamp of `genesis.clock` as the time of this machine, to the minute; "" for none."""
    from genesis.clock import local_minute

    return local_minute(moment) if moment else ""


def print_facts(facts: Mapping[str, str | None]) -> None:
    """Print a name and a value on each line; what is empty is left out."""
    for name, value in facts.items():
        if value:
            click.echo(f"{name:<{_WIDTH}} {one_line(value)}")


def progress_bars() -> Progress:
    """Bars on stderr, gone when they end; nothing at all where no terminal is."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)
