"""Reports for the tests of the judge: sessions of two specialists on files of a test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from genesis.contracts import Confidence, Finding, Omission, Phase, Severity, Status, TaskResult
from genesis.contracts.judgements import JudgedFinding, Judgement
from genesis.contracts.reports import ReportedTask, SessionReport
from genesis_engineering.judgement.judge import judge
from hypothesis import strategies as st

SPECIALISTS = ("backend", "frontend")


def finding(rule: str = "some-rule", **more: object) -> Finding:
    return Finding.model_validate({"rule": rule, "severity": "low", "message": "m"} | more)


def report(
    repository: Path,
    found: Mapping[str, list[Finding]],
    *,
    number: int = 1,
    failed: tuple[str, ...] = (),
    omitted: Mapping[str, str] | None = None,
    specialists: tuple[str, ...] = SPECIALISTS,
) -> SessionReport:
    """A session whose specialists found these things; `omitted` is what each left out."""
    left_out = omitted or {}
    tasks = tuple(
        ReportedTask(
            key=who,
            specialist=who,
            kind="review",
            description="looks",
            status=Status.FAILED if who in failed else Status.COMPLETED,
            result=TaskResult(
                summary="looked",
                findings=tuple(found.get(who, [])),
                omissions=(Omission(what=left_out[who], reason="so"),) if who in left_out else (),
            ),
        )
        for who in specialists
    )
    return SessionReport(
        session_id=f"session-{number}", status=Status.COMPLETED, phase=Phase.DONE, goal="g",
        team="engineering", repository=str(repository), tasks=tasks,
    )  # fmt: skip


def judged(given: SessionReport, earlier: SessionReport | None = None) -> SessionReport:
    """The report as a reader has it, and as the next session is compared with."""
    judgement = judge(given, earlier)
    findings = tuple(one.finding for one in judgement.findings)
    return given.model_copy(update={"judgement": judgement, "findings": findings})


def judgement_of(given: SessionReport) -> Judgement:
    assert given.judgement is not None
    return given.judgement


def places(findings: tuple[JudgedFinding, ...] | tuple[Finding, ...]) -> list[str]:
    """`rule file:line` of each, for comparisons that read well."""
    plain = [one.finding if isinstance(one, JudgedFinding) else one for one in findings]
    return [f"{one.rule} {one.file}:{one.line}" for one in plain]


@st.composite
def some_findings(draw: st.DrawFn, most: int = 8) -> list[Finding]:
    """Findings of few kinds at few places, so that many are alike."""
    return draw(
        st.lists(
            st.builds(
                Finding,
                rule=st.sampled_from(["a-rule", "b-rule", "aws-key", "url-password"]),
                severity=st.sampled_from(list(Severity)),
                message=st.sampled_from(["one", "two", "line 3", "line 4"]),
                file=st.sampled_from([None, "a.py", "tests/b.py", "gone.py"]),
                line=st.sampled_from([None, 1, 2, 5, 99]),
                evidence=st.sampled_from(["", "x = 1", "x = 1 + y"]),
                confidence=st.sampled_from(list(Confidence)),
            ),
            max_size=most,
        )
    )
