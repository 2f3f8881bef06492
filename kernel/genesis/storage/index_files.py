"""A mind's index folder as files: whose it is, what belongs to it, and whether it is damaged.

`index.json` names the generation of the record that the folder was made for. While Chroma writes,
it is unsealed; closing seals it with size, time and SHA-256 of every file. A sealed folder whose
files differ was damaged; an unsealed one was left by a crash, and has to prove itself in a process
of its own, because damaged files end Chroma with a signal instead of an error.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, TextIO

from pydantic import BaseModel, ConfigDict, ValidationError

from genesis.storage.vector_index import TRIAL_SECONDS, TRIAL_VECTORS_A_SECOND

_MARKER = "index.json"
_DATABASE = "chroma.sqlite3"
_SEGMENT = {"data_level0.bin", "header.bin", "length.bin", "link_lists.bin"}


class SealedFile(BaseModel):
    """What a file was like when the folder was closed."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    size: int
    mtime_ns: int
    sha256: str


class Marker(BaseModel):
    """The content of `index.json`.

    `built`: the index has had all of the record once. `seal`: its files by path, None while Chroma
    writes them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    generation: str
    embedder: str
    dimension: int
    built: bool = False
    seal: dict[str, SealedFile] | None = None


class FolderLock:
    """Ownership of an index folder: a locked file beside it, which the system releases."""

    def __init__(self, file: TextIO) -> None:
        self.file = file

    @classmethod
    def take(cls, path: Path) -> FolderLock | None:
        """Become the owner; None when another process (or pool) is."""
        file = path.open("a+", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        return cls(file)

    @staticmethod
    def owner(path: Path) -> str:
        """The process id that the last owner wrote."""
        try:
            return path.read_text(encoding="ascii").strip()
        except OSError:
            return ""

    def release(self) -> None:
        """Let others own it."""
        # Explicitly: a forked child may hold the same open file.
        fcntl.flock(self.file, fcntl.LOCK_UN)
        self.file.close()


def read_marker(folder: Path) -> Marker | None:
    """What `index.json` says; None when there is none, or none that can be read."""
    try:
        return Marker.model_validate_json((folder / _MARKER).read_bytes())
    except (OSError, ValidationError):
        return None


def write_marker(folder: Path, marker: Marker) -> None:
    """Write `index.json`, wholly or not at all."""
    unfinished = folder / f"{_MARKER}.new"
    with unfinished.open("wb") as file:
        file.write(marker.model_dump_json().encode())
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(folder / _MARKER)


def remove_folder(folder: Path) -> None:
    """Remove whatever is there."""
    if folder.is_dir() and not folder.is_symlink():
        # The marker first: half a folder must not look like a whole one.
        (folder / _MARKER).unlink(missing_ok=True)
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)


def seal(folder: Path, before: Marker) -> Marker:
    """The marker with all files of a closed folder; reads only what changed since `before`."""
    known = before.seal or {}
    return before.model_copy(
        update={"seal": {name: _sealed(folder / name, known.get(name)) for name in _files(folder)}}
    )


def has_left_seal(folder: Path, marker: Marker) -> str | None:
    """What differs from the seal; None when nothing does. Content is read where times differ."""
    sealed = marker.seal or {}
    found = _files(folder)
    if missing := sorted(sealed.keys() - found):
        return f"{missing[0]} is missing"
    if foreign := sorted(found - sealed.keys()):
        return f"{foreign[0]} does not belong to it"
    for name in sorted(found):
        now = _sealed(folder / name, sealed[name])
        if (now.size, now.sha256) != (sealed[name].size, sealed[name].sha256):
            return f"{name} was changed from outside or is damaged"
    return None


def is_untouched(folder: Path) -> bool:
    """Whether Chroma has not written anything there yet."""
    return not _files(folder)


def look_over(folder: Path) -> str | None:
    """What is visibly wrong with a folder that a crash left; None when it may be tried."""
    database = folder / _DATABASE
    if not database.is_file():
        return f"{_DATABASE} is missing"
    try:
        # Writable: what a crash left half-written is taken back first.
        with closing(sqlite3.connect(database, timeout=5)) as connection:
            verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return f"{_DATABASE} cannot be read: {error}"
    if verdict != "ok":
        return f"{_DATABASE} is damaged: {verdict}"
    for segment in folder.iterdir():
        names = {file.name for file in segment.iterdir()} if segment.is_dir() else set()
        if names and (missing := sorted(_SEGMENT - names)):
            return f"{segment.name}/{missing[0]} is missing"
    return None


def try_out(
    folder: Path, lock: FolderLock, sample: Sequence[tuple[int, bytes]],
    counts: range, stopping: Callable[[], bool],
) -> str | None:  # fmt: skip
    """Open a folder in another process and search it for a sample of its vectors.

    Damaged files can make Chroma search for ever, so it has a time in proportion to its size.
    `counts`: how many vectors it may hold. None when it answered well. Raises InterruptedError
    when `stopping` says so meanwhile.
    """
    seconds = TRIAL_SECONDS + counts[-1] // TRIAL_VECTORS_A_SECOND
    given = json.dumps([(number, base64.b64encode(vector).decode()) for number, vector in sample])
    # From a file: a pipe holds less than the sample, and would have to be fed while waiting.
    with tempfile.TemporaryFile("w+") as questions, subprocess.Popen(
        [sys.executable, "-P", "-m", "genesis.storage.vector_index", str(folder), str(seconds)],
        stdin=_rewound(questions, given), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
        # It shares the ownership: if this process dies, nobody opens the folder beside it.
        pass_fds=(lock.file.fileno(),),
    ) as child:  # fmt: skip
        try:
            answer = _answer(child, seconds, stopping)
        finally:
            child.kill()
    if answer is None:
        return f"opening it took more than {seconds} s"
    if child.returncode != 0:
        return f"opening it ended with code {child.returncode}"
    outcome = json.loads(answer)
    if outcome["count"] not in counts:
        return f"it holds {outcome['count']} vectors instead of {counts.start} to {counts[-1]}"
    if outcome["wrong"]:
        return f"{outcome['wrong']} of {len(sample)} vectors are wrong or not found"
    return None


def _rewound(file: IO[str], content: str) -> IO[str]:
    file.write(content)
    file.flush()
    file.seek(0)
    return file


def _answer(
    child: subprocess.Popen[str], seconds: float, stopping: Callable[[], bool]
) -> str | None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            return child.communicate(timeout=0.2)[0]
        except subprocess.TimeoutExpired:
            if stopping():
                raise InterruptedError from None
    return None


def _files(folder: Path) -> set[str]:
    """Paths of all files in a folder but the marker's, relative to it."""
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return found - {_MARKER, f"{_MARKER}.new"}


def _sealed(path: Path, before: SealedFile | None) -> SealedFile:
    status = path.stat()
    if before and (before.size, before.mtime_ns) == (status.st_size, status.st_mtime_ns):
        return before
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return SealedFile(size=status.st_size, mtime_ns=status.st_mtime_ns, sha256=digest)
