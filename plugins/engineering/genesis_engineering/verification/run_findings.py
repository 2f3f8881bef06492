"""The findings of a test run: what is wrong with the run as a whole, then each failing test."""

from __future__ import annotations

from genesis.contracts import Finding, Severity

from genesis_engineering.verification.records import CollectionError, RecordedTest
from genesis_engineering.verification.suite_run import SuiteRun

_EVIDENCE_LINES = 15


def find_problems(run: SuiteRun) -> list[Finding]:
    """All findings, the most telling first; nothing is left out here."""
    found = _of_the_run(run)
    found += [_of_collection(error, run) for error in run.records.collection_errors]
    found += [_of_test(test, run) for test in run.records.failing()]
    return found


def _of_the_run(run: SuiteRun) -> list[Finding]:
    records = run.records
    running = records.running()
    found = []
    if run.verdict.disagreement:
        message = run.verdict.disagreement + (f"; {running[0].id} was running" if running else "")
        found.append(_finding("exit-code-disagrees", message, run, running))
    elif hung := run.hung():
        message = (
            f"{hung.id} was still running when the limit of {run.limit_seconds:.0f} s ended it"
        )
        found.append(_finding("test-hung", message, run, [hung]))
    elif not run.child.stopped and records.finished is None and (records.ended() or running):
        during = f" while {running[0].id} was running" if running else ""
        message = f"the test run died ({run.child.ending()}){during}"
        found.append(_finding("test-run-died", message, run, running))
    return found


def _finding(rule: str, message: str, run: SuiteRun, tests: list[RecordedTest]) -> Finding:
    name = tests[0].id if tests else ""
    file = name.split("::")[0] if "::" in name else None
    return Finding(
        rule=rule,
        severity=Severity.HIGH,
        message=message[:2000],
        file=file,
        evidence=_last_lines(run.child.output),
        check=run.check(name)[:1000] if name else "",
    )


def _of_test(test: RecordedTest, run: SuiteRun) -> Finding:
    return Finding(
        rule="test-failed",
        severity=Severity.HIGH,
        message=f"{test.id}: {test.message or 'no message'}"[:2000],
        file=test.file,
        line=test.line if test.line and test.line > 0 else None,
        evidence=_last_lines(test.detail),
        check=run.check(test.id)[:1000],
    )


def _of_collection(error: CollectionError, run: SuiteRun) -> Finding:
    module = run.lacking.get(error.id)
    if module is not None:
        return Finding(
            rule="test-dependency-missing",
            severity=Severity.LOW,
            message=f"Its tests were not run: {run.environment.shown} has no module {module!r}.",
            file=error.file,
            evidence=_last_lines(error.detail),
            check=run.check(error.id)[:1000] if error.id else "",
        )
    return Finding(
        rule="test-collection-error",
        severity=Severity.HIGH,
        message=f"The tests of {error.id or 'the suite'} cannot be loaded: {error.message}"[:2000],
        file=error.file,
        evidence=_last_lines(error.detail),
        check=run.check(error.id)[:1000] if error.id else "",
    )


def _last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_EVIDENCE_LINES:])[-8000:]
