"""A home of genesis-minds that is to become a home of this release, in the same folder.

Both call their database `genesis.db` and their folders `minds` and `data/chroma`. What the older
program left is moved, not changed, into a folder of its own, and imported from there.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from genesis.errors import HomeError, UsageError
from genesis.home import Home
from genesis.importing.recognise import ASIDE, OURS, recognise
from genesis.importing.sqlite_files import UnreadableError, is_sqlite, opened, tables_of

# Before the file that they belong to: without them it is only older, they without it are lost.
_WITH_IT = ("-wal", "-shm", "-journal", ".bak", ".tmp", "")


def aside_folder(home: Home) -> Path:
    """Where what the older program left is moved to."""
    return home.root / ASIDE


def is_own(source: Path, home: Home) -> bool:
    """Whether a source lies where this release keeps its own."""
    root, place = home.root.resolve(), source.resolve()
    return place.is_relative_to(root) and not place.is_relative_to(root / ASIDE)


def is_own_database(path: Path) -> bool:
    """Whether there is a database that this release made."""
    try:
        if not path.is_file() or not is_sqlite(path):
            return False
        with opened(path) as connection:
            return OURS in tables_of(connection)
    except (OSError, UnreadableError, sqlite3.DatabaseError):
        return False


def move_aside(home: Home) -> list[Path]:
    """Move what the older program left in a home into `aside_folder`; gives what was moved.

    Can be repeated after it was interrupted. The older program must not run. Raises UsageError
    when something of the same name was moved before, HomeError when the system refuses.
    """
    found = recognise(home.root, home.root)
    moved = []
    for source in (s for s in found.sources if is_own(s, home)):
        for end in _WITH_IT:
            old = source.with_name(source.name + end)
            if old.exists():
                _move(old, aside_folder(home) / old.relative_to(home.root))
                moved.append(old)
    return moved


def _move(old: Path, new: Path) -> None:
    if new.exists():
        raise UsageError(
            f"{old} cannot be moved aside: {new} is there already, from an earlier import. Move "
            "one of them away."
        )
    try:
        new.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.rename(old, new)
    except OSError as error:
        raise HomeError(
            f"{old} cannot be moved to {new}: {error.strerror}. Correct the permissions, or import "
            "into another home with --home."
        ) from error
