"""A kernel with the plugin, in a home of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from genesis import Kernel
from genesis_gamification.plugin import GamificationPlugin

from tests.host.installing import Site, make_home

CODE = "from genesis_gamification.plugin import GamificationPlugin"


def install(folder: Path) -> Site:
    """A folder in which this plugin alone is installed; it has to be on `sys.path`."""
    site = Site(folder)
    folder.mkdir(parents=True)
    site.install("gamification", CODE, class_name="GamificationPlugin")
    return site


@contextmanager
def playing(folder: Path, settings: str = "") -> Iterator[GamificationPlugin]:
    """The plugin, as a kernel has started it; `settings` are lines of its table."""
    site = install(folder / "site")
    home = make_home(folder / "home", f"[plugins.gamification]\n{settings}\n")
    with (
        patch.object(sys, "path", [str(site.folder), *sys.path]),
        Kernel(home, candidates=site.candidates(), deliver=False) as kernel,
    ):
        found = kernel.host.plugin_of(GamificationPlugin)
        assert found is not None, kernel.host.statuses()
        yield found
