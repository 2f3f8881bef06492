"""From many findings to a result that a person can read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from genesis.contracts import Finding, Omission, TaskResult

from genesis_engineering.documents.sources import DocumentReader
from genesis_engineering.reporting import MOST_OF_A_RULE


def report(
    subject: str,
    reader: DocumentReader,
    findings: Iterable[Finding],
    *,
    checked: int,
    omissions: Sequence[Omission] = (),
) -> TaskResult:
    """One result: at most 500 findings a rule, how many more there were, what was looked at.

    `checked` counts the subjects ("links") that the tool judged.
    """
    if reader.total == 0:
        return TaskResult(summary=f"{subject}: no documents to look at")
    shown, counts = _first_of_each_rule(findings)
    more = {
        rule: count - MOST_OF_A_RULE for rule, count in counts.items() if count > MOST_OF_A_RULE
    }
    found = ", ".join(f"{count} {rule}" for rule, count in sorted(counts.items()))
    summary = f"{checked} {subject} in {reader.read} documents: {found or 'nothing to report'}"
    if more:
        summary += "; " + ", ".join(f"{count} more {rule}" for rule, count in sorted(more.items()))
        summary += " not listed"
    return TaskResult(
        summary=summary,
        findings=tuple(shown),
        omissions=(*reader.omissions, *omissions, *(_cut(rule, more[rule]) for rule in more)),
        facts={f"documents-{subject.replace(' ', '-')}": checked},
    )


def _first_of_each_rule(findings: Iterable[Finding]) -> tuple[list[Finding], Counter[str]]:
    shown: list[Finding] = []
    counts: Counter[str] = Counter()
    ordered = sorted(findings, key=lambda f: (f.severity.rank, f.file or "", f.line or 0))
    for finding in ordered:
        counts[finding.rule] += 1
        if counts[finding.rule] <= MOST_OF_A_RULE:
            shown.append(finding)
    return shown, counts


def _cut(rule: str, count: int) -> Omission:
    return Omission(
        what=f"{count} more findings of {rule}",
        reason=f"only the first {MOST_OF_A_RULE} of a rule are listed",
    )
