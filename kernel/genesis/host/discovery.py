"""Find the installed plugins by the metadata of their distributions; nothing is imported."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

GROUP = "genesis.plugins"
COMMANDS = "genesis.commands"
KERNEL_DISTRIBUTION = "genesis-kernel"


@dataclass(frozen=True)
class Candidate:
    """An installed plugin. `value` is `package.module:Class`; `requires` are the requirement
    lines of its distribution, which say what kernel and which other plugins it was made for."""

    id: str
    value: str
    distribution: str
    version: str
    requires: tuple[str, ...] = ()


def discover() -> list[Candidate]:
    """All installed plugins, by id."""
    return candidates_from(entry_points(group=GROUP))


def discover_commands() -> list[Candidate]:
    """The commands that plugins add to `genesis`: as plugins, with the command's name as `id`."""
    return candidates_from(entry_points(group=COMMANDS))


def candidates_from(points: Iterable[EntryPoint]) -> list[Candidate]:
    """The plugins of some entry points, by id, each distribution's once."""
    found = set()
    for point in points:
        if point.dist is None:
            continue
        found.add(
            Candidate(
                id=point.name,
                value=point.value,
                # An uninstall that was interrupted leaves entry points without metadata.
                distribution=canonical_name(point.dist.name or "unknown"),
                version=point.dist.version or "unknown",
                requires=tuple(point.dist.requires or ()),
            )
        )
    return sorted(found, key=lambda candidate: (candidate.id, candidate.distribution))


def canonical_name(name: str) -> str:
    """A distribution's name as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()
