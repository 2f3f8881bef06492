"""Bring two programs' changes to one mind's file together.

Both loaded the file, both changed something, both save. The second save must not undo the first,
so a save writes what its own program changed onto what the file says now.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import JsonValue

from genesis.errors import HomeError

Section = Mapping[str, JsonValue]


def merge_changes(base: Section, mine: Section, theirs: Section) -> dict[str, JsonValue]:
    """`theirs` with what changed from `base` to `mine`, key by key at every depth of objects.

    Where both changed the same value, mine is taken: it is the later save.
    """
    merged: dict[str, JsonValue] = {}
    for key in dict.fromkeys([*theirs, *mine]):
        before, own, other = base.get(key), mine.get(key), theirs.get(key)
        if isinstance(own, dict) and isinstance(other, dict):
            merged[key] = merge_changes(before if isinstance(before, dict) else {}, own, other)
            continue
        unchanged = key in mine and key in base and own == before
        removed_by_them = key in base and key not in theirs
        if key in mine and not (unchanged and removed_by_them):
            merged[key] = other if unchanged else own
        elif key not in mine and key not in base:
            merged[key] = other
    return merged


@contextmanager
def locked_for_saving(lock_file: Path) -> Iterator[None]:
    """Hold a mind's file against other programs; waits for one that is saving right now."""
    try:
        file = lock_file.open("w")
    except OSError as error:
        raise HomeError(
            f"The lock {lock_file} cannot be made: {error.strerror}. Free space or correct the "
            "permissions of the home folder."
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
