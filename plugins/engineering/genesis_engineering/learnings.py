"""The tool `learnings`: what the sessions of the last day have in common, and what is new."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from genesis.contracts import Artifact, Finding, Severity, TaskResult, ToolContext

from genesis_engineering.reporting import by_importance, count_of
from genesis_engineering.session_files import (
    EndedSession,
    own_session,
    read_sessions,
    sessions_folder,
)

_DAY = timedelta(hours=24)
_LONGEST = timedelta(days=7)
_LISTED = 30
_NOTES = "learnings.json"
_REPORT = "learnings.md"
_OWN_KIND = "learn"


@dataclass
class Learning:
    """One thing that sessions told: a finding, or a task that failed; in which sessions, and
    whether the review before did not know it."""

    key: str
    title: str
    severity: Severity
    example: Finding | None
    sessions: list[str] = field(default_factory=list)
    is_new: bool = False

    @property
    def recurs(self) -> bool:
        return len(self.sessions) > 1


@dataclass(frozen=True)
class Notes:
    """What the review before left for this one: when it looked, and what it knew, by title."""

    at: datetime
    known: dict[str, str]


def review_learnings(context: ToolContext) -> TaskResult:
    """Report what sessions of this repository found again and again, what failed and why, and what
    is new since the review before.

    Reads the files of the sessions that ended in the last 24 hours, or since the review before if
    that is longer ago, at most 7 days. Optional params: `sessions`, the folder of sessions (by
    default the one that the attempt's own session lies in); `now`, ISO 8601. Leaves the report
    `learnings.md`, and `learnings.json` for the next review. Gives at most 30 findings.
    """
    given = context.params.get("now")
    now = datetime.fromisoformat(str(given)) if given else datetime.now(UTC)
    folder, own = sessions_folder(context), own_session(context)
    before = _last_notes(folder, own, context.repository)
    since = max(min(now - _DAY, before.at if before else now), now - _LONGEST)
    read = read_sessions(folder, context.repository, since, own)
    # A review like this one found nothing itself.
    sessions = [s for s in read.sessions if all(task.kind != _OWN_KIND for task in s.tasks)]
    context.progress(0.5, f"read {count_of(len(sessions), 'session')}")
    learnings = _gather(sessions)
    for learning in learnings:
        learning.is_new = before is not None and learning.key not in before.known
    unseen = _unseen(before, learnings) if before is not None and sessions else []
    told = [learning for learning in learnings if learning.recurs or _failed(learning)
            or learning.is_new]  # fmt: skip
    summary = _summary(sessions, learnings, unseen, since, has_before=before is not None)
    _write(context, now, learnings, _report(summary, learnings, unseen), before, sessions)
    return TaskResult(
        summary=summary,
        findings=tuple(by_importance(_finding(one) for one in told[:_LISTED])),
        omissions=tuple(read.omissions),
        artifacts=(Artifact(path=_REPORT, description="What the last sessions taught"),),
        facts={
            "learning-sessions": len(sessions),
            "learning-recurring": sum(one.recurs for one in learnings),
            "learning-failing": sum(_failed(one) for one in learnings),
            "learning-new": sum(one.is_new for one in learnings),
            "learning-unseen": len(unseen),
        },
    )


def _gather(sessions: Sequence[EndedSession]) -> list[Learning]:
    """What the sessions told, most severe and most frequent first."""
    found: dict[str, Learning] = {}
    for session in sessions:
        for learning in _learnings_of(session):
            known = found.setdefault(learning.key, learning)
            known.example = learning.example  # the newest place
            if session.id not in known.sessions:
                known.sessions.append(session.id)
    return sorted(
        found.values(), key=lambda one: (one.severity.rank, -len(one.sessions), one.title)
    )


def _learnings_of(session: EndedSession) -> Iterable[Learning]:
    for task in session.tasks:
        if task.status in ("failed", "blocked"):
            why = task.error.splitlines()[0][:300] if task.error else "no reason was given"
            title = f"{task.specialist}'s task {task.kind!r} {task.status}: {why}"
            yield Learning(_key("task", task.specialist, task.kind, why), title,
                           Severity.HIGH, None)  # fmt: skip
        for finding in task.findings:
            place = f" in {finding.file}" if finding.file else ""
            title = f"{finding.rule}{place}: {finding.message.splitlines()[0][:300]}"
            key = _key("finding", finding.rule, finding.file or "", finding.message)
            yield Learning(key, title, finding.severity, finding)


def _key(*parts: str) -> str:
    """The same for what differs in numbers only: lines move, and durations vary."""
    plain = "\0".join(re.sub(r"\d+", "0", part) for part in parts)
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:16]


def _failed(learning: Learning) -> bool:
    return learning.example is None


def _unseen(before: Notes, learnings: Sequence[Learning]) -> list[str]:
    present = {learning.key for learning in learnings}
    return sorted(title for key, title in before.known.items() if key not in present)


def _finding(learning: Learning) -> Finding:
    example = learning.example
    times = count_of(len(learning.sessions), "session")
    new = "; new since the review before" if learning.is_new else ""
    rule = "failing-task" if _failed(learning) else "recurring-finding"
    if example is not None and not learning.recurs:
        rule = "new-finding"
    return Finding(
        rule=rule,
        severity=learning.severity,
        message=f"{learning.title} ({times}{new})"[:2000],
        file=example.file if example else None,
        line=example.line if example else None,
        evidence="\n".join(learning.sessions[-10:]),
        check=f"genesis sessions show {learning.sessions[-1]}",
    )


def _summary(
    sessions: Sequence[EndedSession],
    learnings: Sequence[Learning],
    unseen: Sequence[str],
    since: datetime,
    *,
    has_before: bool,
) -> str:
    if not sessions:
        return f"No session of this repository ended since {since:%Y-%m-%d %H:%M} UTC."
    summary = (
        f"{count_of(len(sessions), 'session')} since {since:%Y-%m-%d %H:%M} UTC: "
        f"{count_of(sum(one.recurs for one in learnings), 'thing')} came up more than once, "
        f"{count_of(sum(_failed(one) for one in learnings), 'kind')} of failed tasks"
    )
    if has_before:
        new = sum(one.is_new for one in learnings)
        summary += f"; {new} new and {len(unseen)} not seen again since the review before"
    return summary + "."


def _report(summary: str, learnings: Sequence[Learning], unseen: Sequence[str]) -> str:
    """The report in Markdown."""
    sections: dict[str, list[str]] = defaultdict(list)
    for one in learnings:
        line = f"- **{one.severity}** {one.title} ({count_of(len(one.sessions), 'session')})"
        if _failed(one):
            sections["Tasks that failed"].append(line)
        elif one.recurs:
            sections["Found again and again"].append(line)
        if one.is_new:
            sections["New since the review before"].append(line)
    sections["Not seen again since the review before"] += [f"- {title}" for title in unseen]
    parts = ["# Learnings", summary]
    parts += ["\n".join([f"## {name}", "", *lines]) for name, lines in sections.items() if lines]
    return "\n\n".join(parts) + "\n"


def _last_notes(folder: Path, own: Path | None, repository: Path) -> Notes | None:
    """The notes of the newest review before this one."""
    for path in sorted(folder.glob(f"session-*/work/*/{_NOTES}"), reverse=True):
        if own is not None and path.is_relative_to(own):
            continue
        try:
            notes = json.loads(path.read_bytes())
            if notes["repository"] == str(repository):
                known = {str(key): str(title) for key, title in notes["known"].items()}
                return Notes(datetime.fromisoformat(notes["at"]), known)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            continue  # a review that was cut short while it wrote
    return None


def _write(
    context: ToolContext,
    now: datetime,
    learnings: Sequence[Learning],
    report: str,
    before: Notes | None,
    sessions: Sequence[EndedSession],
) -> None:
    """The report, and the notes for the next review: a day without sessions forgets nothing."""
    known = {learning.key: learning.title for learning in learnings}
    if not sessions and before is not None:
        known = before.known
    notes = {"repository": str(context.repository), "at": now.isoformat(), "known": known}
    (context.folder / _NOTES).write_text(json.dumps(notes), encoding="utf-8")
    (context.folder / _REPORT).write_text(report, encoding="utf-8", errors="replace")
