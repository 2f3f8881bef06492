"""Commands that plugins add to `genesis`: found by metadata, imported when one is called.

An entry point in the group `genesis.commands` is named as the command, and its value is
`package.module:attribute` of a click command. It belongs to the one plugin of its distribution.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import click

from genesis.errors import ConflictError, GenesisError, PluginError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genesis.contracts.plugins import PluginStatus
    from genesis.host.discovery import Candidate

_KEPT = "genesis.plugin_commands"


class StandIn(click.Command):
    """A plugin's command that nobody has called: its name, and whose it is."""


class CommandGroup(click.Group):
    """A group with the kernel's commands and, where they leave room, those of plugins."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted({*self.commands, *_owners(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The kernel's command, or what stands in for a plugin's."""
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in _owners(ctx):
            return own
        return StandIn(cmd_name, help=f"(plugin {_owners(ctx)[cmd_name]})")

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it; in place of a stand-in comes the command itself. Raises UsageError
        when its plugin takes no part, PluginError when it cannot be loaded."""
        name, command, rest = super().resolve_command(ctx, args)
        if isinstance(command, StandIn) and name is not None:
            try:
                command = load_command(name, _home_in(rest))
            except GenesisError:
                # A shell that completes wants no messages.
                if not ctx.resilient_parsing:
                    raise
                return None, None, []
        return name, command, rest


def load_command(name: str, home: str | None) -> click.Command:
    """Import a plugin's command. Raises PluginError, and what `choose_command` raises."""
    from importlib.metadata import EntryPoint

    from genesis.host.faults import describe

    chosen, plugin = choose_command(name, home)
    way_out = f"Correct or update it; `genesis plugins disable {plugin}` does without it."
    about = f"The command `{name}` of {chosen.distribution}"
    try:
        found = EntryPoint(name, chosen.value, "").load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too
        raise PluginError(f"{about} cannot be loaded: {describe(error)}. {way_out}") from error
    if not isinstance(found, click.Command):
        what = f"{chosen.value} is no click command but {type(found).__name__}"
        raise PluginError(f"{about} cannot be loaded: {what}. {way_out}")
    return found


def choose_command(name: str, home: str | None) -> tuple[Candidate, str]:
    """The one entry point of that name whose plugin takes part in a home, and the plugin's id.

    Raises UsageError when none does, ConflictError when several do, PluginError when it is not
    clear whose it is; SettingsError when the home's settings are not valid.
    """
    from genesis.home import find_home
    from genesis.host.discovery import discover, discover_commands
    from genesis.host.selection import select_by_settings
    from genesis.settings import load_kernel_settings, read_settings_file

    settings_file = find_home(home).settings_file
    settings = load_kernel_settings(settings_file, read_settings_file(settings_file))
    plugins = discover()
    selection = select_by_settings(plugins, settings)
    offers = [
        (candidate, _owner(candidate, plugins))
        for candidate in discover_commands()
        if candidate.id == name
    ]
    taking_part = {candidate.id for candidate in selection.load}
    usable = [offer for offer in offers if offer[1] in taking_part]
    if len(usable) > 1:
        names = " and ".join(f"{one.distribution} (plugin {plugin})" for one, plugin in usable)
        raise ConflictError(
            f"`{name}` is a command of {names}. `genesis plugins disable ID` decides for the other."
        )
    if not usable:
        owners = {plugin for _, plugin in offers}
        told = [standing(status) for status in selection.excluded if status.id in owners]
        raise UsageError(f"`{name}` belongs to {' and to '.join(told)}.")
    return usable[0]


def standing(status: PluginStatus) -> str:
    """A plugin and why it takes no part, as the end of a sentence."""
    said = status.reason.startswith(status.state)
    why = status.reason if said else f"{status.state}: {status.reason}".removesuffix(": ")
    return f"the plugin {status.id}, which is {why}"


def _owner(command: Candidate, plugins: Sequence[Candidate]) -> str:
    owners = [one.id for one in plugins if one.distribution == command.distribution]
    if len(owners) != 1:
        raise PluginError(
            f"{command.distribution} has the command `{command.id}` and {len(owners)} plugins; "
            "a distribution with commands has exactly one. Uninstall it, or install a release "
            "that is mended."
        )
    return owners[0]


def _owners(context: click.Context) -> dict[str, str]:
    """The names of plugins' commands, each with the plugins it is from; looked for once."""
    from genesis.host.discovery import discover, discover_commands

    found: dict[str, str] | None = context.meta.get(_KEPT)
    if found is None:
        plugins = discover()
        found = context.meta[_KEPT] = {}
        for command in discover_commands():
            ids = [one.id for one in plugins if one.distribution == command.distribution]
            before = [found[command.id]] if command.id in found else []
            found[command.id] = ", ".join([*before, *ids])
    return found


def _home_in(arguments: Sequence[str]) -> str | None:
    """What `--home` names: whether a plugin takes part is decided before its code can say so."""
    home = None
    for argument, following in pairwise([*arguments, ""]):
        if argument == "--":
            break
        if argument == "--home":
            home = following
        elif argument.startswith("--home="):
            home = argument.removeprefix("--home=")
    return home
