"""Write the release notes: what breaks, what is new, what was mended, and how this was found."""

from __future__ import annotations

from collections.abc import Sequence

from genesis.contracts import Finding

from genesis_engineering.release.advice import Advice
from genesis_engineering.release.api import Change, Comparison
from genesis_engineering.release.changelog import write_changelog
from genesis_engineering.release.commits import Changes
from genesis_engineering.release.tags import Release
from genesis_engineering.reporting import count_of

_LISTED = 40


def write_notes(
    title: str,
    last: Release | None,
    changes: Changes,
    comparisons: Sequence[Comparison],
    advice: Advice,
    findings: Sequence[Finding],
) -> str:
    """The draft in Markdown, for who upgrades; at its end what the maintainer should know."""
    all_changes = [change for one in comparisons for change in one.changes]
    breaking = [change for change in all_changes if change.is_breaking]
    unsure = [change for change in all_changes if change.kind != "added" and not change.is_breaking]
    added = [change for change in all_changes if change.kind == "added"]
    parts = [f"# {title}", _opening(last, changes)]
    parts += _names("Before you upgrade", breaking)
    parts += _names("New", added)
    parts += _names("Changed, but compatible at first sight", unsure)
    parts.append(write_changelog("All changes", changes).rstrip())
    if changes.authors:
        parts.append(f"Thanks to {', '.join(changes.authors[:_LISTED])}.")
    parts.append("---")
    parts.append("\n".join(["## For the maintainer", "", *_reasons(advice), *_open(findings)]))
    return "\n\n".join(parts) + "\n"


def _opening(last: Release | None, changes: Changes) -> str:
    since = f"since {last.tag} of {last.day}" if last else "since the beginning"
    told = f"{count_of(len(changes.commits), 'commit')} {since}"
    by = f" by {count_of(len(changes.authors), 'author')}" if changes.authors else ""
    undone = f"; {changes.undone} more cancel each other out" if changes.undone else ""
    merges = f"; {count_of(changes.merges, 'merge')} not listed" if changes.merges else ""
    return f"{told}{by}{undone}{merges}."


def _names(title: str, changes: Sequence[Change]) -> list[str]:
    if not changes:
        return []
    lines = [f"- `{change.name}`: {change.what}" for change in changes[:_LISTED]]
    more = [f"- and {len(changes) - _LISTED} more, in `release.json`"]
    return ["\n".join([f"## {title}", "", *lines, *(more if len(changes) > _LISTED else [])])]


def _reasons(advice: Advice) -> list[str]:
    version = str(advice.version) if advice.version else "no version"
    named = f"- Advice: {version} (a {advice.step.name.lower()} step)"
    return [named, *[f"- {reason}" for reason in advice.reasons]]


def _open(findings: Sequence[Finding]) -> list[str]:
    places = [f"{one.file}:{one.line}: " if one.line else "" for one in findings]
    return [
        f"- **{one.severity}** {place}{one.message}"
        for one, place in zip(findings[:_LISTED], places, strict=False)
    ]
