"""Find the file of a mind by its path, its GMID or its name."""

from __future__ import annotations

import os
from pathlib import Path

from genesis.errors import MindError, UsageError
from genesis.home import Home, find_home
from genesis.minds.identity import is_gmid, parse_name
from genesis.minds.mind_file import read_mind_file
from genesis.minds.store import MindStore
from genesis.storage.minds import find_minds, list_minds


def home_of(which: Path | str) -> Home:
    """The home of a mind: the one around its folder `minds`, or the one that is found anyhow."""
    path = as_path(which)
    if path is not None and path.absolute().parent.name == "minds":
        return Home(path.absolute().parent.parent)
    return find_home()


def as_path(which: Path | str) -> Path | None:
    """The path that was meant; None for a GMID or a name."""
    if isinstance(which, Path):
        return which.expanduser()
    is_path = os.sep in which or which.endswith(".json")
    return Path(which).expanduser() if is_path else None


def find_mind_file(store: MindStore, which: Path | str) -> Path:
    """The file of a mind. Raises UsageError when no mind is meant, or several are."""
    path = as_path(which)
    if path is not None:
        return path
    wanted = str(which).strip()
    if is_gmid(wanted.upper()) and (file := store.home.minds / f"{wanted.upper()}.json").exists():
        return file
    found = [mind.gmid for mind in find_minds(store.database, wanted)] or _named(store, wanted)
    if len(found) == 1:
        return store.home.minds / f"{found[0]}.json"
    if found:
        raise UsageError(
            f"{len(found)} minds are called {wanted!r}: {', '.join(found)}. Name one by its GMID."
        )
    known = ", ".join(f"{mind.name} ({mind.gmid})" for mind in list_minds(store.database)[:10])
    raise UsageError(
        f"There is no mind {wanted!r} in {store.home.root}. "
        + (f"There are: {known}." if known else "There is none yet; `genesis minds create NAME`.")
    )


def _named(store: MindStore, name: str) -> list[str]:
    """Minds of that name whose files were put here and never loaded; also in other letters."""
    meant = parse_name(name).casefold()
    known = [mind.gmid for mind in list_minds(store.database) if mind.name.casefold() == meant]
    if known:
        return known
    found = []
    for path in sorted(store.home.minds.glob("*.json")):
        try:
            identity = read_mind_file(path).identity
        except MindError:
            continue
        if identity.name.casefold() == meant and path.stem == identity.gmid:
            found.append(identity.gmid)
    return found
