"""Find the file of a mind by its path, its GMID or its name."""

from __future__ import annotations

import os
from pathlib import Path

from genesis.clock import utc_now
from genesis.errors import ConflictError, MindError, NotFoundError, UsageError
from genesis.home import Home, find_home
from genesis.minds.identity import Identity, is_gmid, parse_name
from genesis.minds.mind_file import read_mind_file
from genesis.minds.store import MindStore
from genesis.storage.minds import MindRecord, find_minds, list_minds


def home_of(path: Path | None) -> Home:
    """The home around a mind's file in a folder `minds`, or the one that is found anyhow."""
    if path is not None and path.parent.name == "minds":
        return Home(path.parent.parent)
    return find_home()


def as_path(which: Path | str) -> Path | None:
    """The path that was meant, whatever folder the program works in later; None for a GMID or a
    name. Raises UsageError."""
    if not isinstance(which, (str, Path)):
        raise UsageError(f"{which!r:.60} names no mind; give its path, its GMID or its name.")
    try:
        path = Path(which).expanduser().absolute()
    except RuntimeError as error:  # an unknown ~user
        raise UsageError(f"The path {str(which)[:200]!r} cannot be used: {error}") from None
    if isinstance(which, Path) or which.endswith(".json"):
        return path
    # A name may hold a slash.
    return path if os.sep in which and path.exists() else None


def find_mind_file(store: MindStore, which: Path | str) -> Path:
    """The file of a mind. Raises UsageError when no mind is meant, or several are."""
    path = as_path(which)
    if path is not None:
        return path
    wanted = parse_name(str(which))
    if wanted.isascii() and is_gmid(wanted.upper()):
        wanted = wanted.upper()
        if (file := store.home.minds / f"{wanted}.json").exists():
            return file
    found = find_minds(store.database, wanted) or _named(store, wanted)
    if len(found) == 1:
        return file_of(store.home.minds, found[0])
    if found:
        gmids = ", ".join(mind.gmid for mind in found)
        raise ConflictError(
            f"{len(found)} minds are called {wanted!r}: {gmids}. Name one by its GMID."
        )
    known = ", ".join(f"{mind.name} ({mind.gmid})" for mind in list_minds(store.database)[:10])
    raise NotFoundError(
        f"There is no mind {wanted!r} in {store.home.root}. "
        + (f"There are: {known}." if known else "There is none yet; `genesis minds create NAME`.")
    )


def file_of(minds: Path, mind: MindRecord) -> Path:
    """The file of a mind that the home knows: in its folder `minds`, or where it was loaded."""
    own, other = minds / f"{mind.gmid}.json", Path(mind.storage_path)
    return other if not own.exists() and other.is_absolute() and other.is_file() else own


def record_of(identity: Identity, path: Path) -> MindRecord:
    """What the database is to know of a mind with that file."""
    facts = {
        name: getattr(identity, name)
        for name in ("gmid", "name", "creator", "creator_email", "template", "primary_purpose",
                     "primary_role")
    }  # fmt: skip
    # Older files may hold halves of characters, which a database refuses.
    texts = {k: v and v.encode("utf-8", "replace").decode() for k, v in facts.items()}
    return MindRecord(
        **texts,
        status=str(identity.status),
        birth_date=identity.birth_timestamp,
        last_active=utc_now(),
        storage_path=str(path),
    )


def _named(store: MindStore, name: str) -> list[MindRecord]:
    """Minds of that name whose files were put here and never loaded; also in other letters."""
    meant = name.casefold()
    known = [mind for mind in list_minds(store.database) if mind.name.casefold() == meant]
    if known:
        return known
    found = []
    for path in sorted(store.home.minds.glob("*.json")):
        try:
            identity = read_mind_file(path).identity
        except MindError:
            continue
        if identity.name.casefold() == meant and path.stem == identity.gmid:
            found.append(record_of(identity, path))
    return found
