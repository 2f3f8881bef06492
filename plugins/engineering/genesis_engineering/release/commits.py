"""The commits since a release: what they say, what they touch, and which took back which."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from genesis_engineering.git import run_git

MOST_COMMITS = 5000
_SECONDS = 120
_FIELDS = ("%H", "%P", "%aN", "%as", "%s", "%b")
_CONVENTIONAL = re.compile(
    r"(?P<type>[A-Za-z]+)(?:\((?P<scope>[^()]{1,60})\))?(?P<breaking>!?): +(?P<text>\S.*)"
)
TYPES = frozenset(
    {"feat", "fix", "docs", "style", "refactor", "perf", "test", "tests", "build", "ci", "chore",
     "revert", "deps"}
)  # fmt: skip
_BREAKING = re.compile(r"^BREAKING[ -]CHANGE: *(.+)", re.MULTILINE)
_REVERTS = re.compile(r"\bThis reverts commit ([0-9a-f]{7,40})\b")
_LEAST_SHARE = 0.5


@dataclass(frozen=True)
class Commit:
    """A commit that is no merge. `type`, `scope` and `text` are those of a conventional subject
    (`type` "" for another one, then `text` is the subject); `breaking` is what it says breaks.
    """

    id: str
    author: str
    day: str
    text: str
    type: str = ""
    scope: str = ""
    breaking: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Changes:
    """The commits since a release, newest first, without those that were taken back (`undone`) and
    without merges."""

    commits: tuple[Commit, ...]
    merges: int
    undone: int
    is_cut: bool

    @property
    def are_conventional(self) -> bool:
        """Whether at least half of the commits say their type."""
        typed = sum(bool(commit.type) for commit in self.commits)
        return bool(self.commits) and typed >= _LEAST_SHARE * len(self.commits)

    @property
    def authors(self) -> list[str]:
        """Who wrote them, most commits first."""
        counted = Counter(commit.author for commit in self.commits)
        return [name for name, _count in sorted(counted.items(), key=lambda one: (-one[1], one[0]))]


def read_changes(repository: Path, since: str | None) -> Changes:
    """The newest 5,000 commits after a commit, or all of the history. Raises OSError."""
    span = f"{since}..HEAD" if since else "HEAD"
    logged = run_git(
        repository, "log", "-z", f"--max-count={MOST_COMMITS + 1}",
        f"--format={'%x00'.join(_FIELDS)}", span, seconds=_SECONDS,
    )  # fmt: skip
    if logged.returncode != 0:
        message = logged.stderr.decode("utf-8", errors="replace").strip()
        raise OSError(f"git cannot read the history of {repository}: {message}")
    texts = logged.stdout.decode("utf-8", errors="replace").split("\0")
    width = len(_FIELDS)
    starts = range(0, len(texts) - width + 1, width)
    rows = [tuple(texts[at : at + width]) for at in starts]
    touched = _touched(repository, span)
    kept, undone = _without_undone(rows[:MOST_COMMITS])
    merges = [row for row in kept if " " in row[1]]
    commits = tuple(_commit(row, touched.get(row[0], ())) for row in kept if " " not in row[1])
    return Changes(commits, len(merges), undone, len(rows) > MOST_COMMITS)


def _touched(repository: Path, span: str) -> dict[str, tuple[str, ...]]:
    """The paths that each commit changed."""
    listed = run_git(
        repository, "log", "-z", f"--max-count={MOST_COMMITS}", "--no-merges", "--no-renames",
        "--name-only", "--format=%x01%H", span, seconds=_SECONDS,
    )  # fmt: skip
    found: dict[str, tuple[str, ...]] = {}
    for part in listed.stdout.decode("utf-8", errors="replace").split("\x01")[1:]:
        commit, *names = part.split("\0")
        found[commit.strip()] = tuple(name.strip("\n") for name in names if name.strip("\n"))
    return found


def _without_undone(
    rows: Sequence[tuple[str, ...]],
) -> tuple[list[tuple[str, ...]], int]:
    """The rows without commits that later ones take back, and without those; and their number.

    A revert that was itself taken back takes nothing back.
    """
    ids = {row[0] for row in rows}
    gone: set[str] = set()
    for row in rows:
        named = _REVERTS.search(row[5]) if row[0] not in gone else None
        target = _full_id(named[1], ids) if named else None
        if target is not None:
            gone |= {row[0], target}
    return [row for row in rows if row[0] not in gone], len(gone)


def _full_id(named: str, ids: set[str]) -> str | None:
    return named if named in ids else next((one for one in ids if one.startswith(named)), None)


def _commit(row: tuple[str, ...], files: tuple[str, ...]) -> Commit:
    commit, _parents, author, day, subject, body = row
    found = _CONVENTIONAL.fullmatch(subject)
    footer = _BREAKING.search(body)
    if found is None or found["type"].lower() not in TYPES:
        breaking = footer[1] if footer else ""
        return Commit(commit, author, day, subject, breaking=breaking, files=files)
    breaking = footer[1] if footer else found["text"] if found["breaking"] else ""
    return Commit(
        commit, author, day, found["text"], found["type"].lower(), found["scope"] or "", breaking,
        files,
    )  # fmt: skip
