"""Which version the next release should have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from packaging.version import Version

from genesis_engineering.release.api import Comparison
from genesis_engineering.release.commits import Changes
from genesis_engineering.reporting import count_of

_FIRST_YEAR = 2000
_FIRST_SHORT_YEAR = 15


class Step(IntEnum):
    """How far a version moves, as Semantic Versioning has it."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True)
class Advice:
    """The next version, or None where the calendar gives it; `step` is what the changes ask for
    by Semantic Versioning, and `reasons` why, in sentences."""

    version: Version | None
    step: Step
    reasons: tuple[str, ...]


def advise(
    last: Version | None, year: str, comparisons: Sequence[Comparison], changes: Changes
) -> Advice:
    """The version after `last`, whose tag is of that year, from public names and commits.

    Removed and incompatible names, and commits that say so, ask for a major step; new names and
    commits of type feat for a minor one; all else for a patch. Before 1.0 a major step raises the
    second number and everything else the third, as package managers read such versions.
    """
    step, reasons = _step(comparisons, changes)
    if last is None:
        return Advice(None, step, ("There is no tag of an earlier version.",))
    if is_calendar(last, year):
        reasons.append(f"{last} is a date: the day of the release gives the next version.")
        return Advice(None, step, tuple(reasons))
    if last.is_prerelease:
        reasons.append(f"{last} is a pre-release of {last.base_version}.")
        return Advice(Version(last.base_version), step, tuple(reasons))
    if last.major == 0 and step is not Step.PATCH:
        reasons.append("Before 1.0 what breaks raises the second number, all else the third.")
    return Advice(_next(last, step), step, tuple(reasons))


def is_calendar(version: Version, year: str) -> bool:
    """Whether a version is a date: its first number is the year of its tag, or the one before."""
    first = version.major
    if first >= _FIRST_YEAR:
        return True
    tagged = int(year) % 100 if year.isdecimal() else 0
    return first >= _FIRST_SHORT_YEAR and first in (tagged, tagged - 1)


def step_between(last: Version, new: Version) -> Step | None:
    """How far a new version moves from the last one; None when it does not move forward."""
    before, after = (*last.release, 0, 0)[:3], (*new.release, 0, 0)[:3]
    if after <= before:
        return None
    if after[0] != before[0]:
        return Step.MAJOR
    return Step.MINOR if after[1] != before[1] else Step.PATCH


def least_step(last: Version, step: Step) -> Step:
    """The step that a version must move for changes of that weight."""
    if last.major > 0:
        return step
    return Step.MINOR if step is Step.MAJOR else Step.PATCH


def _next(last: Version, step: Step) -> Version:
    major, minor, micro = (*last.release, 0, 0)[:3]
    moved = least_step(last, step)
    if moved is Step.MAJOR:
        return Version(f"{major + 1}.0.0")
    return Version(
        f"{major}.{minor + 1}.0" if moved is Step.MINOR else f"{major}.{minor}.{micro + 1}"
    )


def _step(comparisons: Sequence[Comparison], changes: Changes) -> tuple[Step, list[str]]:
    all_changes = [change for one in comparisons for change in one.changes]
    broken = sum(change.is_breaking for change in all_changes)
    added = sum(change.kind == "added" for change in all_changes)
    announced = sum(bool(commit.breaking) for commit in changes.commits)
    features = sum(commit.type == "feat" for commit in changes.commits)
    reasons = []
    if broken:
        reasons.append(f"{count_of(broken, 'public name')} removed or changed incompatibly.")
    if announced:
        reasons.append(f"{count_of(announced, 'commit')} announced as breaking.")
    if broken or announced:
        return Step.MAJOR, reasons
    if added:
        reasons.append(
            f"{count_of(added, 'public name or parameter', 'public names or parameters')} added."
        )
    if features:
        reasons.append(f"{count_of(features, 'commit')} of type feat.")
    if added or features:
        return Step.MINOR, reasons
    if comparisons:
        return Step.PATCH, ["No public name was removed, changed incompatibly or added."]
    return Step.PATCH, ["No commit announces more, and no public names were compared."]
