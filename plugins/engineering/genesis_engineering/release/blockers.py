"""What stands in the way of a release, as findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from genesis.contracts import Finding, Severity
from packaging.version import Version

from genesis_engineering.release.advice import Advice, Step, is_calendar, least_step, step_between
from genesis_engineering.release.api import Change, Comparison
from genesis_engineering.release.commits import Changes
from genesis_engineering.release.documents import (
    find_changelog,
    has_entry,
    has_fragments,
    lagging,
)
from genesis_engineering.release.sources import Blob
from genesis_engineering.release.tags import Release
from genesis_engineering.release.versions import Declarations, ReadText
from genesis_engineering.reporting import count_of, line_at

_SHOWN = 10
_MOST_MENTIONS = 20


@dataclass(frozen=True)
class Candidate:
    """What is to be released; `year` is that of the last release, "" without one."""

    last: Release | None
    year: str
    changes: Changes
    comparisons: tuple[Comparison, ...]
    advice: Advice
    declared: Declarations

    @property
    def names(self) -> list[Change]:
        """The changes of public names of all packages."""
        return [change for one in self.comparisons for change in one.changes]

    @property
    def next_version(self) -> Version | None:
        """The version that the files name when it is a new one, or the advice."""
        named = self.declared.version
        last = self.last.version if self.last else None
        if named is not None and (last is None or named.version > last):
            return Version(named.version.base_version)
        return self.advice.version

    @property
    def shown_version(self) -> str:
        """It, or a word for it."""
        return str(self.next_version) if self.next_version else "next"


def find_blockers(
    candidate: Candidate,
    now: Sequence[Blob],
    then: Sequence[Blob],
    read: ReadText,
    read_blob: Callable[[Blob], str | None],
) -> Iterator[Finding]:
    """What should be dealt with before the release."""
    yield from _disagreeing(candidate, read)
    yield from _not_bumped(candidate, read)
    yield from _too_small(candidate)
    yield from _changelog(candidate, now, read)
    found = list(lagging(candidate.names, now, then, read_blob))
    for mention in found[:_MOST_MENTIONS]:
        change = mention.change
        yield Finding(
            rule="document-lags",
            severity=Severity.MEDIUM,
            message=f"The document names `{change.name}`, of which since the last release: "
            f"{change.what}. The document has not changed since.",
            file=mention.file,
            line=mention.line,
            evidence=mention.text,
            check=f"git log --oneline {candidate.last.tag if candidate.last else ''}.. -- "
            f"{mention.file}",
        )


def _disagreeing(candidate: Candidate, read: ReadText) -> Iterator[Finding]:
    first = candidate.declared.version
    for other in candidate.declared.disagreeing:
        assert first is not None
        yield Finding(
            rule="versions-disagree",
            severity=Severity.MEDIUM,
            message=f"{other.file} names version {other.version}, and {first.file} names "
            f"{first.version}.",
            file=other.file,
            line=other.line,
            evidence=line_at(read(other.file) or "", other.line),
            check=f"sed -n {first.line}p {first.file}; sed -n {other.line}p {other.file}",
        )


def _not_bumped(candidate: Candidate, read: ReadText) -> Iterator[Finding]:
    """A version that is not newer than the last release, although commits followed it."""
    named, last = candidate.declared.version, candidate.last
    if named is None or last is None or candidate.declared.from_tags:
        return
    if named.version > last.version or not candidate.changes.commits:
        return
    state = "still names" if named.version == last.version else "names the older version"
    should = f" Changes ask for {candidate.advice.version}." if candidate.advice.version else ""
    yield Finding(
        rule="version-not-bumped",
        severity=Severity.MEDIUM,
        message=f"{named.file} {state} {named.version}, and {last.tag} is released.{should}",
        file=named.file,
        line=named.line,
        evidence=line_at(read(named.file) or "", named.line),
        check=f"git log --oneline {last.tag}..",
    )


def _too_small(candidate: Candidate) -> Iterator[Finding]:
    """A new version that promises more compatibility than there is."""
    named, last = candidate.declared.version, candidate.last
    if named is None or last is None or last.version.is_prerelease:
        return
    step = step_between(last.version, named.version)
    broken = [change for change in candidate.names if change.is_breaking]
    is_date = is_calendar(last.version, candidate.year)
    if step is None or is_date or not broken or step >= least_step(last.version, Step.MAJOR):
        return
    yield Finding(
        rule="breaking-change",
        severity=Severity.HIGH,
        message=f"Version {named.version} promises to be compatible with {last.tag}, but "
        f"{count_of(len(broken), 'public name')} removed or changed incompatibly: "
        f"{candidate.advice.version} would say so.",
        file=named.file,
        line=named.line,
        evidence="\n".join(f"{one.name}: {one.what}" for one in broken[:_SHOWN]),
        check=f"git diff {last.tag}.. -- {broken[0].file}",
    )


def _changelog(candidate: Candidate, now: Sequence[Blob], read: ReadText) -> Iterator[Finding]:
    path = find_changelog(now)
    if path is None or not candidate.changes.commits or has_fragments(now):
        return
    if has_entry(read(path) or "", candidate.next_version):
        return
    yield Finding(
        rule="changelog-entry",
        severity=Severity.MEDIUM,
        message=f"{path} tells nothing of {candidate.shown_version}, which has "
        f"{count_of(len(candidate.changes.commits), 'commit')}; a draft is in `changelog.md` of "
        "this session.",
        file=path,
        line=1,
        check=f"head -30 {path}",
    )
