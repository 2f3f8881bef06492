"""What several formats say of a report, as plain text; each format escapes it in its own way."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from genesis.contracts import Confidence, Finding, Omission, Severity
from genesis.contracts.judgements import FindingState, JudgedFinding
from genesis.contracts.reports import SessionReport
from pydantic import JsonValue

# Everything that XML 1.0 has no way to hold, section 2.2; and C1 controls, which terminals obey.
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", re.ASCII
)


def printable(text: str) -> str:
    """Text in which each character that XML cannot hold is a replacement character."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str) -> str:
    """Printable text on one line, without blanks around it."""
    return printable(" ".join(text.split()))


def place(finding: Finding) -> str:
    """`file:line`, as editors take it; the file alone without a line, "" without a file."""
    if finding.file is None:
        return ""
    name = one_line(finding.file)
    return f"{name}:{finding.line}" if finding.line else name


def counts(report: SessionReport) -> dict[str, int]:
    """How many findings there are of each severity that occurs, most severe first."""
    found = Counter(finding.severity for finding in report.findings)
    return {severity.value: found[severity] for severity in Severity if found[severity]}


def headline(report: SessionReport) -> str:
    """How the session ended and what it found, in one line."""
    took = f" in {report.duration_seconds:.1f} s" if report.duration_seconds is not None else ""
    found = ", ".join(f"{number} {severity}" for severity, number in counts(report).items())
    return f"{report.status.value}{took}; findings: {found or 'none'}"


def provenance(report: SessionReport) -> dict[str, str]:
    """Names and values that tell which session this is; what is empty is left out."""
    all_of_it = {
        "Repository": report.repository,
        "Branch": report.branch or "",
        "Session": report.session_id,
        "Team": report.team,
        "Started": _minute(report.started_at) if report.started_at else "",
        "Reason": report.reason,
        "Tests": tests_told(report),
        "Judged": report.judgement.describe() if report.judgement is not None else "",
        "Not judged": _fault(report),
    }
    return {name: one_line(value) for name, value in all_of_it.items() if value}


def _fault(report: SessionReport) -> str:
    figures = report.summary.get("judgement")
    return str(figures.get("fault", "")) if isinstance(figures, dict) else ""


def marks(judged: JudgedFinding) -> list[str]:
    """What is said of a finding beside its severity: that it is new, that it is not certain."""
    said = [FindingState.NEW.value] if judged.state == FindingState.NEW else []
    confidence = judged.finding.confidence
    return said if confidence == Confidence.CERTAIN else [*said, confidence.value]


def more_told(judged: JudgedFinding) -> str:
    """How many others like it are not listed; "" when there are none."""
    return f"and {judged.places_more} more like it" if judged.places_more else ""


def gone(report: SessionReport) -> dict[str, list[tuple[str, str]]]:
    """Of findings that an earlier session had: title to rule with place, and message."""
    if report.judgement is None:
        return {}
    not_seen = [judged.finding for judged in report.judgement.not_comparable]
    lists = {"Fixed": report.judgement.fixed, "Not looked at this time": not_seen}
    return {
        title: [(f"{finding.rule} {place(finding)}".strip(), finding.message) for finding in found]
        for title, found in lists.items()
    }


def _minute(moment: str) -> str:
    """A timestamp of `genesis.clock` for a reader anywhere: `2026-11-22 00:46 UTC`."""
    return f"{moment[:16].replace('T', ' ')} UTC"


def tests_told(report: SessionReport) -> str:
    """What the verification came to, with its counts; "" when nothing was verified."""
    told = []
    for _, facts in verifications(report):
        numbers = [
            f"{value} {name.replace('_', ' ')}"
            for name in ("passed", "failed", "errors", "skipped", "interrupted", "not_reached")
            if isinstance(value := facts.get(name), int) and value
        ]
        verdict = str(facts.get("verdict", "")).replace("_", " ")
        told.append(f"{verdict} ({', '.join(numbers)})" if numbers else verdict)
    return "; ".join(told)


def verifications(report: SessionReport) -> Iterator[tuple[int, dict[str, JsonValue]]]:
    """The facts of each task that ran tests, with the task's index in the report."""
    for index, task in enumerate(report.tasks):
        facts = task.result.facts.get("verification") if task.result is not None else None
        if isinstance(facts, dict):
            yield index, facts


def omissions(report: SessionReport) -> list[tuple[str, Omission]]:
    """What was not looked at, each with the specialist who says so."""
    return [
        (task.specialist, omission)
        for task in report.tasks
        if task.result is not None
        for omission in task.result.omissions
    ]


def unfinished(report: SessionReport) -> list[tuple[str, str]]:
    """The tasks that did not complete: the specialist, and the state with its reason."""
    return [
        (task.specialist, f"{task.status.value}: {task.error}" if task.error else task.status.value)
        for task in report.tasks
        if task.status != "completed"
    ]


def seen(finding: Finding) -> str:
    """A finding's evidence: printable, its lines kept, without blank lines around it."""
    return printable(finding.evidence.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")
