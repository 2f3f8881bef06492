"""From findings of the infrastructure tools to a result: lengths, severities, a limit per rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from genesis.contracts import Confidence, Finding, Omission, Severity, TaskResult

from genesis_engineering.infrastructure.tree import is_minor
from genesis_engineering.reporting import EVIDENCE_LENGTH, count_by_rule, count_of, limit_per_rule

_LIMIT = 40


def make_finding(
    rule: str,
    severity: Severity,
    message: str,
    file: str,
    line: int,
    evidence: str = "",
    check: str = "",
    confidence: Confidence = Confidence.CERTAIN,
) -> Finding:
    """A finding with its texts cut to length; in documentation and examples it is low at most."""
    if is_minor(file) and severity.rank < Severity.LOW.rank:
        severity = Severity.LOW
    return Finding(
        rule=rule,
        severity=severity,
        message=message[:2000],
        file=file,
        line=max(line, 1),
        evidence=evidence.strip()[:EVIDENCE_LENGTH],
        check=check[:1000],
        confidence=confidence,
    )


def make_result(
    tool: str,
    subject: str,
    looked_at: int,
    findings: Iterable[Finding],
    omissions: Sequence[Omission],
) -> TaskResult:
    """At most 40 findings per rule; `subject` is the noun of what was looked at ("manifest")."""
    unique = {(one.rule, one.file, one.line, one.message): one for one in findings}
    kept, more = limit_per_rule(unique.values(), _LIMIT)
    summary = f"{count_of(len(unique), 'finding')} in {count_of(looked_at, subject)}"
    return TaskResult(
        summary=(f"{summary}, {more}." if more else f"{summary}.")[:2000],
        findings=kept,
        omissions=tuple(omissions),
        facts={tool: dict(count_by_rule(unique.values())), f"{tool}-files": looked_at},
    )
