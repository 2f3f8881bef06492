"""Turn the runs of test suites into what the maintainer reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import replace

from genesis.contracts import Artifact, Confidence, Finding, Omission, Severity, TaskResult
from pydantic import JsonValue

from genesis_engineering.reporting import MOST_OF_A_RULE
from genesis_engineering.verification.run_findings import find_problems
from genesis_engineering.verification.suite_run import SuiteRun
from genesis_engineering.verification.suites import Suites
from genesis_engineering.verification.verdict import Verdict, VerdictName

# Above the first folder of tests.
_OF_EXAMPLES = re.compile(r"(?:(?!tests?/)[^/]+/)*?(contrib|demos?|examples?|samples?)/")
OUTPUT_FILE = "test-output.txt"
EVENTS_FILE = "test-events.jsonl"
RERUNS_FILE = "test-reruns.jsonl"


def report_runs(
    runs: Sequence[SuiteRun], suites: Suites, left_out: str, doubtful: Container[str]
) -> TaskResult:
    """Everything that the runs showed; `blocked` when no test of any of them could run.

    `left_out` are files that the copy of the checkout does not have, in words. All that the suites
    named in `doubtful` say is low, and so is what is said of tests in examples and the like: what
    is here may lack the project's own setting, such as services, lock files and what only a build
    makes.
    """
    verdict = decide_all(runs)
    if verdict.name == "no_tests":
        return report_no_tests(suites, verdict.reason)
    found = [
        _doubted(finding)
        if run.suite.name in doubtful or _OF_EXAMPLES.match(finding.file or "")
        else finding
        for run in runs
        for finding in find_problems(run)
    ]
    more = len(found) - MOST_OF_A_RULE
    rest = f" {more} more findings are not listed." if more > 0 else ""
    blocked = None
    if verdict.name == "could_not_run":
        told = [f"{run.verdict.reason} (interpreter: {run.launch.program})" for run in runs]
        blocked = "; ".join(told)
    omissions = [omission for run in runs for omission in _omissions(run)]
    if left_out:
        reason = "they are too large for the copy in which tests are run, or cannot be read"
        omissions.append(Omission(what=left_out[:500], reason=reason))
    return TaskResult(
        summary=" ".join(_summary(run) for run in runs)[:1900] + rest,
        findings=tuple(found[:MOST_OF_A_RULE]),
        omissions=tuple(omissions + _other_suites(suites)),
        artifacts=_artifacts(runs),
        facts={"verification": _all_facts(runs, verdict)},
        blocked=blocked,
    )


def _doubted(finding: Finding) -> Finding:
    if finding.severity == Severity.LOW:
        return finding
    return finding.model_copy(update={"severity": Severity.LOW, "confidence": Confidence.POSSIBLE})


def report_no_run(suites: Suites, reason: str) -> TaskResult:
    """Tests that could not even be started: blocked, with the reason."""
    return TaskResult(
        summary=f"The tests could not be run: {reason}"[:2000],
        omissions=tuple(_other_suites(suites)),
        facts={"verification": {"verdict": "could_not_run", "reason": reason}},
        blocked=reason,
    )


def report_others(suites: Suites) -> TaskResult:
    """Nothing but tests that Genesis cannot run: each is named, and why."""
    names = ", ".join(suite.name for suite in suites.others)
    return report_no_run(suites, f"No test of it was run: {names}. See what was left out.")


def report_no_tests(suites: Suites, reason: str = "no test suite was found") -> TaskResult:
    """A repository without tests that can be run; worth a finding when there is something to test,
    and no tests of a language or runner whose results cannot be read."""
    if suites.unread:
        return report_others(replace(suites, others=(*suites.others, *suites.unread)))
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


def decide_all(runs: Sequence[SuiteRun]) -> Verdict:
    """The verdict over all suites: failed when one failed, passed when all that has tests passed.

    A suite that could not run makes the others' success incomplete.
    """
    named = {run.verdict.name for run in runs}
    name: VerdictName = "no_tests"
    if "failed" in named:
        name = "failed"
    elif "incomplete" in named or ("could_not_run" in named and "passed" in named):
        name = "incomplete"
    elif "could_not_run" in named:
        name = "could_not_run"
    elif "passed" in named:
        name = "passed"
    if len(runs) == 1:
        return Verdict(name, runs[0].verdict.reason)
    told = [f"{run.suite.name}: {run.verdict.reason}" for run in runs]
    return Verdict(name, "; ".join(told)[:2000])


def _other_suites(suites: Suites) -> list[Omission]:
    return [Omission(what=other.name[:500], reason=other.reason[:2000]) for other in suites.others]


def _artifacts(runs: Sequence[SuiteRun]) -> tuple[Artifact, ...]:
    found = [
        Artifact(path=OUTPUT_FILE, description="What the test suite printed"),
        Artifact(path=EVENTS_FILE, description="Each test as it started and ended"),
    ]
    if any(run.rerun for run in runs):
        found.append(Artifact(path=RERUNS_FILE, description="Failing tests as they were run again"))
    return tuple(found)


def _omissions(run: SuiteRun) -> list[Omission]:
    found = []
    missed = run.records.not_reached()
    if missed:
        seconds = run.child.seconds
        what = f"{missed} of {len(run.records.tests)} tests were not reached in {seconds:.0f} s"
        found.append(Omission(what=what, reason=run.verdict.reason[:2000]))
    if run.verdict.name == "incomplete" and not run.records.tests:
        found.append(Omission(what="the whole test suite", reason=run.verdict.reason[:2000]))
    if run.launch.installed_copy:
        reason = (
            "its modules are compiled, and only the installed copy in "
            f"{run.launch.installed_copy} has them: that copy was tested"
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
    kinds = Counter(unstable.kind for unstable in run.unstable.values())
    again = [f"{number} of these {kind}" for kind, number in sorted(kinds.items())]
    how = f"{run.records.session or run.suite.runner}, {run.child.seconds:.1f} s"
    if run.suite.runner in ("pytest", "unittest"):
        how += f"; {run.launch.program}, Python {run.launch.version}"
    elif run.suite.runner in ("jest", "vitest"):
        how += f"; node {run.launch.version}"
    how += "" if run.suite.folder == "." else f"; in {run.suite.folder}"
    verdict = run.verdict.name.replace("_", " ")
    reason = "" if run.verdict.name == "passed" else f" {run.verdict.reason.rstrip('.')}."
    return f"Tests {verdict}: {', '.join(counts + again) or 'no tests'} ({how}).{reason}"


def _all_facts(runs: Sequence[SuiteRun], verdict: Verdict) -> dict[str, JsonValue]:
    """The facts of the only suite, or the sums over all; `suites` has those of each."""
    each = [_facts(run) for run in runs]
    facts: dict[str, JsonValue] = dict(each[0])
    if len(runs) > 1:
        for name in (*_counts(runs[0]), "collected", "flaky", "order_dependent", "seconds"):
            facts[name] = _sum(each, name)
        facts["runner"] = " + ".join(str(one["runner"]) for one in each)
        # The first that is not 0, if any.
        facts["exit_code"] = next((one["exit_code"] for one in each if one["exit_code"]), 0)
        facts |= {"verdict": verdict.name, "reason": verdict.reason}
    return facts | {"suites": list[JsonValue](each)}


def _sum(each: list[dict[str, JsonValue]], name: str) -> int | float:
    values = [one[name] for one in each]
    total = sum(value for value in values if isinstance(value, int | float))
    return round(total, 2) if isinstance(total, float) else total


def _facts(run: SuiteRun) -> dict[str, JsonValue]:
    kinds = Counter(unstable.kind for unstable in run.unstable.values())
    facts: dict[str, JsonValue] = {
        "verdict": run.verdict.name,
        **_counts(run),
        "collected": len(run.records.tests),
        "flaky": kinds["flaky"],
        "order_dependent": kinds["order-dependent"],
        "runner": run.records.session or run.suite.runner,
        "folder": run.suite.folder,
        "program": run.launch.program,
        "program_version": run.launch.version,
        "program_reason": run.launch.reason,
        "seconds": round(run.child.seconds, 2),
        "limit_seconds": round(run.limit_seconds, 2),
        "exit_code": run.child.exit_code,
        "reason": run.verdict.reason,
    }
    if run.suite.runner in ("pytest", "unittest"):
        facts |= {
            "python": run.launch.program,
            "python_version": run.launch.version,
            "python_reason": run.launch.reason,
        }
    if run.rerun:
        facts["rerun"] = run.rerun
    if run.coverage:
        facts["coverage"] = dict(run.coverage)
    return facts
