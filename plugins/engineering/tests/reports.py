"""Reports for the tests of formats: given ones, and those that hypothesis thinks of."""

from __future__ import annotations

import re
from pathlib import Path

from genesis.contracts import (
    Artifact,
    Finding,
    Omission,
    Phase,
    Severity,
    Status,
    TaskResult,
)
from genesis.contracts.reports import ReportedTask, SessionReport
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import JsonValue

HOSTILE = (
    "<script>alert(1)</script>", "</style><script>", "\"'><img src=x onerror=alert(1)>",
    "```\n# heading\n", "[link](http://example.org)", "![i](http://example.org/i.png)",
    "]]></failure>", "&lt;b&gt; &#64;", "@someone #12", "\x00\x1b[31m\x7f\x9f", "\ufffe\uffff",
    "line\r\nnext\rthird", "| a | b |", "    indented", "<!-- -->", "`", "``a`` ", "`a`",
    "`<b>` `@c`", "\\", "*_~$^=+-",
    "http://example.org", "\u2028\u2029\x85",
)  # fmt: skip
some = settings(deadline=None, max_examples=50)
texts = st.one_of(st.text(max_size=60), st.sampled_from(HOSTILE), st.from_regex(r"[`<>&#*]{1,9}"))
"""Any text that a finding can hold, often such as would be obeyed."""


@st.composite
def findings(draw: st.DrawFn) -> list[Finding]:
    """Findings in any order; the message of the n-th holds `zqNqz`."""
    count = draw(st.integers(0, 6))
    return [
        Finding(
            rule=draw(st.one_of(st.sampled_from(["a-rule", "b-rule"]), texts.filter(bool)))[:80],
            severity=draw(st.sampled_from(list(Severity))),
            message=f"{draw(texts)} zq{index}qz {draw(texts)}",
            file=draw(st.one_of(st.none(), texts, st.just("src/a b%20#?.py"))),
            line=draw(st.one_of(st.none(), st.integers(1, 10**6))),
            evidence=draw(texts),
            check=draw(texts),
        )
        for index in range(count)
    ]


@st.composite
def reports(draw: st.DrawFn) -> SessionReport:
    """A report with any texts in it; its findings are ordered as the kernel orders them."""
    found = sorted(draw(findings()), key=lambda f: (f.severity.rank, f.file or "", f.line or 0))
    omitted = [Omission(what=draw(texts) + "w", reason=draw(texts) + "r")]
    task = report_task(findings=tuple(found), omissions=tuple(omitted), error=draw(texts))
    return SessionReport(
        session_id="session-20261122T000000Z-0000",
        status=draw(st.sampled_from(list(Status))),
        phase=Phase.DONE,
        goal=draw(texts),
        team="engineering",
        repository=draw(st.one_of(texts, st.just("/home/me/a b"))),
        branch=draw(st.one_of(st.none(), texts)),
        reason=draw(texts),
        started_at=draw(st.sampled_from([None, "2026-11-22T00:46:08.123456Z"])),
        exit_code=draw(st.sampled_from([None, 0, 1])),
        findings=tuple(found),
        tasks=(task,),
    )


def report_task(
    *,
    findings: tuple[Finding, ...] = (),
    omissions: tuple[Omission, ...] = (),
    error: str | None = None,
    facts: dict[str, JsonValue] | None = None,
    folder: Path | None = None,
) -> ReportedTask:
    """A task with a result."""
    result = TaskResult(
        summary="done",
        findings=findings,
        omissions=omissions,
        artifacts=(Artifact(path="test-events.jsonl", description="tests"),),
        facts=facts or {},
    )
    return ReportedTask(
        key="verify", specialist="debugger", kind="verify", description="tests",
        status=Status.FAILED if error else Status.COMPLETED, error=error, result=result,
        folder=folder,
    )  # fmt: skip


def report_of(*tasks: ReportedTask) -> SessionReport:
    """A completed session with these tasks."""
    found = tuple(f for task in tasks if task.result for f in task.result.findings)
    return SessionReport(
        session_id="session-20261122T000000Z-0000", status=Status.COMPLETED, phase=Phase.DONE,
        goal="nightly review", team="engineering", repository="/home/me/a b", branch="main",
        started_at="2026-11-22T00:46:08.123456Z", completed_at="2026-11-22T00:46:20.123456Z",
        duration_seconds=12.0, exit_code=0, findings=found, tasks=tasks,
    )  # fmt: skip


def markers(text: str) -> list[int]:
    """The numbers of the findings whose messages occur in a text, in their order there."""
    return [int(number) for number in re.findall(r"zq(\d+)qz", text)]


def expected(report: SessionReport) -> list[int]:
    """What `markers` gives for a format that has every finding once and in order."""
    return markers("".join(finding.message for finding in report.findings))
