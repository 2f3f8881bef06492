"""Which paths git ignores: a file that a build makes is missing on purpose."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from genesis_engineering.git import run_git


def ignored_paths(repository: Path, paths: list[str]) -> set[str]:
    """Those of the paths, relative to the repository, that its ignore rules cover."""
    asked = sorted({path for path in paths if path and not is_behind_link(repository, path)})
    if not asked:
        return set()
    listed = run_git(
        repository, "check-ignore", "-z", "--stdin", seconds=60,
        # A name may begin like pathspec magic: `:(glob)`.
        given="\0".join(f"./{path}" for path in asked).encode("utf-8", errors="surrogateescape"),
    )  # fmt: skip
    answer = listed.stdout.decode("utf-8", errors="surrogateescape").split("\0")
    return {path.removeprefix("./") for path in answer} - {""}


def is_behind_link(repository: Path, path: str) -> bool:
    """Whether a folder on the way to a path is a link: what is there may lie anywhere.

    git refuses a whole question when one path of it leads through a symbolic link.
    """
    return any((repository / parent).is_symlink() for parent in PurePosixPath(path).parents)
