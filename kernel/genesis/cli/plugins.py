"""`genesis plugins`: what is installed, in which state and why. Loads no plugin into itself."""

from __future__ import annotations

import click

from genesis.cli.options import home_option, json_option, plugins_option
from genesis.errors import UsageError


@click.group(invoke_without_command=True)
@home_option
@plugins_option
@json_option
@click.pass_context
def plugins(
    context: click.Context, home: str | None, plugins: str | None, *, as_json: bool
) -> None:
    """List plugins, or enable, disable and reset one."""
    if context.invoked_subcommand is None:
        context.invoke(list_command, home=home, plugins=plugins, as_json=as_json)
    elif home is not None or plugins is not None or as_json:
        raise click.UsageError(f"Write options after {context.invoked_subcommand!r}.")


@plugins.command("list")
@home_option
@plugins_option
@json_option
def list_command(
    home: str | None = None, plugins: str | None = None, *, as_json: bool = False
) -> None:
    """List every installed plugin with its state and the reason for it.

    The states come from a trial start in a process of its own, so that a plugin that cannot be
    imported, or ends the interpreter, cannot take this command along.
    """
    import json

    from genesis.home import find_home
    from genesis.host.probe import probe_plugins

    statuses = probe_plugins(find_home(home), plugins)
    if as_json:
        click.echo(json.dumps([s.model_dump(mode="json") for s in statuses], indent=2))
        return
    if not statuses:
        click.echo("No plugins are installed in this environment.")
    for status in statuses:
        at = f"at {status.step}: " if status.step and status.step != "select" else ""
        line = f"{status.id:<20} {status.version:<10} {status.state:<13} {at}{status.reason}"
        click.echo(line.rstrip())


@plugins.command()
@click.argument("plugin", metavar="ID")
@home_option
def enable(plugin: str, home: str | None) -> None:
    """Enable a plugin; takes effect at the next start."""
    from genesis.home import find_home
    from genesis.settings_file import set_disabled

    changed = set_disabled(find_home(home).settings_file, plugin, disabled=False)
    if not changed:
        _require_installed(plugin)
    click.echo(f"{plugin}: enabled from the next start on." if changed else
               f"{plugin} is not disabled.")  # fmt: skip


@plugins.command()
@click.argument("plugin", metavar="ID")
@home_option
def disable(plugin: str, home: str | None) -> None:
    """Disable a plugin: it will not even be imported, from the next start on."""
    from genesis.home import find_home
    from genesis.settings_file import set_disabled

    _require_installed(plugin)
    changed = set_disabled(find_home(home).settings_file, plugin, disabled=True)
    click.echo(f"{plugin}: disabled from the next start on." if changed else
               f"{plugin} is disabled already.")  # fmt: skip


@plugins.command()
@click.argument("plugin", metavar="ID")
@home_option
def reset(plugin: str, home: str | None) -> None:
    """Let a plugin out of quarantine; it catches up on what it missed."""
    from genesis.home import find_home
    from genesis.host.faults import lift_quarantine
    from genesis.storage.database import Database
    from genesis.storage.migrate import KERNEL_REVISIONS, migrate

    found = find_home(home)
    if not found.database.exists():
        raise UsageError(f"{found.root} holds no database: no plugin has run there.")
    database = Database(found.database)
    try:
        migrate(database, "kernel", KERNEL_REVISIONS)
        lifted = database.writer.write(lambda connection: lift_quarantine(connection, plugin))
    finally:
        database.close()
    if not lifted:
        raise UsageError(f"The plugin {plugin!r} is not in quarantine.")
    click.echo(f"{plugin}: out of quarantine from the next start on.")


def _require_installed(plugin: str) -> None:
    from genesis.host.discovery import discover

    installed = sorted({candidate.id for candidate in discover()})
    if plugin not in installed:
        raise UsageError(
            f"The plugin {plugin!r} is not installed. Installed are: "
            f"{', '.join(installed) or 'none'}."
        )
