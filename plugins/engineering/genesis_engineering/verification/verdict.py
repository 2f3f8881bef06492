"""Decide what a test run proved. The records decide; the exit code can only make it worse."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from genesis_engineering.verification.child import ChildRun
from genesis_engineering.verification.records import Records

VerdictName = Literal["passed", "failed", "incomplete", "could_not_run", "no_tests"]
_NO_TESTS_COLLECTED = 5
_NO_TESTS = re.compile(
    r"^\s*(No tests found|No test files found|go: warning: .* matched no packages)",
    re.MULTILINE,
)
_TELLING = re.compile(
    r"^(E\s+|.*\berror: (?!usage)|\w[\w.]*(Error|Exception|Exit)\b)", re.IGNORECASE
)


@dataclass(frozen=True)
class Verdict:
    """`reason` says in a sentence what decided; `disagreement` is empty when the exit code agrees.

    A failure that was seen makes it `failed`, even when the rest was not reached; `incomplete` is
    a run that saw no failure and did not reach everything.
    """

    name: VerdictName
    reason: str
    disagreement: str = ""


def decide(
    records: Records, child: ChildRun, limit_seconds: float, lacking: Mapping[str, str]
) -> Verdict:
    """Judge a run from what was recorded of it and from how its process ended.

    `lacking` are the test files that the environment cannot load, with the module that it lacks:
    they are not reached, and say nothing of the repository.
    """
    broken = [error for error in records.collection_errors if error.id not in lacking]
    failed = [test for test in records.failing() if test.id not in lacking]
    bad = len(failed) + len(broken)
    missed = len(records.tests) - records.ended()
    end = f"after the limit of {limit_seconds:.0f} s" if child.stopped else child.ending()
    if child.lost or child.over:
        return _ended_by_force(records, child, bad)
    if not records.ended() and not records.running():
        return _nothing_ran(records, child, end)
    disagreement = _disagreement(records, child, bad, missed)
    if bad:
        return Verdict(
            "failed",
            _why_failed(records, len(failed), len(broken), missed, end),
            disagreement,
        )
    if lacking:
        names = ", ".join(sorted(set(lacking.values())))
        files = (
            "1 test (file) needs" if len(lacking) == 1 else f"{len(lacking)} tests (or files) need"
        )
        return Verdict("incomplete", f"{files} {names}, which the environment lacks")
    if missed or records.finished is None or child.stopped:
        return Verdict("incomplete", _why_incomplete(records, child, missed, end), disagreement)
    if disagreement:
        return Verdict("failed", disagreement, disagreement)
    counts = records.counts()
    if not counts["passed"] + counts["xfailed"] + counts["xpassed"]:
        return Verdict("incomplete", f"all {counts['skipped']} tests were skipped")
    return Verdict("passed", f"every test that ran passed ({child.ending()})")


def telling_line(text: str) -> str:
    """The last line of an output that looks like an error, or else its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.match(line)]
    return ((telling or lines or ["it printed nothing"])[-1]).removeprefix("E ").strip()[:500]


def _ended_by_force(records: Records, child: ChildRun, bad: int) -> Verdict:
    """A run that passed a limit, or killed the process that supervised it."""
    missed = len(records.tests) - records.ended()
    running = records.running()
    during = f" while {running[0].id} was running" if running else ""
    reason = f"the run was ended{during}: {child.ending()}; {missed} of {len(records.tests)} tests"
    return Verdict("failed" if bad else "incomplete", f"{reason} did not end")


def _nothing_ran(records: Records, child: ChildRun, end: str) -> Verdict:
    errors = records.collection_errors
    if errors:
        return Verdict(
            "could_not_run",
            f"no test could be loaded: {errors[0].message}"
            + (f" ({len(errors)} files cannot be loaded)" if len(errors) > 1 else ""),
        )
    if child.stopped:
        return Verdict("incomplete", f"no test had started {end}")
    if not records.tests and _says_no_tests(records, child):
        if records.deselected:
            reason = f"the repository's configuration leaves out all {records.deselected} tests"
            return Verdict("incomplete", reason)
        if records.skipped_files:
            return Verdict("incomplete", f"all {records.skipped_files} test files were skipped")
        return Verdict("no_tests", "the runner found no tests")
    said = records.internal_error or child.output
    return Verdict("could_not_run", f"no test started ({end}): {telling_line(said)}")


def _says_no_tests(records: Records, child: ChildRun) -> bool:
    """Runners tell it by what they record, by their exit code or by what they print."""
    if records.finished == _NO_TESTS_COLLECTED and child.exit_code in (0, 1, 5):
        return True
    return (
        records.finished is None and child.exit_code == 1 and bool(_NO_TESTS.search(child.output))
    )


def _why_failed(records: Records, failed: int, broken: int, missed: int, end: str) -> str:
    parts = [f"{failed} of {len(records.tests)} tests failed"]
    if broken:
        parts.append(f"{broken} files cannot be loaded")
    if missed:
        parts.append(f"{missed} of {len(records.tests)} did not end ({end})")
    return "; ".join(parts)


def _why_incomplete(records: Records, child: ChildRun, missed: int, end: str) -> str:
    running = records.running()
    how = "stopped" if child.stopped else "ended"
    during = f" while {running[0].id} was running" if running else ""
    rest = f"{missed} of {len(records.tests)} tests did not end"
    if records.internal_error and not running:
        rest += f"; {telling_line(records.internal_error)}"
    if not missed:
        rest = "every test ended, but the program did not end as it should"
    return f"the run {how} ({end}){during}: {rest}"


def _disagreement(records: Records, child: ChildRun, bad: int, missed: int) -> str:
    if child.stopped:
        return ""
    if child.exit_code == 0 and bad:
        return f"the suite ended with exit code 0, although {bad} failed"
    if child.exit_code == 0 and (missed or records.finished is None):
        return f"the suite ended with exit code 0, although {missed} tests did not end"
    if child.exit_code != 0 and not bad and not missed and records.finished is not None:
        return (
            f"every test passed, but the suite ended with {child.ending()}: "
            f"{telling_line(child.output)}"
        )
    return ""
