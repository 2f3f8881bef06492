"""A repository with releases, for tests of the release kit."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from genesis.contracts import TaskResult
from genesis.testing import run_tool

_TOOL = "genesis_engineering.release.kit:prepare_release"


class ReleaseRepository:
    """A checkout to commit to; `kit` runs the tool on it, and leaves its files in `folder`."""

    def __init__(self, root: Path) -> None:
        self.path = root / "repository"
        self.folder = root / "attempt"
        self.path.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str, author: str = "Ann") -> str:
        """Run git in it; gives what it prints."""
        who = {"GIT_AUTHOR_NAME": author, "GIT_AUTHOR_EMAIL": f"{author}@example.org".lower(),
               "GIT_COMMITTER_NAME": author, "GIT_COMMITTER_EMAIL": "c@example.org"}  # fmt: skip
        done = subprocess.run(
            ["git", "-C", str(self.path), "-c", "commit.gpgsign=false", *arguments],
            check=True, capture_output=True, text=True, env={**os.environ, **who},
        )  # fmt: skip
        return done.stdout.strip()

    def commit(self, message: str, author: str = "Ann", **files: str | None) -> str:
        """Write files (None removes one; `__` in a name is a slash, `_dot_` a dot) and commit
        everything; gives the id."""
        for name, text in files.items():
            path = self.path / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink() if text is None else path.write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, author=author)
        return self.git("rev-parse", "HEAD")

    def write(self, path: str, text: str) -> None:
        """Write a file without a commit."""
        (self.path / path).parent.mkdir(parents=True, exist_ok=True)
        (self.path / path).write_text(text, encoding="utf-8")

    def kit(self) -> TaskResult:
        """The result of the tool."""
        return run_tool(_TOOL, self.path, self.folder, kind="release")

    @property
    def data(self) -> dict[str, object]:
        found = json.loads((self.folder / "release.json").read_text())
        assert isinstance(found, dict)
        return found

    @property
    def changelog(self) -> str:
        return (self.folder / "changelog.md").read_text()

    @property
    def notes(self) -> str:
        return (self.folder / "release-notes.md").read_text()

    def names(self) -> dict[str, tuple[str, bool]]:
        """What changed of each public name, and whether that breaks callers."""
        rows = self.data["names"]
        assert isinstance(rows, list)
        return {row["name"]: (row["what"], row["breaking"]) for row in rows}
