"""A home in one file, made while everything runs, and put back.

The database is copied first, as one consistent state; the files come after it, so every mind that
the copy knows has its file. Vector indexes are left out: they are made again from the record. The
file is a zip archive with a manifest of sizes and checksums; only its owner can read it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, ValidationError

from genesis.clock import utc_now
from genesis.errors import BackupError, HomeError, StorageError, UsageError
from genesis.home import Home, living_owners
from genesis.storage.failures import storage_errors

_MANIFEST = "manifest.json"
_DATABASE = "genesis.db"
_FOLDERS = ("minds", "agents", "sessions", "plugins", "imports")
_CHUNK = 1024 * 1024
Progress = Callable[[str, int, int], None]


class Entry(BaseModel):
    """One file of a backup."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: str


class Manifest(BaseModel):
    """What a backup holds. `format` is that of this module."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    created_at: str
    files: dict[str, Entry]


@dataclass(frozen=True)
class Restored:
    """What was put back, and where what was there before is now (None: there was nothing)."""

    manifest: Manifest
    set_aside: Path | None


def copy_database(source: Path, target: Path) -> None:
    """Write a consistent, compact copy of a database that may be in use. Raises StorageError."""
    with storage_errors(source):
        # Opened for writing, because a log that nobody has open cannot be read otherwise.
        connection = sqlite3.connect(source, timeout=10)
        try:
            connection.execute("VACUUM INTO ?", (str(target),))
        finally:
            connection.close()
    target.chmod(0o600)


def make_backup(home: Home, target: Path, progress: Progress | None = None) -> Manifest:
    """Write a backup of a home. Raises UsageError when the file is there already, BackupError."""
    if not home.database.exists():
        raise UsageError(f"{home.root} holds nothing to back up. Name its home with --home.")
    try:
        # Taken before the work begins: no other program's file is replaced at its end.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise UsageError(
            f"{target} is there already. Name a new file; a backup replaces nothing."
        ) from None
    except OSError as error:
        raise BackupError(f"The backup {target} cannot be written: {error.strerror}.") from error
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.absolute().parent) as folder:
            database = Path(folder) / _DATABASE
            copy_database(home.database, database)
            archive = Path(folder) / "backup.zip"
            manifest = _write_archive(home, database, archive, progress)
            with archive.open("rb+") as file:
                os.fsync(file.fileno())
            archive.replace(target)
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise BackupError(
                f"The backup {target} could not be written: {error.strerror or error}. Free space "
                "or name a file in another folder."
            ) from error
        raise
    return manifest


def _write_archive(
    home: Home, database: Path, archive: Path, progress: Progress | None
) -> Manifest:
    files = [(database, _DATABASE), *_files(home)]
    entries: dict[str, Entry] = {}
    descriptor = os.open(archive, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as raw, zipfile.ZipFile(
        raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1
    ) as writer:  # fmt: skip
        for number, (path, name) in enumerate(files):
            if progress is not None:
                progress(name, number, len(files))
            entry = _add(writer, path, name)
            if entry is not None:
                entries[name] = entry
        manifest = Manifest(created_at=utc_now(), files=entries)
        writer.writestr(_MANIFEST, manifest.model_dump_json(indent=2))
    return manifest


def _files(home: Home) -> Iterator[tuple[Path, str]]:
    if home.settings_file.is_file():
        yield home.settings_file, home.settings_file.name
    for folder in _FOLDERS:
        for path in sorted((home.root / folder).rglob("*")):
            if path.is_file() and not path.is_symlink() and path.suffix not in (".lock", ".tmp"):
                yield path, path.relative_to(home.root).as_posix()


def _add(writer: zipfile.ZipFile, path: Path, name: str) -> Entry | None:
    digest = hashlib.sha256()
    size = 0
    try:
        source = path.open("rb")
    except FileNotFoundError:
        return None  # it was removed since the list was made
    with source, writer.open(name, "w", force_zip64=True) as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    return Entry(size=size, sha256=digest.hexdigest())


def read_manifest(archive: Path) -> Manifest:
    """The manifest of a backup. Raises BackupError when the file is none of ours."""
    try:
        with zipfile.ZipFile(archive) as reader:
            found = json.loads(reader.read(_MANIFEST))
        if isinstance(found, dict) and isinstance(found.get("format"), int) and found["format"] > 1:
            raise BackupError(
                f"{archive} was made by a later release of Genesis. Install it to restore this."
            )
        return Manifest.model_validate(found)
    except FileNotFoundError:
        raise UsageError(f"There is no file {archive}.") from None
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, ValidationError) as error:
        raise BackupError(
            f"{archive} is no backup of Genesis, or is damaged ({error}). Use another one."
        ) from None


def restore_backup(home: Home, archive: Path, *, replace: bool = False) -> Restored:
    """Put a backup into a home. What was there is set aside, never deleted.

    Everything is unpacked and checked before anything is moved. Raises UsageError when the home
    is not empty and `replace` is not set, or a process works in it; BackupError for a bad file.
    """
    manifest = read_manifest(archive)
    if home.root.exists() and any(home.root.iterdir()) and not replace:
        raise UsageError(
            f"{home.root} is not empty. `--replace` sets aside what is there; or name another "
            "--home."
        )
    if living_owners(home):
        raise UsageError(f"A process works in {home.root}. Stop it first; nothing was changed.")
    parent = home.root.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=parent) as folder:
            fresh = Path(folder) / "home"
            _unpack(archive, manifest, fresh)
            _check_database(fresh / _DATABASE, archive)
            aside = _set_aside(home) if home.root.exists() else None
            fresh.rename(home.root)
    except OSError as error:
        raise HomeError(
            f"{home.root} could not be restored: {error.strerror or error}. Free space or correct "
            "permissions; what was set aside is beside it."
        ) from error
    return Restored(manifest, aside)


def _unpack(archive: Path, manifest: Manifest, target: Path) -> None:
    target.mkdir(mode=0o700)
    with zipfile.ZipFile(archive) as reader:
        for name, entry in manifest.files.items():
            place = PurePosixPath(name)
            if place.is_absolute() or ".." in place.parts:
                raise BackupError(f"{archive} holds the path {name!r}, which leads out of a home.")
            path = target / place
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                digest = _extract(reader, name, path)
            except (KeyError, zipfile.BadZipFile, EOFError) as error:
                raise BackupError(f"{archive} is damaged at {name!r}: {error}.") from None
            if digest != entry.sha256:
                raise BackupError(f"{archive} is damaged: {name!r} is not what was backed up.")


def _extract(reader: zipfile.ZipFile, name: str, path: Path) -> str:
    digest = hashlib.sha256()
    with reader.open(name) as source, path.open("wb") as file:
        path.chmod(0o600)
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _check_database(path: Path, archive: Path) -> None:
    if not path.exists():
        raise BackupError(f"{archive} holds no database. Use another backup.")
    connection = sqlite3.connect(path)
    try:
        verdict = connection.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.Error as error:
        raise StorageError(f"The database in {archive} is damaged: {error}.") from None
    finally:
        connection.close()
    if verdict != "ok":
        raise StorageError(f"The database in {archive} is damaged: {verdict}.")


def _set_aside(home: Home) -> Path:
    stamp = utc_now().replace(":", "").replace("-", "")[:15]
    aside = home.root.with_name(f"{home.root.name}-before-restore-{stamp}")
    number = 2
    while aside.exists():
        aside = aside.with_name(f"{home.root.name}-before-restore-{stamp}-{number}")
        number += 1
    shutil.move(home.root, aside)
    return aside
