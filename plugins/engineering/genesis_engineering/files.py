"""Which files of a repository are its own: not ignored, not vendored, not generated."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from genesis_engineering.git import run_git
from genesis_engineering.vendored import bundled_folders

_VENDORED = frozenset(
    {"vendor", "vendored", "_vendor", "third_party", "thirdparty", "node_modules", "site-packages",
     "bower_components", ".venv", "venv", ".tox", ".nox", ".eggs", ".ansible", "dist",
     "__pycache__"}
)  # fmt: skip
# Copies of the repository itself, which tools check out below it.
_WORKTREES = re.compile(r"(^|/)\.([^/]+/)?worktrees$")
# `cargo vendor` writes this into every crate that it copies, whatever folder it copies them to.
_CARGO_VENDOR = "/.cargo-checksum.json"
# In a comment: program text that only speaks of such marks is not generated.
_GENERATED = re.compile(
    r"^\s*(#|//|/\*|\*|--|<!--|;|%|\"\"\").*"
    r"(@generated|DO NOT EDIT|[Aa]utomatically generated|[Aa]uto-?generated)",
    re.MULTILINE,
)
# The same in a comment of several lines at the top.
_GENERATED_BELOW = re.compile(
    r"\A\s*(\{#|<!--|/\*|<%#|\{\{!)((?!#\}|-->|\*/|%>|\}\}).){0,500}?"
    r"(@generated|DO NOT EDIT|[Aa]utomatically generated|[Aa]uto-?generated)",
    re.DOTALL,
)
_TEST_FOLDERS = frozenset(
    {
        "test",
        "tests",
        "testing",
        "testdata",
        "testapp",
        "testproject",
        "fixtures",
        "__tests__",
        "spec",
        "t",
        "molecule",
    }
)
_TEST_FOLDER = re.compile(
    r"(e2e|end[-_]to[-_]end|integration|unit|functional|acceptance|system|smoke|regression|load|"
    r"perf|performance|browser|ui|upgrade)[-_]tests?|test[-_]\w[\w-]*"
)
MAX_BYTES = 1_000_000
# A longer line is data or the output of a tool, and parsers take their time over it.
LONGEST_LINE = 20_000


@dataclass(frozen=True)
class RepositoryFile:
    """One file; `path` is relative to the repository, with forward slashes."""

    path: str
    absolute: Path
    size: int

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.path).suffix.lower()

    @property
    def is_test(self) -> bool:
        """Whether the file is a test or data of one, by its name and folders."""
        pure = PurePosixPath(self.path)
        stem = pure.stem.lower()
        named = stem.startswith(("test_", "testsettings")) or stem.endswith(
            ("_test", ".test", ".spec")
        )
        in_folder = any(
            part in _TEST_FOLDERS or _TEST_FOLDER.fullmatch(part)
            for part in map(str.lower, pure.parts[:-1])
        )
        return named or in_folder or stem == "conftest"

    def read_text(self) -> str | None:
        """The text, or None where there is none: binary, gone, unreadable, over 1 MB, generated."""
        if self.size > MAX_BYTES:
            return None
        raw = _read_regular(self.absolute)
        if raw is None or len(raw) > MAX_BYTES:
            return None
        if b"\0" in raw[:8192]:
            return None
        text = raw.decode("utf-8", errors="replace")
        head = text[:600]
        return None if _GENERATED.search(head) or _GENERATED_BELOW.match(head) else text


def _read_regular(path: Path) -> bytes | None:
    """The first bytes of a file, one more than are allowed; None for whatever is no plain file.

    It may have become a link, a pipe or a larger file since it was listed.
    """
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            return None
        try:
            return file.read(MAX_BYTES + 1)
        except OSError:
            return None


def has_long_line(text: str) -> bool:
    """Whether a line of the text is longer than 20,000 characters."""
    if len(text) <= LONGEST_LINE:
        return False
    return max(map(len, text.split("\n"))) > LONGEST_LINE


def list_files(repository: Path) -> list[RepositoryFile]:
    """The repository's own files in order of path; links and special files are left out.

    So is what lies behind a link, wherever it leads. Raises OSError when git cannot list them.
    """
    listed = run_git(
        repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard", seconds=120
    )
    if listed.returncode != 0:
        message = listed.stderr.decode("utf-8", errors="replace").strip()
        raise OSError(f"git cannot list the files of {repository}: {message}")
    names = {name.decode("utf-8", errors="surrogateescape") for name in listed.stdout.split(b"\0")}
    vendored = {name.rpartition("/")[0] for name in names if name.endswith(_CARGO_VENDOR)}
    vendored |= bundled_folders(names, lambda name: _read_short(repository, name), repository.name)
    folders = _Folders(repository, vendored)
    found = []
    for name in sorted(names - {""}):
        folder = name.rpartition("/")[0]
        if not folders.is_own(folder):
            continue
        absolute = os.path.join(repository, name)
        try:
            status = os.lstat(absolute)
        except OSError:  # deleted, or renamed to something else, a moment ago or long since
            continue
        if stat.S_ISREG(status.st_mode):
            printable = name.encode("utf-8", errors="replace").decode("utf-8")
            found.append(RepositoryFile(printable, Path(absolute), status.st_size))
    return found


def _read_short(repository: Path, name: str) -> str | None:
    """The first 1 MB of a listed file as text; None for what is no plain file, or behind a link."""
    if any((repository / parent).is_symlink() for parent in PurePosixPath(name).parents):
        return None
    raw = _read_regular(repository / name)
    return None if raw is None else raw.decode("utf-8", errors="replace")


def read_named(repository: Path, name: str) -> str | None:
    """The text of a file in the repository's top folder, or None, as `RepositoryFile.read_text`."""
    absolute = repository / name
    try:
        size = os.lstat(absolute).st_size
    except OSError:
        return None
    return RepositoryFile(name, absolute, size).read_text()


class _Folders:
    """Knows which folders are the repository's own: not vendored, and no link on the way."""

    def __init__(self, repository: Path, vendored: set[str]) -> None:
        self._repository = repository
        self._known = {**dict.fromkeys(vendored, False), "": True}

    def is_own(self, folder: str) -> bool:
        if folder not in self._known:
            above, _, name = folder.rpartition("/")
            is_foreign = name in _VENDORED or _WORKTREES.search(folder) is not None
            self._known[folder] = not is_foreign and self.is_own(above) and self._is_there(folder)
        return self._known[folder]

    def _is_there(self, folder: str) -> bool:
        try:
            return stat.S_ISDIR(os.lstat(os.path.join(self._repository, folder)).st_mode)
        except OSError:
            return False
