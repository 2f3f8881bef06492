"""A copy of the checkout for the tests to run in: whatever they delete or write is not the user's.

Everything is copied that lies in the checkout, ignored files too, because a suite may need what a
build left there (a version file, compiled modules). Left out are environments, caches, `.env` files
(they hold secrets), and files over 64 MB. Installed packages of node are linked, not copied. The
copy is a git repository of its own that borrows the objects of the checkout.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from genesis.errors import GenesisError

from genesis_engineering.files import RepositoryFile
from genesis_engineering.verification.node_modules import link_modules

MAX_FILE_BYTES = 64 * 2**20
MAX_BYTES = 2 * 2**30
MAX_FILES = 300_000
_GIT_SECONDS = 60
_LEFT_OUT = frozenset(
    {".git", ".hg", ".svn", ".genesis", ".compound-state", ".tox", ".nox", "__pycache__",
     ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".cache", ".gradle",
     ".parcel-cache", ".next", ".nuxt", ".turbo", ".direnv"}
)  # fmt: skip
_SECRETS = re.compile(r"\.env(\.\w+)?|\.netrc|\.pypirc")
_EXAMPLES = re.compile(r"\.env\.(example|sample|template|dist|test|testing|ci)")


class CopyError(GenesisError):
    """The checkout cannot be copied; the message says why and what to do."""


@dataclass
class WorkingCopy:
    """The copy. `left_out` are paths of files that are too large or cannot be read."""

    root: Path
    files: int = 0
    size: int = 0
    left_out: list[str] = field(default_factory=list)


def copy_checkout(repository: Path, target: Path, own: Path, until: float) -> WorkingCopy:
    """Copy the checkout to `target`, which does not exist yet; `own` is a folder to leave out.

    `until` is a `time.monotonic()`. Raises CopyError for a checkout with more than 300,000 files
    or 2 GB, or one that takes longer, or for which the disk has no room.
    """
    copy = WorkingCopy(target)
    target.mkdir(parents=True)
    room = shutil.disk_usage(target).free // 2
    waiting = [(str(repository), str(target))]
    try:
        while waiting:
            source, into = waiting.pop()
            for entry in _entries(source):
                if entry.path != str(own):
                    _copy_entry(entry, os.path.join(into, entry.name), copy, waiting)
                _check(copy, repository, room, until)
    except OSError as error:
        raise CopyError(
            f"{repository} cannot be copied to {target}: {error}. Tests are run in a copy of the "
            "checkout; set TMPDIR to a folder on a disk with room for it."
        ) from error
    _add_history(repository, target)
    return copy


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """The entries of a folder in order of name; none of one that cannot be read."""
    try:
        with os.scandir(folder) as found:
            yield from sorted(found, key=lambda entry: entry.name)
    except PermissionError:
        return


def _copy_entry(
    entry: os.DirEntry[str],
    into: str,
    copy: WorkingCopy,
    waiting: list[tuple[str, str]],
) -> None:
    if entry.is_symlink():
        if entry.name not in _LEFT_OUT and not _is_environment(entry.path):
            os.symlink(os.readlink(entry.path), into)
    elif entry.is_dir():
        if entry.name == "node_modules":
            link_modules(Path(entry.path), Path(into))
        elif not _is_left_out(entry):
            os.mkdir(into)
            waiting.append((entry.path, into))
    elif not _holds_secrets(entry.name, os.path.relpath(into, copy.root)):
        _copy_file(entry, into, copy)


def _holds_secrets(name: str, relative: str) -> bool:
    """Whether a file holds the user's secrets: one among the tests is data of a test."""
    if not _SECRETS.fullmatch(name) or _EXAMPLES.fullmatch(name):
        return False
    return not RepositoryFile(relative.replace(os.sep, "/"), Path(relative), 0).is_test


def _copy_file(entry: os.DirEntry[str], into: str, copy: WorkingCopy) -> None:
    """A regular file; pipes, sockets and devices are no part of a checkout."""
    about = entry.stat(follow_symlinks=False)
    if not stat.S_ISREG(about.st_mode):
        return
    copy.files += 1
    relative = os.path.relpath(into, copy.root)
    if about.st_size > MAX_FILE_BYTES:
        copy.left_out.append(relative)
        return
    copy.size += about.st_size
    try:
        shutil.copy2(entry.path, into, follow_symlinks=False)
    except (PermissionError, FileNotFoundError):
        copy.left_out.append(relative)


def _is_left_out(entry: os.DirEntry[str]) -> bool:
    if entry.name in _LEFT_OUT or _is_environment(entry.path):
        return True
    built_by_cargo = entry.name == "target" and os.path.exists(f"{entry.path}/CACHEDIR.TAG")
    return built_by_cargo or os.path.exists(f"{entry.path}/conda-meta")


def _is_environment(path: str) -> bool:
    return os.path.exists(os.path.join(path, "pyvenv.cfg"))


def _check(copy: WorkingCopy, repository: Path, room: int, until: float) -> None:
    reason = ""
    if copy.files > MAX_FILES:
        reason = f"has more than {MAX_FILES:,} files"
    elif copy.size > min(MAX_BYTES, room):
        reason = f"is larger than {min(MAX_BYTES, room) // 2**20:,} MB"
    elif time.monotonic() > until:
        reason = f"takes too long to copy ({copy.files:,} files so far)"
    if reason:
        raise CopyError(
            f"{repository} {reason}. Tests are run in a copy of the checkout, so that they cannot "
            "harm it: run these tests yourself, or remove what is built or downloaded there, or "
            "set TMPDIR to a folder on a disk with more room."
        )


def _add_history(repository: Path, target: Path) -> None:
    """Give the copy a `.git` of its own, at the same commit, without a remote to push to.

    Suites and build tools ask git for files and versions. Without git, without commits, or with a
    repository that cannot be cloned, the copy has no history.
    """
    beside = target.with_name(target.name + ".git-clone")
    clone = [
        "git",
        "clone",
        "-q",
        "--shared",
        "--no-checkout",
        str(repository),
        str(beside),
    ]
    in_copy = ["git", "-C", str(target), "-c", "core.hooksPath=/dev/null"]
    if not (repository / ".git").exists() or not _run(clone):
        shutil.rmtree(beside, ignore_errors=True)
        return
    with suppress(OSError):
        (beside / ".git").rename(target / ".git")
    shutil.rmtree(beside, ignore_errors=True)
    _run([*in_copy, "remote", "remove", "origin"])
    _run([*in_copy, "reset", "-q"])


def _run(command: list[str]) -> bool:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_GIT_SECONDS,
            env=environment | {"GIT_TERMINAL_PROMPT": "0"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
