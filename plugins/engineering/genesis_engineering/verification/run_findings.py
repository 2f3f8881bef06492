"""The findings of a test run: what is wrong with the run as a whole, then each failing test."""

from __future__ import annotations

import re
from collections.abc import Sequence

from genesis.contracts import Confidence, Finding, Severity

from genesis_engineering.reporting import count_of
from genesis_engineering.verification.child import CANCELLED
from genesis_engineering.verification.missing_modules import CONFTEST
from genesis_engineering.verification.records import CollectionError, RecordedTest
from genesis_engineering.verification.rights import OTHER_USER
from genesis_engineering.verification.same_cause import group_alike, group_failures, raised_at
from genesis_engineering.verification.suite_run import SuiteRun, Unstable
from genesis_engineering.verification.surroundings import (
    IPV6,
    NETWORK,
    is_of_machine,
    is_server,
)
from genesis_engineering.verification.verdict import telling_line

_EVIDENCE_LINES = 15
# A test may well take that long; whoever sets a shorter limit has not seen one hang.
_PATIENCE_SECONDS = 30.0
_NO_NETWORK = "others of their files fail for lack of a network or a server"
# Told by whichever test runs while the collector does.
_LEFT_OVER = re.compile(r"PytestUnraisableExceptionWarning|ResourceWarning")
_SYNTAX = re.compile(r"\b(Syntax|Indentation|Tab)Error\b")
# Ids begin with the file, except those of unittest, Go and Rust.
_FILE = re.compile(r"[^:()]+\.(py|[cm]?[jt]sx?)(::|$)")


def find_problems(run: SuiteRun) -> list[Finding]:
    """All findings, the most telling first; nothing is left out here."""
    found = _of_the_run(run)
    errors = run.records.collection_errors
    outer = _outer_tests(run.records.failing()) if run.suite.runner == "go" else set()
    failing = [test for test in run.failing() if test.id not in outer]
    # Where there is doubt, what is said to be lacking, not Python for anybody, or unstable.
    told = [e for e in errors if not run.doubt or e.id in run.lacking or _SYNTAX.search(e.message)]
    certain = [t for t in failing if t.id in run.unstable or not run.is_doubtful(t.file)]
    broken = group_alike(
        told,
        lambda one: "" if one.id in run.lacking or _SYNTAX.search(one.message) else one.message,
    )
    found += [_of_collection(errors, run) for errors in broken]
    groups = group_failures([test for test in certain if test.id not in run.unstable])
    found += [_of_tests(tests, run) for tests in groups]
    unstable = [test for test in certain if test.id in run.unstable]
    shaken = group_alike(unstable, lambda one: f"{run.unstable[one.id].kind} {one.message}")
    found += [_of_unstable(tests, run.unstable[tests[0].id], run) for tests in shaken]
    doubtful: list[CollectionError | RecordedTest] = [e for e in errors if e not in told]
    doubtful += [test for test in failing if test not in certain]
    if doubtful:
        found.append(_doubtful(doubtful, run))
    lacking: dict[str, list[RecordedTest]] = {}
    for test in run.records.failing():
        if test.id in run.lacking:
            lacking.setdefault(run.lacking[test.id], []).append(test)
    for name, tests in sorted(lacking.items()):
        ran = [test for test in tests if test.id != test.file]
        if ran:
            found.append(_lacking_of_tests(name, ran, run))
        unloaded = [test for test in tests if test.id == test.file]
        found += [_lacking(test.id, test.file, test.detail, run) for test in unloaded]
    return found


def _outer_tests(failing: Sequence[RecordedTest]) -> set[str]:
    """The tests of Go that parts of theirs, which failed, are named after (`p::TestA/empty`): they
    say nothing more."""
    return {
        test.id[: found.start()]
        for test in failing
        for found in re.finditer("/", test.id)
        if "::" in test.id[: found.start()]
    }


def _doubtful(failed: Sequence[CollectionError | RecordedTest], run: SuiteRun) -> Finding:
    """Said once: nobody can tell which of these are faults of the repository."""
    told = [f"{one.id}: {one.message.partition(chr(10))[0]}" for one in failed[:_EVIDENCE_LINES]]
    return Finding(
        rule="test-environment-incomplete",
        severity=Severity.LOW,
        confidence=Confidence.POSSIBLE,
        message=f"{count_of(len(failed), 'test')} (or test files) failed, and it cannot be told "
        f"whose fault that is: {run.doubt or _NO_NETWORK}. The first: {told[0]}"[:2000],
        file=failed[0].file,
        evidence="\n".join(told)[-8000:],
        check=run.launch.check(failed[0].id)[:1000],
    )


def _lacking_of_tests(name: str, tests: list[RecordedTest], run: SuiteRun) -> Finding:
    """Said once: installing it is one step, whatever the number of tests."""
    declared = "the project declares for its tests and " if name in run.launch.lacking else ""
    lack = f"for lack of {name}, which {declared}{run.launch.program} does not have"
    if name == CONFTEST:
        lack = f"for lack of {CONFTEST}, which is not in this source archive"
    elif name == OTHER_USER:
        lack = "because they ran as root: as root every file can be read and written, whatever "
        lack += "its mode. Run them as another user"
    elif is_of_machine(name):
        what = "a network" if name == NETWORK else name
        lack = f"for lack of {what}, as they say: {tests[0].message}"[:1000]
    return Finding(
        rule=_rule_of_lack(name),
        severity=Severity.LOW,
        message=f"{count_of(len(tests), 'test')} failed {lack.rstrip('.')}.",
        file=tests[0].file,
        evidence=_last_lines(tests[0].detail),
        check=run.launch.check(tests[0].id)[:1000],
    )


def _rule_of_lack(name: str) -> str:
    if name in (NETWORK, IPV6):
        return "test-needs-network"
    if is_server(name):
        return "test-needs-server"
    return "test-fails-as-root" if name == OTHER_USER else "test-dependency-missing"


def _of_the_run(run: SuiteRun) -> list[Finding]:
    records = run.records
    running = records.running()
    found: list[Finding] = []
    if run.child.over == CANCELLED:
        return found  # whoever cancelled it knows
    if run.child.lost or run.child.over:
        found.append(_finding("test-run-died", run.verdict.reason, run, running))
    elif run.verdict.disagreement:
        message = run.verdict.disagreement + (f"; {running[0].id} was running" if running else "")
        found.append(_finding("exit-code-disagrees", message, run, running))
    elif hung := run.hung():
        message = (
            f"{hung.id} was still running when the limit of {run.limit_seconds:.0f} s ended it"
        )
        told = _finding("test-hung", message, run, [hung])
        is_short = run.ran_for(hung) < _PATIENCE_SECONDS
        found.append(told.model_copy(update={"severity": Severity.LOW}) if is_short else told)
    elif not run.child.stopped and records.finished is None and (records.ended() or running):
        during = f" while {running[0].id} was running" if running else ""
        message = f"the test run died ({run.child.ending()}){during}"
        if records.internal_error:
            message = f"the test run died: {telling_line(records.internal_error)}"
        found.append(_finding("test-run-died", message, run, running))
    return found


def _finding(rule: str, message: str, run: SuiteRun, tests: list[RecordedTest]) -> Finding:
    name = tests[0].id if tests else ""
    file = name.split("::")[0] if _FILE.match(name) else None
    return Finding(
        rule=rule,
        severity=Severity.HIGH,
        message=message[:2000],
        file=file,
        evidence=_last_lines(run.child.output),
        check=run.launch.check(name)[:1000] if name else "",
    )


def _of_tests(tests: list[RecordedTest], run: SuiteRun) -> Finding:
    """A failing test, or all that fail for one cause: that is mended once."""
    first, told = tests[0], ""
    if len(tests) > 1:
        place = raised_at(first)
        where = f" in {place[0]}:{place[1]}" if place else ""
        told = f"{len(tests)} tests fail with the same error{where}; the first is "
    others = "\n".join(test.id for test in tests[1 : _EVIDENCE_LINES + 1])
    return Finding(
        rule="test-failed",
        severity=Severity.HIGH,
        message=f"{told}{first.id}: {first.message or 'no message'}"[:2000],
        file=first.file,
        line=first.line if first.line and first.line > 0 else None,
        evidence=f"{_last_lines(first.detail)}\n{others}".rstrip()[-8000:],
        check=run.launch.check(first.id)[:1000],
    )


def _of_unstable(tests: list[RecordedTest], unstable: Unstable, run: SuiteRun) -> Finding:
    """Both results are the evidence: what failed, and the runs in which it passed."""
    test = tests[0]
    what = "fails only after others" if unstable.kind == "order-dependent" else "is flaky"
    message = f"{test.id} {what}: {unstable.told}. It failed with: {test.message or 'no message'}"
    if len(tests) > 1:
        message = f"{len(tests)} tests are alike in this. The first: {message}"
    return Finding(
        rule=f"test-{unstable.kind}",
        severity=Severity.LOW if _LEFT_OVER.search(test.message) else Severity.MEDIUM,
        message=message[:2000],
        file=test.file,
        line=test.line if test.line and test.line > 0 else None,
        evidence=f"{unstable.told}\n{_last_lines(test.detail)}"[:8000],
        check=run.launch.check(test.id)[:1000],
    )


def _lacking(name: str, file: str | None, detail: str, run: SuiteRun) -> Finding:
    module = run.lacking[name]
    lack = f"{run.launch.program} has no module {module!r}"
    if module.endswith("/__init__.py"):
        lack = f"{module} is not in this source archive"
    elif is_of_machine(module):
        lack = f"they need {module}, which is not here"
    elif run.suite.runner in ("go", "cargo"):
        lack = f"{module} is not on this machine"
    return Finding(
        rule=_rule_of_lack(module),
        severity=Severity.LOW,
        message=f"Its tests were not run: {lack}.",
        file=file,
        evidence=_last_lines(detail),
        check=run.launch.check(name)[:1000] if name else "",
    )


def _of_collection(errors: list[CollectionError], run: SuiteRun) -> Finding:
    """A file of tests that cannot be loaded, or all that say the same."""
    error = errors[0]
    if error.id in run.lacking:
        return _lacking(error.id, error.file, error.detail, run)
    name = error.id or "the suite"
    if len(errors) > 1:
        name = f"{len(errors)} files, {name} and others,"
    others = "\n".join(one.id for one in errors[1 : _EVIDENCE_LINES + 1])
    return Finding(
        rule="test-collection-error",
        severity=Severity.HIGH,
        message=f"The tests of {name} cannot be loaded: {error.message}"[:2000],
        file=error.file,
        evidence=f"{_last_lines(error.detail)}\n{others}".rstrip()[-8000:],
        check=run.launch.check(error.id)[:1000] if error.id else "",
    )


def _last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_EVIDENCE_LINES:])[-8000:]
