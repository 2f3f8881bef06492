"""`.compound-state/session-*`: the JSON state of sessions, copied as it is into `sessions/`."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from pathlib import Path

from genesis.home import Home
from genesis.importing.recognise import Findings
from genesis.importing.rows import SourceRow
from genesis.importing.writing import Outcome

_KIND = "session_folder"


def copy_session_folder(home: Home, folder: Path, found: Findings) -> Outcome:
    """Copy one folder, whole or not at all, unless it is there. Links in it are named, not taken.

    Raises OSError.
    """
    row = SourceRow(_KIND, folder.name, "", {})
    target = home.session_folder(folder.name)
    links = _links(folder)
    for link in links:
        found.leave(link, "is a symbolic link, which is not followed; import what it points to")
    if target.exists():
        if _content(target) == _content(folder):
            return Outcome(row, "present")
        return Outcome(row, "skipped", f"{target} is there and holds something else; it is kept")
    target.parent.mkdir(parents=True, exist_ok=True)
    # A copy that a killed process left is never taken for the folder.
    scratch = target.parent / f".importing-{secrets.token_hex(4)}"
    for leftover in target.parent.glob(".importing-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        shutil.copytree(folder, scratch, ignore=_without_links)
        os.replace(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Outcome(row, "imported")


def _links(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if not _is_plain(path)]


def _without_links(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not _is_plain(Path(folder, name))]


def _is_plain(path: Path) -> bool:
    return not path.is_symlink() and (path.is_file() or path.is_dir())


def _content(folder: Path) -> dict[str, str]:
    """A digest of each file, by its path in the folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if _is_plain(path) and path.is_file()
    }
