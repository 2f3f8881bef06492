"""Which paths git ignores: a file that a build makes is missing on purpose."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath


def ignored_paths(repository: Path, paths: list[str]) -> set[str]:
    """Those of the paths, relative to the repository, that its ignore rules cover."""
    asked = sorted({path for path in paths if path and not _is_behind_link(repository, path)})
    if not asked:
        return set()
    listed = subprocess.run(
        ["git", "-C", str(repository), "check-ignore", "-z", "--stdin"],
        input="\0".join(asked).encode("utf-8", errors="surrogateescape"),
        capture_output=True, timeout=60,
    )  # fmt: skip
    return set(listed.stdout.decode("utf-8", errors="surrogateescape").split("\0")) - {""}


def _is_behind_link(repository: Path, path: str) -> bool:
    # git refuses the whole question when one path leads through a symbolic link.
    return any((repository / parent).is_symlink() for parent in PurePosixPath(path).parents)
