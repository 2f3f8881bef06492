"""Turn a test run into what the maintainer reads."""

from __future__ import annotations

from genesis.contracts import Artifact, Finding, Omission, Severity, TaskResult
from pydantic import JsonValue

from genesis_engineering.verification.run_findings import find_problems
from genesis_engineering.verification.suite_run import SuiteRun
from genesis_engineering.verification.suites import Suites

MAX_FINDINGS = 50
OUTPUT_FILE = "test-output.txt"
EVENTS_FILE = "test-events.jsonl"


def report_run(run: SuiteRun) -> TaskResult:
    """Everything that a run showed; `blocked` when no test of it could run."""
    if run.verdict.name == "no_tests":
        return report_no_tests(run.suites, run.verdict.reason)
    found = find_problems(run)
    more = len(found) - MAX_FINDINGS
    rest = f" {more} more findings are not listed." if more > 0 else ""
    blocked = None
    if run.verdict.name == "could_not_run":
        blocked = f"{run.verdict.reason} (interpreter: {run.environment.shown})"
    return TaskResult(
        summary=_summary(run)[:1900] + rest,
        findings=tuple(found[:MAX_FINDINGS]),
        omissions=tuple(_omissions(run) + _other_suites(run.suites)),
        artifacts=(
            Artifact(path=OUTPUT_FILE, description="What the test suite printed"),
            Artifact(path=EVENTS_FILE, description="Each test as it started and ended"),
        ),
        facts={"verification": _facts(run)},
        blocked=blocked,
    )


def report_no_run(suites: Suites, reason: str) -> TaskResult:
    """Tests that could not even be started: blocked, with the reason."""
    return TaskResult(
        summary=f"The tests could not be run: {reason}"[:2000],
        omissions=tuple(_other_suites(suites)),
        facts={"verification": {"verdict": "could_not_run", "reason": reason}},
        blocked=reason,
    )


def report_no_tests(suites: Suites, reason: str = "no test suite was found") -> TaskResult:
    """A repository without tests; worth a finding when there is something to test."""
    finding = Finding(
        rule="no-tests",
        severity=Severity.LOW,
        message="The repository has source code and no tests.",
        check="Look for files named test_*.py or *_test.go, or a test script in package.json.",
    )
    return TaskResult(
        summary="There are no tests to run in this repository.",
        findings=(finding,) if suites.has_source else (),
        omissions=tuple(_other_suites(suites)),
        facts={"verification": {"verdict": "no_tests", "reason": reason}},
    )


def _other_suites(suites: Suites) -> list[Omission]:
    return [Omission(what=suite.name[:500], reason=suite.reason) for suite in suites.others]


def _omissions(run: SuiteRun) -> list[Omission]:
    found = []
    missed = run.records.not_reached()
    if missed:
        seconds = run.child.seconds
        what = f"{missed} of {len(run.records.tests)} tests were not reached in {seconds:.0f} s"
        found.append(Omission(what=what, reason=run.verdict.reason[:2000]))
    if run.verdict.name == "incomplete" and not run.records.tests:
        found.append(Omission(what="the whole test suite", reason=run.verdict.reason[:2000]))
    if run.environment.imports.installed_copy:
        reason = (
            "its modules are compiled, and only the installed copy in "
            f"{run.environment.imports.installed_copy} has them: that copy was tested"
        )
        found.append(Omission(what="the checkout's own code", reason=reason))
    return found


def _counts(run: SuiteRun) -> dict[str, int]:
    return {
        **run.records.counts(),
        "interrupted": len(run.records.running()),
        "not_reached": run.records.not_reached(),
        "collection_errors": len(run.records.collection_errors),
        "skipped_files": run.records.skipped_files,
        "deselected": run.records.deselected,
    }


def _summary(run: SuiteRun) -> str:
    counts = [
        f"{number} {name.replace('_', ' ')}" for name, number in _counts(run).items() if number
    ]
    how = f"{run.records.session or run.suites.runner}, {run.child.seconds:.1f} s"
    where = f"{run.environment.shown}, Python {run.environment.version}"
    verdict = run.verdict.name.replace("_", " ")
    reason = "" if run.verdict.name == "passed" else f" {run.verdict.reason.rstrip('.')}."
    return f"Tests {verdict}: {', '.join(counts) or 'no tests'} ({how}; {where}).{reason}"


def _facts(run: SuiteRun) -> dict[str, JsonValue]:
    return {
        "verdict": run.verdict.name,
        **_counts(run),
        "collected": len(run.records.tests),
        "runner": run.records.session or run.suites.runner,
        "python": run.environment.shown,
        "python_version": run.environment.version,
        "python_reason": run.environment.reason,
        "seconds": round(run.child.seconds, 2),
        "limit_seconds": round(run.limit_seconds, 2),
        "exit_code": run.child.exit_code,
        "reason": run.verdict.reason,
    }
