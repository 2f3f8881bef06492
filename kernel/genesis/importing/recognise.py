"""Find what older systems left at a path, by looking into files; nothing is changed or followed.

What is not taken (backups, half-written copies, links, files of this release) is named with the
reason.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from genesis.importing.sqlite_files import UnreadableError, is_sqlite, opened, tables_of

OURS = "schema_version_kernel"
_MINDS_TABLES = {"minds", "conversation_messages"}
_SERVICE_TABLES = {"teams", "agents", "sessions", "tasks"}
_CHROMA_TABLES = {"collections", "segments", "embeddings", "embedding_metadata"}
CHROMA_FILE = "chroma.sqlite3"
ASIDE = "genesis-minds-0.1"
"""The folder in a home into which `--in-place` moves what the older program left."""
_ROOTS = (".", ".genesis", ".compound-state")
_SCRATCH = (".tmp", ".partial", "-journal", "-wal", "-shm")
_STATE_FILES = ("orchestrator.json", "backend.json", "frontend.json", "infrastructure.json",
                "verification.json")  # fmt: skip


@dataclass(frozen=True)
class Left:
    """Something that is not taken, and why; `rows` where it is a table."""

    what: str
    reason: str
    rows: int | None = None


@dataclass
class Findings:
    """What there is at a path. The files are in the order in which they are read."""

    path: Path
    mind_files: list[Path] = field(default_factory=list)
    minds_databases: list[Path] = field(default_factory=list)
    service_databases: list[Path] = field(default_factory=list)
    chroma_folders: list[Path] = field(default_factory=list)
    concern_files: list[Path] = field(default_factory=list)
    session_folders: list[Path] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def leave(self, path: Path, reason: str) -> None:
        """Name a file or folder that is not taken."""
        self.left.append(Left(str(path), reason))

    @property
    def sources(self) -> list[Path]:
        """Everything that is read."""
        return [
            *self.mind_files, *self.minds_databases, *self.service_databases,
            *self.chroma_folders, *self.concern_files, *self.session_folders,
        ]  # fmt: skip


def recognise(path: Path, own: Path | None = None) -> Findings:
    """What there is to import at a path: a home, a working folder with homes in it, or one file.

    `own` is the home that is imported into: what this release keeps there is no source.
    """
    found = Findings(path)
    if path.is_file():
        _look_at_file(found, path)
    elif path.is_dir():
        for root in (path / name for name in _ROOTS):
            for place in (root, root / ASIDE):
                if place.is_dir() and (place == path or not _is_link(found, place)):
                    _look_into(found, place, own)
    return found


def _look_into(found: Findings, root: Path, own: Path | None) -> None:
    is_own = own is not None and root.resolve() == own.resolve()
    for entry in _entries(found, root):
        if entry.is_file():
            _look_beside(found, entry)
        elif _is_session_folder(entry) and not is_own:
            found.session_folders.append(entry)
        elif entry.name == "minds":
            _look_at_minds(found, entry, is_own=is_own)
    folders = [root, *_within(found, root / "data" / "chroma"), *_within(found, root / "chroma")]
    found.chroma_folders += [f for f in folders if _is_chroma(found, f, is_own=is_own)]
    for folder in _within(found, root / "data" / "concerns"):
        for file in _within(found, folder):
            if not _is_beside(found, file) and file.suffix == ".json":
                found.concern_files.append(file)


def _look_beside(found: Findings, path: Path) -> None:
    """One file of a folder, which nobody asked for by its name."""
    try:
        if _is_beside(found, path) or path.name == CHROMA_FILE:
            return
        if is_sqlite(path):
            _look_at_database(found, path, quietly=True)
        elif path.suffix == ".json" and holds_mind(path):
            found.mind_files.append(path)
        elif path.suffix == ".db":
            found.leave(path, "is no database, although it is called like one")
    except (UnreadableError, OSError) as error:
        found.unreadable.append(str(error))


def _look_at_file(found: Findings, path: Path) -> None:
    """One file that somebody named: a database, or else a mind's file, whatever it is called."""
    try:
        if is_sqlite(path):
            _look_at_database(found, path, quietly=False)
        else:
            found.mind_files.append(path)
    except (UnreadableError, OSError) as error:
        found.unreadable.append(str(error))


def _look_at_database(found: Findings, path: Path, *, quietly: bool) -> None:
    with opened(path) as connection:
        tables = tables_of(connection)
    if OURS in tables:
        if not quietly:
            found.leave(path, "is a database of this release; `genesis restore` takes backups")
    elif tables >= _MINDS_TABLES:
        found.minds_databases.append(path)
    elif tables >= _SERVICE_TABLES:
        found.service_databases.append(path)
    elif tables >= _CHROMA_TABLES:
        found.chroma_folders.append(path.parent)
    else:
        found.leave(path, "is a database of another program")


def _look_at_minds(found: Findings, folder: Path, *, is_own: bool) -> None:
    for file in _entries(found, folder):
        if _is_beside(found, file):
            continue
        if file.suffix != ".json" or not file.is_file():
            found.leave(file, "is no mind's file")
        elif not (is_own and is_current(file)):
            found.mind_files.append(file)


def holds_mind(path: Path) -> bool:
    """Whether the beginning of a file looks like that of a mind's, half-written ones too."""
    with path.open("rb") as file:
        return b'"gmid"' in file.read(65536)


def is_current(path: Path) -> bool:
    """Whether a mind's file was written by this release or a later one."""
    with path.open("rb") as file:
        return b'"schema_version"' in file.read(4096)


def _is_chroma(found: Findings, folder: Path, *, is_own: bool) -> bool:
    database = folder / CHROMA_FILE
    if not database.is_file() or _is_link(found, database):
        return False
    try:
        with opened(database) as connection:
            known = tables_of(connection) >= _CHROMA_TABLES
            names = [str(n) for (n,) in connection.execute("SELECT name FROM collections")]
    except (UnreadableError, sqlite3.DatabaseError) as error:
        found.unreadable.append(f"{database}: {error}")
        return False
    return known and not (is_own and not any(name.startswith("mind_") for name in names))


def _is_session_folder(folder: Path) -> bool:
    return folder.name.startswith("session-") and (
        any((folder / name).is_file() for name in _STATE_FILES)
    )


def _is_beside(found: Findings, file: Path) -> bool:
    """Whether a file is a backup or a half-written copy; it is named."""
    if file.name.endswith(".bak"):
        found.leave(
            file,
            f"is a backup beside the original; if the original is lost, "
            f"`genesis import {file}` takes it",
        )
    elif file.name.endswith(".tmp"):
        found.leave(file, "is a half-written copy that a program left")
    else:
        return file.name.endswith(_SCRATCH)
    return True


def _is_link(found: Findings, path: Path) -> bool:
    if path.is_symlink():
        found.leave(path, "is a symbolic link, which is not followed; import what it points to")
        return True
    return False


def _within(found: Findings, folder: Path) -> list[Path]:
    """What is in a folder; nothing when there is no such folder."""
    return list(_entries(found, folder)) if folder.is_dir() else []


def _entries(found: Findings, folder: Path) -> Iterator[Path]:
    """Files and folders of a folder, by name; links and what cannot be read are named."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        found.unreadable.append(f"{folder}: {error.strerror}. Correct its permissions.")
        return
    for name in names:
        path = folder / name
        mode = path.lstat().st_mode
        if _is_link(found, path):
            continue
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            yield path
        else:
            found.leave(path, "is neither a file nor a folder")
