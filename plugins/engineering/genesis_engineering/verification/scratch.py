"""A folder for one run that goes away afterwards, and those of runs that were killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Without the word "test": there are tests that look for it in the path of their folder.
_PREFIX = "genesis-run-"
_LOCK = "lock"
_YOUNG_SECONDS = 60
_MOST = 20


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new folder, as long as it is needed. Folders whose run was killed are removed first.

    It lies in the system's folder for temporary files (`TMPDIR`), not in the attempt's: that one
    can lie inside the checkout, where a test that wants to be outside of any repository, or far
    from its own configuration, would fail.
    """
    _remove_abandoned(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
    try:
        with (folder / _LOCK).open("wb") as lock:
            # Let go by the system when this process ends, however it ends.
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
    finally:
        remove_tree(folder)


def remove_tree(folder: Path) -> None:
    """Delete a folder, as far as that is possible, however deep a test has made it."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(["rm", "-rf", str(folder)], capture_output=True, timeout=120)


def _remove_abandoned(temporary: Path) -> None:
    """Delete the folders of runs that have ended without doing so; a few at a time."""
    with suppress(OSError):
        for folder in sorted(temporary.glob(_PREFIX + "*"))[:_MOST]:
            if _is_abandoned(folder):
                remove_tree(folder)


def _is_abandoned(folder: Path) -> bool:
    try:
        about = folder.lstat()
        own = stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid()
        if not own or time.time() - about.st_mtime < _YOUNG_SECONDS:
            return False
        lock = os.open(folder / _LOCK, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True
