"""Decide which plugins to load, and in which order: a pure function, before any import."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from packaging.requirements import InvalidRequirement, Requirement

from genesis import __version__
from genesis.contracts.plugins import PluginState, PluginStatus
from genesis.errors import UsageError
from genesis.host.discovery import KERNEL_DISTRIBUTION, Candidate, canonical_name
from genesis.settings import KernelSettings

_ID = re.compile(r"[a-z][a-z0-9_]{1,30}")


@dataclass(frozen=True)
class Selection:
    """`load` in the order of loading; `excluded` with the reason of each of the others."""

    load: tuple[Candidate, ...]
    excluded: tuple[PluginStatus, ...]


def select_by_settings(
    candidates: Sequence[Candidate], settings: KernelSettings, skip: Collection[str] = ()
) -> Selection:
    """Choose for this kernel as its settings say; those of `skip` count as disabled."""
    return select(
        candidates,
        kernel_version=__version__,
        chosen=settings.plugins,
        disabled={*settings.disabled, *skip},
        order=settings.order,
    )


def select(
    candidates: Sequence[Candidate],
    *,
    kernel_version: str,
    chosen: Collection[str] | None = None,
    disabled: Collection[str] = (),
    order: Sequence[str] = (),
) -> Selection:
    """Choose among the installed plugins.

    `chosen` is the set that the user named (None: all). `order` comes first, the rest by id, and
    always a plugin after those that it requires. Raises UsageError when a chosen one is not
    installed.
    """
    by_id: dict[str, list[Candidate]] = {}
    candidates = sorted(candidates, key=lambda c: (c.id, c.distribution, c.version, c.value))
    for candidate in candidates:
        by_id.setdefault(candidate.id, []).append(candidate)
    _require_installed(chosen, by_id)
    excluded: dict[str, PluginStatus] = {}
    usable: dict[str, Candidate] = {}
    for plugin_id, same_id in by_id.items():
        refusal = _refusal(same_id, kernel_version, chosen, disabled)
        if refusal is None:
            usable[plugin_id] = same_id[0]
        else:
            excluded[plugin_id] = _status(same_id[0], *refusal)
    _exclude_unmet(candidates, usable, excluded)
    return Selection(_ordered(usable, order), tuple(excluded[key] for key in sorted(excluded)))


@lru_cache(maxsize=256)
def requirement_names(candidate: Candidate) -> dict[str, Requirement]:
    """What a plugin's distribution requires without conditions, by canonical name."""
    found = {}
    for line in candidate.requires:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found[canonical_name(requirement.name)] = requirement
    return found


def _require_installed(chosen: Collection[str] | None, by_id: dict[str, list[Candidate]]) -> None:
    missing = sorted(set(chosen or ()) - set(by_id))
    if missing:
        installed = ", ".join(sorted(by_id)) or "none"
        raise UsageError(
            f"The plugin {missing[0]!r} is not installed. Installed are: {installed}. "
            "Correct --plugins, GENESIS_PLUGINS or [kernel] plugins in genesis.toml."
        )


def _refusal(
    same_id: Sequence[Candidate],
    kernel_version: str,
    chosen: Collection[str] | None,
    disabled: Collection[str],
) -> tuple[PluginState, str] | None:
    first = same_id[0]
    if first.id in disabled:
        return PluginState.DISABLED, f"disabled; `genesis plugins enable {first.id}` enables it"
    if chosen is not None and first.id not in chosen:
        return PluginState.DISABLED, "not in the chosen set of plugins"
    if not _ID.fullmatch(first.id):
        return PluginState.INCOMPATIBLE, f"the id {first.id!r} must match {_ID.pattern}"
    if len(same_id) > 1:
        names = " and ".join(candidate.distribution for candidate in same_id)
        return PluginState.FAILED, f"{names} both provide a plugin of this id; uninstall one"
    return _version_refusal(first, kernel_version)


def _version_refusal(candidate: Candidate, kernel_version: str) -> tuple[PluginState, str] | None:
    kernel = requirement_names(candidate).get(KERNEL_DISTRIBUTION)
    if kernel is None:
        return (
            PluginState.INCOMPATIBLE,
            f"{candidate.distribution} does not say which {KERNEL_DISTRIBUTION} it was made for; "
            f"its dependencies need a line such as '{KERNEL_DISTRIBUTION}>={kernel_version}'",
        )
    if not kernel.specifier.contains(kernel_version, prereleases=True):
        return (
            PluginState.INCOMPATIBLE,
            f"made for {KERNEL_DISTRIBUTION}{kernel.specifier}, this is {kernel_version}; "
            "install a release of the plugin that fits",
        )
    return None


def _exclude_unmet(
    candidates: Sequence[Candidate],
    usable: dict[str, Candidate],
    excluded: dict[str, PluginStatus],
) -> None:
    """Take out plugins that require one which is out, until nothing changes."""
    needs = _needs(candidates)
    changed = True
    while changed:
        changed = False
        for candidate in list(usable.values()):
            unmet = next((name for name in needs(candidate) if name not in usable), None)
            if unmet is not None:
                reason = f"requires the plugin {unmet!r}, which is {excluded[unmet].state}"
                excluded[candidate.id] = _status(candidate, PluginState.DISABLED, reason)
                del usable[candidate.id]
                changed = True


def _needs(candidates: Sequence[Candidate]) -> Callable[[Candidate], list[str]]:
    """A function that gives the other plugins which a plugin requires: all of a distribution."""
    plugins_of: dict[str, list[str]] = {}
    for candidate in candidates:
        plugins_of.setdefault(candidate.distribution, []).append(candidate.id)
    return lambda candidate: [
        plugin
        for name in requirement_names(candidate)
        for plugin in plugins_of.get(name, ())
        if plugin != candidate.id
    ]


def _ordered(usable: dict[str, Candidate], order: Sequence[str]) -> tuple[Candidate, ...]:
    wanted = [*dict.fromkeys(name for name in order if name in usable)]
    wanted += [name for name in sorted(usable) if name not in wanted]
    needs = _needs(tuple(usable.values()))
    placed: dict[str, Candidate] = {}

    def place(plugin_id: str, above: frozenset[str]) -> None:
        # Distributions that require each other cannot be ordered; the first asked goes last.
        if plugin_id in placed or plugin_id in above:
            return
        for needed in needs(usable[plugin_id]):
            place(needed, above | {plugin_id})
        placed[plugin_id] = usable[plugin_id]

    for plugin_id in wanted:
        place(plugin_id, frozenset())
    return tuple(placed.values())


def _status(candidate: Candidate, state: PluginState, reason: str) -> PluginStatus:
    return PluginStatus(
        id=candidate.id,
        distribution=candidate.distribution,
        version=candidate.version,
        state=state,
        step="select",
        reason=reason,
    )
