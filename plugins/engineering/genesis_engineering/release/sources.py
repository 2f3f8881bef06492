"""The Python packages of a repository, and their files as they were at a commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from genesis_engineering.files import MAX_BYTES
from genesis_engineering.git import run_git

_SECONDS = 120
_MOST_FILES = 4000
_NOT_SHIPPED = frozenset(
    {"test", "tests", "testing", "docs", "doc", "docs_src", "example", "examples", "scripts",
     "script", "tools", "benchmark", "benchmarks", "bench", "samples", "sample", "demo", "demos",
     "tasks", "ci", "build", "dist", "vendor", "_vendor", "third_party", "node_modules",
     "site-packages", "fixtures", "templates", "e2e", "integration_tests", "contrib"}
)  # fmt: skip
_NO_MODULES = frozenset(
    {"setup.py", "conftest.py", "noxfile.py", "tasks.py", "fabfile.py", "dodo.py", "manage.py",
     "__init__.py", "__main__.py"}
)  # fmt: skip
_DEEPEST = 4


@dataclass(frozen=True)
class Package:
    """An importable package or module; `root` is the folder that holds it, "" for the top."""

    name: str
    root: str

    @property
    def folder(self) -> str:
        """Its path without a suffix."""
        return f"{self.root}/{self.name}" if self.root else self.name

    def holds(self, path: str) -> bool:
        """Whether a file belongs to it."""
        return path == f"{self.folder}.py" or path.startswith(f"{self.folder}/")


@dataclass(frozen=True)
class Blob:
    """A file at a commit; `size` in bytes."""

    path: str
    id: str
    size: int


def list_blobs(repository: Path, commit: str) -> list[Blob]:
    """The regular files of a commit. Raises OSError."""
    listed = run_git(repository, "ls-tree", "-r", "-z", "-l", commit, seconds=_SECONDS)
    if listed.returncode != 0:
        message = listed.stderr.decode("utf-8", errors="replace").strip()
        raise OSError(f"git cannot list the files of {commit}: {message}")
    found = []
    for line in listed.stdout.decode("utf-8", errors="surrogateescape").split("\0"):
        about, _, path = line.partition("\t")
        fields = about.split()
        if len(fields) == 4 and fields[0] in ("100644", "100755") and fields[3].isdecimal():
            found.append(Blob(path, fields[2], int(fields[3])))
    return found


def find_packages(paths: Iterable[str]) -> list[Package]:
    """The top packages among the files of a commit, or the modules where there is no package.

    What lies in folders of tests, documents or examples is not shipped; nor are names that begin
    with an underscore.
    """
    python = [PurePosixPath(path) for path in paths if path.endswith(".py")]
    folders = {path.parent for path in python if path.name == "__init__.py"}
    tops = [
        folder
        for folder in sorted(folders)
        if folder.name and folder.parent not in folders and _is_shipped(folder)
    ]
    found = [Package(top.name, _text(top.parent)) for top in tops]
    if found:
        return found
    modules = [path for path in python if path.name not in _NO_MODULES and _is_shipped(path.parent)]
    return [
        Package(path.stem, _text(path.parent))
        for path in sorted(modules)
        if _text(path.parent) in ("", "src") and _is_name(path.stem)
        and not path.stem.startswith("test_")
    ]  # fmt: skip


def write_sources(
    repository: Path, blobs: Iterable[Blob], packages: Iterable[Package], folder: Path
) -> int:
    """Write the Python files of packages below a folder, by their paths; gives the number of those
    left out (over 1 MB, or beyond 4,000 files). Raises OSError."""
    wanted = [
        blob
        for blob in blobs
        if blob.path.endswith((".py", ".pyi")) and _is_plain(blob.path)
        and any(package.holds(blob.path) for package in packages)
    ]  # fmt: skip
    kept = [blob for blob in wanted if blob.size <= MAX_BYTES][:_MOST_FILES]
    for blob, text in zip(kept, read_blobs(repository, kept), strict=True):
        target = folder / blob.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text)
    return len(wanted) - len(kept)


def read_blobs(repository: Path, blobs: list[Blob]) -> list[bytes]:
    """What stands in each of the files. Raises OSError when git has not all of them."""
    asked = "".join(f"{blob.id}\n" for blob in blobs).encode()
    answer = run_git(repository, "cat-file", "--batch", seconds=_SECONDS, given=asked).stdout
    found, at = [], 0
    for blob in blobs:
        end = answer.find(b"\n", at)
        header = answer[at:end].split()
        if end < 0 or len(header) != 3 or header[1] != b"blob":
            raise OSError(f"git has no {blob.path} of that commit; the clone is not complete.")
        begin = end + 1
        at = begin + int(header[2]) + 1
        found.append(answer[begin : at - 1])
    return found


def _is_plain(path: str) -> bool:
    """Whether a path can be written below a folder: git itself allows any name in a tree."""
    parts = PurePosixPath(path).parts
    is_text = path.isprintable() and path.isascii()
    return is_text and not path.startswith("/") and not {"..", ".git"} & set(parts)


def _is_shipped(folder: PurePosixPath) -> bool:
    parts = folder.parts
    hidden = any(part.startswith((".", "test_")) or part.lower() in _NOT_SHIPPED for part in parts)
    is_public = not parts or (_is_name(parts[-1]) and not parts[-1].startswith("_"))
    return not hidden and len(parts) <= _DEEPEST and is_public


def _is_name(text: str) -> bool:
    return text.isidentifier() and text.isascii()


def _text(folder: PurePosixPath) -> str:
    return "" if folder == PurePosixPath() else folder.as_posix()
