"""Open what a command needs: a home that exists, one of its minds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genesis.errors import UsageError

if TYPE_CHECKING:
    from genesis.mind import Mind
    from genesis.minds.store import MindStore


def open_store(home: str | None) -> MindStore:
    """The minds of a home that exists. Raises UsageError for a folder that is none."""
    from genesis.home import find_home
    from genesis.minds.store import shared_store

    found = find_home(home)
    if not found.root.is_dir():
        raise UsageError(
            f"There is no home {found.root}. Go to the folder in which you ran genesis, name its "
            "home with --home, or make a mind with `genesis minds create NAME`."
        )
    return shared_store(found)


def load_mind(home: str | None, which: str) -> Mind:
    """A mind by its GMID, its name or the path of its file. Raises UsageError."""
    from genesis.mind import Mind

    return Mind.load(which, store=open_store(home))
