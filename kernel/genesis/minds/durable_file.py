"""Replacing a file so that, whatever is killed or loses power, it is the old or the new one.

Every writer has a temporary file of its own beside the target and holds a lock on it, which the
system releases however the writer ends: what is there and not locked belongs to nobody.
"""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
import time
from contextlib import suppress
from pathlib import Path

LEFTOVER = re.compile(r"\..+\.json\.[a-z0-9_]{8}\.tmp")
"""The names of the temporary files."""
_DAY_SECONDS = 86_400


def replace_file(path: Path, data: bytes) -> None:
    """Write a JSON file that only its owner can read (0600). Raises OSError; the old one stays.

    Creates the folder. Clears what killed writers left in it.
    """
    _make_folder(path.parent)
    _clear_leftovers(path.parent)
    descriptor, scratch = _open_scratch(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
            os.replace(scratch, path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _open_scratch(path: Path) -> tuple[int, Path]:
    while True:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Another process may have taken it for a leftover before it was locked.
        if os.fstat(descriptor).st_nlink:
            return descriptor, Path(name)
        os.close(descriptor)


def _clear_leftovers(folder: Path) -> None:
    for name in os.listdir(folder):
        if LEFTOVER.fullmatch(name):
            # One that cannot be cleared is no reason not to save.
            with suppress(OSError):
                _clear_leftover(folder / name)


def _clear_leftover(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        # A process that hangs in the middle of a write, or a child that inherited the lock.
        if time.time() - os.fstat(descriptor).st_mtime > _DAY_SECONDS:
            path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
