"""The releases of a repository: its tags that name a version."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from genesis_engineering.git import run_git

_SECONDS = 60
# In `v1.2`, `1.2.3rc1`, `shop-1.2`, `shop/v1.2`, `@scope/shop@1.2`, `rel_1_2` a version begins
# with a digit that stands first, or behind one of these words and marks.
_BEGIN = re.compile(
    r"(?:(?<=[-_/@])|(?<![a-z])(?:version|release|rel|v|r)[-_. ]?|^)(?=\d)", re.IGNORECASE
)
_PLAIN = frozenset({"v", "version", "release", "rel", "r"})


@dataclass(frozen=True)
class Release:
    """A tagged release: `name` is what stands before the version, in lower case, `day` ISO 8601."""

    tag: str
    name: str
    version: Version
    commit: str
    day: str


@dataclass(frozen=True)
class Head:
    """What is to be released: its commit, whether the history before it is cut off (a shallow
    clone), and how many files differ from it in the checkout."""

    commit: str
    is_shallow: bool
    changed_files: int


def read_head(repository: Path) -> Head | None:
    """The commit that is checked out; None when there is none yet. Raises OSError."""
    found = run_git(repository, "rev-parse", "--verify", "-q", "HEAD^{commit}", seconds=_SECONDS)
    if found.returncode != 0:
        return None
    shallow = run_git(repository, "rev-parse", "--is-shallow-repository", seconds=_SECONDS)
    status = run_git(
        repository, "status", "--porcelain", "-z", "--untracked-files=no", seconds=_SECONDS
    )
    changed = status.stdout.count(b"\0") if status.returncode == 0 else 0
    return Head(found.stdout.decode().strip(), shallow.stdout.strip() == b"true", changed)


def releases(repository: Path) -> list[Release]:
    """The releases that the checked out commit contains, the highest version first. Raises OSError.

    Where tags carry several names (a repository of many packages), those without a name count, or
    else those of the name that was released last.
    """
    form = "%(refname:strip=2)%00%(objectname)%00%(*objectname)%00%(creatordate:short)"
    listed = run_git(
        repository, "for-each-ref", "--merged=HEAD", f"--format={form}", "refs/tags",
        seconds=_SECONDS,
    )  # fmt: skip
    lines = listed.stdout.decode("utf-8", errors="replace").splitlines()
    found = [one for one in map(_read, lines) if one is not None]
    return sorted(_of_one_name(found), key=lambda one: (one.version, one.day), reverse=True)


def _read(line: str) -> Release | None:
    fields = line.split("\0")
    if len(fields) != 4:
        return None
    tag, own, target, day = fields
    for found in _BEGIN.finditer(tag[:200]):
        try:
            version = Version(tag[found.end() :].replace("_", "."))
        except InvalidVersion:
            continue
        name = tag[: found.start()].strip("-_/@.").lower()
        name = "" if name in _PLAIN else name
        # `build-42` counts builds; a release has a dot.
        if not name or len(version.release) > 1:
            return Release(tag, name, version, target or own, day)
    return None


def _of_one_name(found: Iterable[Release]) -> list[Release]:
    by_name: dict[str, list[Release]] = {}
    for release in found:
        by_name.setdefault(release.name, []).append(release)
    if "" in by_name:
        return by_name[""]
    return max(by_name.values(), key=lambda some: max(one.day for one in some), default=[])
