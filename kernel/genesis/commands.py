"""What the commands of plugins need to look and work like the kernel's own.

An entry point in the group `genesis.commands` names a click command; `genesis NAME` runs it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from genesis.cli.opening import confirm, existing_home, read_report
from genesis.cli.options import home_option, json_option
from genesis.cli.plugin_commands import standing
from genesis.errors import UsageError

if TYPE_CHECKING:
    from genesis.contracts.plugins import PluginStatus

__all__ = ["confirm", "home_option", "json_option", "open_plugin", "read_report"]

T = TypeVar("T")


@contextmanager
def open_plugin(plugin_class: type[T], home: str | None) -> Iterator[T]:
    """The active plugin of a class, in a home that exists: `with open_plugin(Greeter, home) as
    greeter`. All plugins of the home are started, and stopped after the block.

    No events are delivered meanwhile, so that a command leaves at once: what it writes waits in
    the log for `genesis up` or the next run. Raises UsageError for a home that is none, and for a
    plugin that is not active, with its state and the reason.
    """
    from genesis.kernel import Kernel

    with Kernel(existing_home(home), deliver=False) as kernel:
        found = kernel.host.plugin_of(plugin_class)
        if found is None:
            raise UsageError(_why_not(plugin_class, kernel.host.statuses()))
        yield found


def _why_not(plugin_class: type, statuses: Sequence[PluginStatus]) -> str:
    from genesis.host.discovery import discover

    for candidate in discover():
        module, _, name = candidate.value.partition(":")
        # The class came from somewhere; nothing is imported to find out whose it is.
        if getattr(sys.modules.get(module), name.strip(), None) is plugin_class:
            found = [standing(status) for status in statuses if status.id == candidate.id]
            return f"This command needs {' and '.join(found).rstrip('.')}."
    return f"{plugin_class.__qualname__} is not the class of an installed plugin."
