"""The repository as the infrastructure tools ask for it: by path, manifests and locks included."""

from __future__ import annotations

import fnmatch
import os
import posixpath
import re
import stat
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from genesis.contracts import ToolContext
from genesis.errors import GenesisError

from genesis_engineering.archives import is_source_archive
from genesis_engineering.files import MAX_BYTES, RepositoryFile, list_files
from genesis_engineering.reporting import is_secondary

_TEMPLATE_PATH = re.compile(
    r"\{\{|\{%|templat|skeleton|cookiecutter|scaffold|boilerplate|archetype", re.IGNORECASE
)
_FIXTURE_PATH = re.compile(
    r"(^|/)(_?fixtures?|mocks?|snapshots?|test-?data|corpus)/", re.IGNORECASE
)
_LEAST_SECONDS = 5.0


class OutOfTimeError(GenesisError):
    """The attempt's time is nearly over: what was found is to be reported now."""


class Tree:
    """The own files of a repository; paths are relative to it, with forward slashes."""

    def __init__(self, repository: Path, context: ToolContext | None = None) -> None:
        """List the files; `context` is the attempt whose time counts.

        Raises OSError when git cannot list them.
        """
        self.repository = repository
        self._context = context
        self.files = list_files(repository)
        self.by_path = {file.path: file for file in self.files}

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds a file of the repository, at any depth; "" is the root."""
        found = {""}
        for path in self.by_path:
            folder = posixpath.dirname(path)
            while folder and folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(found)

    def check_time(self) -> None:
        """Raises OutOfTimeError five seconds before the attempt's time is over."""
        if self._context is not None and self._context.seconds_left < _LEAST_SECONDS:
            raise OutOfTimeError("The time of this attempt is over.")

    @cached_property
    def is_export(self) -> bool:
        """Whether this is an unpacked source archive: what it lacks, its repository may have."""
        return is_source_archive(self.repository, self.files)

    def exists(self, path: str) -> bool:
        """Whether a file or folder is there, ignored and vendored ones too; outside: True."""
        clean = normalise(path)
        if clean is None:
            return True
        if clean in self.by_path or clean in self.folders:
            return True
        try:
            return (self.repository / clean).exists() or (self.repository / clean).is_symlink()
        except (OSError, ValueError):
            return True

    def read(self, path: str, limit: int = MAX_BYTES) -> str | None:
        """The text of an own file, generated ones too; None: absent, binary or over the limit."""
        file = self.by_path.get(path)
        if file is None or file.size > limit:
            return None
        raw = _read(file.absolute, limit)
        if raw is None or b"\0" in raw[:8192]:
            return None
        return raw.decode("utf-8-sig", errors="replace")

    def named(self, *patterns: str) -> Iterator[RepositoryFile]:
        """Own files whose name matches one of the glob patterns, without fixtures and templates."""
        named = re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns))
        for file in self.files:
            if named.match(posixpath.basename(file.path)) and not is_pretend(file):
                yield file


def _read(path: Path, limit: int) -> bytes | None:
    """The bytes of a plain file of at most `limit` bytes, which it was when it was listed."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            return None
        raw = file.read(limit + 1)
    return raw if len(raw) <= limit else None


def normalise(path: str) -> str | None:
    """A path without `.` and `..`, "" for the root; None when it leads out of the repository."""
    clean = posixpath.normpath(path) if path else "."
    if clean.startswith(("..", "/")):
        return None
    return "" if clean == "." else clean


def is_pretend(file: RepositoryFile) -> bool:
    """Whether a file is data of a test or a template: nobody builds or installs from it here."""
    return bool(file.is_test or _TEMPLATE_PATH.search(file.path) or _FIXTURE_PATH.search(file.path))


def is_minor(path: str) -> bool:
    """Whether a path lies in documentation, examples or benchmarks."""
    return is_secondary(path)
