"""The hooks of this plugin. A distribution that requires `genesis-gamification` implements them
with `genesis.implements`."""

from __future__ import annotations

from collections.abc import Iterable

from genesis import hook

from genesis_gamification.records import Achievement, Rule


@hook("collect", record=Rule)
def gamification_rules() -> Iterable[Rule]:
    """Rules of what earns XP.

    Called: once in a process, before its first event is read.
    Returns: records `Rule`; ids are unique over all packs and plugins, another's id is left out.
    If it fails: its rules are left out and the fault recorded.
    Since: 0.1.
    """
    return ()


@hook("collect", record=Achievement)
def gamification_achievements() -> Iterable[Achievement]:
    """Achievements that agents can unlock.

    Called: once in a process, before its first event is read.
    Returns: records `Achievement`; ids are unique over all plugins. One that names a metric which
    is not known is left out and reported.
    If it fails: its achievements are left out and the fault recorded.
    Since: 0.1.
    """
    return ()
