"""Which files of a repository are its own: not ignored, not vendored, not generated."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_VENDORED = frozenset(
    {"vendor", "vendored", "_vendor", "third_party", "thirdparty", "node_modules", "site-packages",
     "bower_components", ".venv", "venv", ".tox", ".nox", ".eggs", "dist", "__pycache__"}
)  # fmt: skip
# In a comment: program text that only speaks of such marks is not generated.
_GENERATED = re.compile(
    r"^\s*(#|//|/\*|\*|--|<!--|;|%|\"\"\").*"
    r"(@generated|DO NOT EDIT|[Aa]utomatically generated|[Aa]uto-?generated)",
    re.MULTILINE,
)
_TEST_FOLDERS = frozenset(
    {"test", "tests", "testing", "testdata", "fixtures", "__tests__", "spec", "t"}
)
MAX_BYTES = 1_000_000


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
        named = stem.startswith("test_") or stem.endswith(("_test", ".test", ".spec"))
        in_folder = any(part.lower() in _TEST_FOLDERS for part in pure.parts[:-1])
        return named or in_folder or stem == "conftest"

    def read_text(self) -> str | None:
        """The text, or None where there is none: binary, gone, unreadable, over 1 MB, generated."""
        if self.size > MAX_BYTES:
            return None
        try:
            raw = self.absolute.read_bytes()
        except OSError:
            return None
        if b"\0" in raw[:8192]:
            return None
        text = raw.decode("utf-8", errors="replace")
        return None if _GENERATED.search(text[:600]) else text


def list_files(repository: Path) -> list[RepositoryFile]:
    """The repository's own files in order of path; links and special files are left out."""
    listed = subprocess.run(
        ["git", "-C", str(repository), "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"],
        capture_output=True, timeout=120,
    )  # fmt: skip
    if listed.returncode != 0:
        message = listed.stderr.decode("utf-8", errors="replace").strip()
        raise OSError(f"git cannot list the files of {repository}: {message}")
    names = {name.decode("utf-8", errors="surrogateescape") for name in listed.stdout.split(b"\0")}
    found = []
    for name in sorted(names - {""}):
        if any(part in _VENDORED for part in PurePosixPath(name).parts[:-1]):
            continue
        absolute = repository / name
        if absolute.is_symlink() or not absolute.is_file():
            continue
        printable = name.encode("utf-8", errors="replace").decode("utf-8")
        found.append(RepositoryFile(printable, absolute, absolute.stat().st_size))
    return found
