"""The tool `release-kit`: what the next release brings, its version, and what is not ready."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from genesis.contracts import Artifact, Finding, Omission, TaskResult, ToolContext
from packaging.version import Version
from pydantic import JsonValue

from genesis_engineering.release.advice import Advice, advise
from genesis_engineering.release.api import Comparison, compare_packages
from genesis_engineering.release.blockers import Candidate, find_blockers
from genesis_engineering.release.changelog import write_changelog
from genesis_engineering.release.commits import MOST_COMMITS, read_changes
from genesis_engineering.release.notes import write_notes
from genesis_engineering.release.sources import (
    Blob,
    Package,
    find_packages,
    list_blobs,
    read_blobs,
    write_sources,
)
from genesis_engineering.release.tags import Head, Release, read_head, releases
from genesis_engineering.release.versions import read_declarations
from genesis_engineering.reporting import by_importance, count_of

_CHANGELOG = "changelog.md"
_NOTES = "release-notes.md"
_DATA = "release.json"
_FIRST = Version("0.1.0")
_MOST_TEXT = 1_000_000


@dataclass
class _Texts:
    """The files of a commit as text, each read once."""

    repository: Path
    blobs: dict[str, Blob]
    _kept: dict[str, str | None] = field(default_factory=dict)

    def read(self, path: str) -> str | None:
        if path not in self._kept:
            blob = self.blobs.get(path)
            self._kept[path] = None if blob is None else self.read_blob(blob)
        return self._kept[path]

    def read_blob(self, blob: Blob) -> str | None:
        if blob.size > _MOST_TEXT:
            return None
        (raw,) = read_blobs(self.repository, [blob])
        return raw.decode("utf-8", errors="replace")


def prepare_release(context: ToolContext) -> TaskResult:
    """Say what changed since the last version tag, and what the next version is.

    Reads the commit that is checked out, never the files beside it. Leaves `changelog.md` (the
    draft of a section), `release-notes.md` and `release.json` (everything). Findings are what
    should be dealt with before the release. Raises OSError when git cannot read the history.
    """
    head = read_head(context.repository)
    if head is None:
        return _blocked("There are no commits yet, so there is nothing to release.")
    tagged = releases(context.repository)
    last = tagged[0] if tagged else None
    if last is None and head.is_shallow:
        return _blocked(
            "The clone is shallow and holds no version tag, so what has changed since the last "
            "release cannot be told. `git fetch --unshallow --tags` brings the history."
        )
    if last is not None and last.commit == head.commit:
        summary = f"Nothing to release: the commit that is checked out is {last.tag} itself."
        return TaskResult(summary=summary, facts={"release-last": last.tag, "release-commits": 0})
    return _prepare(context, head, last)


def _prepare(context: ToolContext, head: Head, last: Release | None) -> TaskResult:
    repository = context.repository
    omissions = _omissions(head, last)
    changes = read_changes(repository, last.commit if last else None)
    if changes.is_cut:
        reason = f"only the newest {MOST_COMMITS} are read"
        omissions.append(Omission(what="older commits of this release", reason=reason))
    context.progress(0.3, "read the history")
    now = list_blobs(repository, head.commit)
    then = list_blobs(repository, last.commit) if last else []
    packages = find_packages([blob.path for blob in now])
    comparisons, left_out = _compare(context, packages, now, then)
    omissions += left_out
    texts = _Texts(repository, {blob.path: blob for blob in now})
    declared = read_declarations(texts.read, packages)
    year = last.day[:4] if last else ""
    advice = advise(last.version if last else None, year, comparisons, changes)
    if last is None:
        named = declared.version.version if declared.version else _FIRST
        advice = Advice(named, advice.step, advice.reasons)
    candidate = Candidate(last, year, changes, tuple(comparisons), advice, declared)
    findings = by_importance(find_blockers(candidate, now, then, texts.read, texts.read_blob))
    title = f"{declared.name or repository.name} {candidate.shown_version}"
    notes = write_notes(title, last, changes, comparisons, advice, findings)
    folder = context.folder
    draft = write_changelog(f"{candidate.shown_version} (unreleased)", changes)
    (folder / _CHANGELOG).write_text(draft, encoding="utf-8", errors="replace")
    (folder / _NOTES).write_text(notes, encoding="utf-8", errors="replace")
    data = _data(candidate, findings)
    (folder / _DATA).write_text(json.dumps(data, indent=1), encoding="utf-8")
    return TaskResult(
        summary=_summary(candidate, findings),
        findings=tuple(findings),
        omissions=tuple(omissions),
        artifacts=(
            Artifact(path=_NOTES, description="Draft of the release notes"),
            Artifact(path=_CHANGELOG, description="Draft of the changelog's section"),
            Artifact(path=_DATA, description="All of it for programs"),
        ),
        facts={
            "release-last": last.tag if last else None,
            "release-next": str(advice.version) if advice.version else None,
            "release-step": advice.step.name.lower(),
            "release-commits": len(changes.commits),
            "release-breaking": sum(c.is_breaking for one in comparisons for c in one.changes),
        },
    )


def _blocked(reason: str) -> TaskResult:
    return TaskResult(summary=reason, blocked=reason)


def _omissions(head: Head, last: Release | None) -> list[Omission]:
    found = []
    if head.is_shallow and last is not None:
        reason = "the clone is shallow: commits may be missing; `git fetch --unshallow` has all"
        found.append(Omission(what=f"the history before {last.tag}", reason=reason))
    if head.changed_files:
        what = count_of(head.changed_files, "changed file")
        found.append(Omission(what=what, reason="not committed, so not part of the release"))
    return found


def _compare(
    context: ToolContext, packages: Sequence[Package], now: list[Blob], then: list[Blob]
) -> tuple[list[Comparison], list[Omission]]:
    """The comparisons of all packages that are there at both commits."""
    if not then:
        return [], []
    if not packages:
        reason = "there is no Python package; only Python is compared"
        return [], [Omission(what="public names", reason=reason)]
    old, new = context.folder / "old", context.folder / "new"
    before = find_packages([blob.path for blob in then])
    omissions = []
    try:
        left = write_sources(context.repository, now, packages, new)
        write_sources(context.repository, then, before, old)
    except OSError as error:  # a partial clone
        return [], [Omission(what="public names", reason=str(error)[:2000])]
    if left:
        reason = "over 1 MB, or beyond the first 4,000 files"
        omissions.append(Omission(what=count_of(left, "Python file"), reason=reason))
    context.progress(0.5, "comparing public names")
    compared = compare_packages(packages, before, new, old)
    for copies in (old, new):
        shutil.rmtree(copies, ignore_errors=True)
    for one in compared:
        if one.fault:
            what = f"the public names of {one.package.folder}"
            omissions.append(Omission(what=what[:500], reason=one.fault))
    return [one for one in compared if not one.fault], omissions


def _summary(candidate: Candidate, findings: Sequence[Finding]) -> str:
    changes, last = candidate.changes, candidate.last
    since = f"since {last.tag}" if last else "and no version tag yet"
    text = f"{count_of(len(changes.commits), 'commit')} {since}; "
    if candidate.advice.version is None:
        text += f"a {candidate.advice.step.name.lower()} step, but versions here are dates"
    else:
        text += f"the next version is {candidate.advice.version}"
    reason = candidate.advice.reasons[0].rstrip(".") if candidate.advice.reasons else ""
    blocking = count_of(len(findings), "thing")
    return f"{text} ({reason}). {blocking} to deal with before it."[:2000]


def _data(candidate: Candidate, findings: Sequence[Finding]) -> dict[str, JsonValue]:
    last, advice, declared = candidate.last, candidate.advice, candidate.declared
    return {
        "version": 1,
        "last": None if last is None else {
            "tag": last.tag, "version": str(last.version), "day": last.day, "commit": last.commit,
        },
        "next": str(advice.version) if advice.version else None,
        "step": advice.step.name.lower(),
        "reasons": list(advice.reasons),
        "declared": [
            {"file": one.file, "line": one.line, "version": str(one.version)}
            for one in declared.found
        ],
        "commits": [
            {
                "id": commit.id, "author": commit.author, "day": commit.day, "type": commit.type,
                "scope": commit.scope, "text": commit.text, "breaking": commit.breaking,
            }
            for commit in candidate.changes.commits
        ],
        "merges": candidate.changes.merges,
        "undone": candidate.changes.undone,
        "authors": list(candidate.changes.authors),
        "names": [
            {
                "name": change.name, "kind": change.kind, "what": change.what,
                "breaking": change.is_breaking, "file": change.file, "line": change.line,
            }
            for one in candidate.comparisons
            for change in one.changes
        ],
        "findings": [finding.model_dump(mode="json") for finding in findings],
    }  # fmt: skip
