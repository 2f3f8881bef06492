"""`genesis service`: let the system start `genesis up`, and start it again after a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from genesis.cli.options import home_option, plugins_option
from genesis.cli.up import DEFAULT_PORT

if TYPE_CHECKING:
    from genesis.service.units import Unit


@click.group()
def service() -> None:
    """Run genesis as a service of your own account (systemd, or launchd on macOS)."""


@service.command()
@click.option("--port", type=click.IntRange(1, 65_535), default=DEFAULT_PORT, show_default=True)
@click.option("--print", "only_print", is_flag=True, help="Print the file; write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
@plugins_option
def install(
    port: int, home: str | None, plugins: str | None, *, only_print: bool, yes: bool
) -> None:
    """Write the service file for this home and this Python, and say what to type next."""
    from genesis.home import find_home
    from genesis.service.units import find_unit, write_unit

    unit = find_unit(find_home(home), port, plugins)
    if only_print:
        click.echo(unit.text, nl=False)
        return
    click.echo(f"{unit.path}:\n\n{unit.text}")
    _ask(f"Write it{' over the one that is there' if unit.path.exists() else ''}?", yes=yes)
    write_unit(unit)
    click.echo(f"Written: {unit.path}. Now type:\n")
    for command in unit.start:
        click.echo(f"  {command}")


@service.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def uninstall(home: str | None, *, yes: bool) -> None:
    """Remove the service file; the home stays."""
    from genesis.service.units import remove_unit

    unit = _unit(home)
    if not unit.path.exists():
        click.echo(f"No service is installed: there is no {unit.path}.")
        return
    _ask(f"Remove {unit.path}?", yes=yes)
    remove_unit(unit)
    click.echo(f"Removed: {unit.path}. What runs goes on until you type:\n")
    for command in unit.stop:
        click.echo(f"  {command}")


@service.command()
@home_option
def status(home: str | None) -> None:
    """Whether the service is installed, and whether `genesis up` runs for this home."""
    from genesis.home import find_home
    from genesis.service.instance import find_holder

    unit = _unit(home)
    click.echo(f"{'installed' if unit.path.exists() else 'not installed'}: {unit.path}")
    holder = find_holder(find_home(home))
    if holder is None:
        click.echo("not running")
    else:
        who = holder.instance
        click.echo(f"running: process {who.pid}, {who.url}" if who is not None else "running")


def _unit(home: str | None) -> Unit:
    from genesis.home import find_home
    from genesis.service.units import find_unit

    return find_unit(find_home(home), DEFAULT_PORT)


def _ask(question: str, *, yes: bool) -> None:
    from genesis.cli.opening import confirm

    if not yes:
        confirm(question)
