"""Group the commits of a release, by what they say they do or by what they touch."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath

from genesis_engineering.release.commits import Changes, Commit

_TITLES = {
    "feat": "Added",
    "fix": "Fixed",
    "perf": "Faster",
    "docs": "Documentation",
    "revert": "Taken back",
}
_UPKEEP = "Upkeep"
_ORDER = ("Added", "Fixed", "Faster", "Taken back", "Changed", "Documentation", _UPKEEP)
_LONGEST = 300
_CI = (".github", ".gitlab", ".circleci", ".azure-pipelines", ".gitlab-ci.yml", ".travis.yml",
       ".pre-commit-config.yaml", "tox.ini", "noxfile.py")  # fmt: skip
_TESTS = frozenset({"test", "tests", "testing", "__tests__", "spec"})
_DOCUMENTS = frozenset({"doc", "docs", "examples"})
_MOST_SHARE = 0.8


def group_commits(changes: Changes) -> dict[str, list[Commit]]:
    """The commits by title, in the order in which they are shown, newest first within each."""
    if changes.are_conventional:
        return _by_type(changes.commits)
    return _by_area(changes.commits)


def write_changelog(title: str, changes: Changes) -> str:
    """The section of a changelog in Markdown. What the commits announce as breaking comes first."""
    breaking = [f"- {_line(commit.breaking)} ({commit.id[:9]})" for commit in changes.commits
                if commit.breaking]  # fmt: skip
    parts = [f"## {title}"]
    if breaking:
        parts.append("\n".join(["### Breaking", "", *breaking]))
    for name, commits in group_commits(changes).items():
        parts.append("\n".join([f"### {name}", "", *map(_entry, commits)]))
    if not changes.commits:
        parts.append("Nothing has changed.")
    return "\n\n".join(parts) + "\n"


def _by_type(commits: Sequence[Commit]) -> dict[str, list[Commit]]:
    found: defaultdict[str, list[Commit]] = defaultdict(list)
    for commit in commits:
        title = _TITLES.get(commit.type, _UPKEEP) if commit.type else "Changed"
        found[title].append(commit)
    return {title: found[title] for title in _ORDER if title in found}


def _by_area(commits: Sequence[Commit]) -> dict[str, list[Commit]]:
    """By the part of the repository that most of a commit's files lie in; larger parts first."""
    deeper = _shared_top(commits)
    found: defaultdict[str, list[Commit]] = defaultdict(list)
    for commit in commits:
        areas = Counter(_area(path, deeper) for path in commit.files)
        # A change of the code comes with its tests and documents.
        code = {area: count for area, count in areas.items() if not area.startswith("the ")}
        chosen = max(code or areas or {"other": 1}, key=lambda area: ((code or areas)[area], area))
        found[chosen].append(commit)
    named = sorted(found, key=lambda area: (area.startswith("the "), -len(found[area]), area))
    return {area[:1].upper() + area[1:]: found[area] for area in named}


def _area(path: str, deeper: str) -> str:
    parts = PurePosixPath(path).parts
    if parts[0] in _CI or (len(parts) == 1 and parts[0].startswith(".")):
        return "the build"
    if any(part in _TESTS for part in parts[:-1]) or parts[-1].startswith("test_"):
        return "the tests"
    if parts[0] in _DOCUMENTS or PurePosixPath(path).suffix in (".md", ".rst"):
        return "the documentation"
    inner = [part for part in parts if part != "src"]
    if deeper and inner[0] == deeper and len(inner) > 1:
        inner = inner[1:]
    return PurePosixPath(inner[0]).stem if len(inner) == 1 and deeper else (
        inner[0] if len(inner) > 1 else "the project's files"
    )  # fmt: skip


def _shared_top(commits: Sequence[Commit]) -> str:
    """The folder that holds nearly all of the code: its own parts are the areas then."""
    tops = Counter(
        parts[0]
        for commit in commits
        for path in commit.files
        if len(parts := [part for part in PurePosixPath(path).parts if part != "src"]) > 1
        and not _area(path, "").startswith("the ")
    )
    if not tops:
        return ""
    top, count = tops.most_common(1)[0]
    return top if count >= _MOST_SHARE * tops.total() else ""


def _entry(commit: Commit) -> str:
    scope = f"**{_line(commit.scope)}**: " if commit.scope else ""
    return f"- {scope}{_line(commit.text)} ({commit.id[:9]})"


def _line(text: str) -> str:
    plain = re.sub(r"[\x00-\x1f\x7f]", " ", text)
    return " ".join(plain.split())[:_LONGEST]
