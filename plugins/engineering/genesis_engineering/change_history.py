"""How often files changed, from git's history."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from genesis_engineering.git import run_git

_SECONDS = 20


def count_changes(repository: Path, since: str = "1 year ago") -> dict[str, int]:
    """Commits that touched each path since then; {} without history or when git takes over 20 s."""
    try:
        done = run_git(
            repository, "log", f"--since={since}", "--no-merges", "--no-renames", "--relative",
            "--name-only", "-z", "--format=", seconds=_SECONDS,
        )  # fmt: skip
    except OSError:
        return {}
    if done.returncode != 0:
        return {}
    names = (name.strip(b"\n") for name in done.stdout.split(b"\0"))
    return dict(Counter(name.decode("utf-8", errors="replace") for name in names if name))
