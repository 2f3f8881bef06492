"""The tool `run_tests`: a repository's own tests, in its own environment, result by result."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from genesis.contracts import TaskResult, ToolContext
from genesis.errors import UsageError

from genesis_engineering.verification.child import ChildRun, run_child
from genesis_engineering.verification.child_environment import (
    scrubbed_environment,
    with_interpreter,
)
from genesis_engineering.verification.environment import (
    Environment,
    NoEnvironmentError,
    choose_environment,
)
from genesis_engineering.verification.missing_modules import missing_module
from genesis_engineering.verification.pytest_runner import pytest_check, pytest_command
from genesis_engineering.verification.recorder import Recorder, install_recorder
from genesis_engineering.verification.records import RecordReader
from genesis_engineering.verification.report import (
    EVENTS_FILE,
    OUTPUT_FILE,
    report_no_run,
    report_no_tests,
    report_run,
)
from genesis_engineering.verification.suite_run import SuiteRun
from genesis_engineering.verification.suites import Suites, find_suites
from genesis_engineering.verification.unittest_runner import unittest_check, unittest_command
from genesis_engineering.verification.verdict import decide

_READ_SECONDS = 0.2
_REPORT_SECONDS = 1.0
_RESERVE_SECONDS = 5.0


@dataclass(frozen=True)
class _Job:
    """One run to be done; all folders are absolute, because the suite runs in one of them."""

    context: ToolContext
    repository: Path
    folder: Path
    temporary: Path
    suites: Suites
    environment: Environment
    limit_seconds: float


def run_tests(context: ToolContext) -> TaskResult:
    """Run the repository's test suite and report each test; nothing is installed.

    `context.params["limit_seconds"]` (optional, above 0) ends the suite earlier than the attempt's
    own limit would. `facts["verification"]` has `verdict` (`passed`, `failed`, `incomplete`,
    `could_not_run`, `no_tests`), `reason`, a count per outcome, and which interpreter ran it.
    A suite of which no test could run gives `blocked`. Raises UsageError for a limit that is no
    number, OSError when git cannot list the files, AttemptCancelledError when cancelled: then no
    process of the suite is left.
    """
    limit = _limit_seconds(context)
    repository, folder = context.repository.absolute(), context.folder.absolute()
    suites = find_suites(repository)
    if not suites.runner and suites.others:
        names = ", ".join(suite.name for suite in suites.others)
        return report_no_run(suites, f"No test of it was run: {names}. See what was left out.")
    if not suites.runner:
        return report_no_tests(suites)
    # The attempt's folder can lie inside the checkout, where a test that wants to be outside of
    # any repository, or far from its own configuration, would fail.
    with tempfile.TemporaryDirectory(prefix="genesis-", ignore_cleanup_errors=True) as name:
        temporary = Path(name)
        try:
            environment = choose_environment(repository, suites.runner, temporary)
        except NoEnvironmentError as error:
            return report_no_run(suites, str(error))
        context.log(f"{suites.runner} with {environment.shown}: {environment.reason}")
        job = _Job(context, repository, folder, temporary, suites, environment, limit)
        return report_run(_run(job))


def _run(job: _Job) -> SuiteRun:
    recorder = install_recorder(job.folder, EVENTS_FILE)
    reader = RecordReader(recorder.events)
    child = _run_suite(job, recorder, reader)
    reader.read()
    output = job.folder / OUTPUT_FILE
    output.write_text(child.output, encoding="utf-8", errors="replace")
    lacking = {
        error.id: module
        for error in reader.records.collection_errors
        if (module := missing_module(error, job.repository)) is not None
    }
    return SuiteRun(
        suites=job.suites,
        environment=job.environment,
        records=reader.records,
        child=child,
        verdict=decide(reader.records, child, job.limit_seconds, lacking),
        limit_seconds=job.limit_seconds,
        check=_checker(job),
        lacking=lacking,
    )


def _run_suite(job: _Job, recorder: Recorder, reader: RecordReader) -> ChildRun:
    python = job.environment.python
    command = unittest_command(python, job.suites.starts)
    if job.suites.runner == "pytest":
        command = pytest_command(python, job.repository, job.temporary, job.suites.pytest_config)
    variables = with_interpreter(scrubbed_environment(job.temporary), python)
    return run_child(
        command,
        folder=job.repository,
        environment=variables | recorder.environment(job.environment.imports.python_path),
        limit_seconds=job.limit_seconds,
        on_tick=_follower(job.context, reader),
    )


def _follower(context: ToolContext, reader: RecordReader) -> Callable[[], None]:
    """Reads the records while they grow, and reports progress once a second."""
    read_at = reported_at = float("-inf")

    def follow() -> None:
        nonlocal read_at, reported_at
        now = time.monotonic()
        if now - read_at < _READ_SECONDS:
            return
        read_at = now
        reader.read()
        if now - reported_at >= _REPORT_SECONDS:
            reported_at = now
            ended, total = reader.records.ended(), len(reader.records.tests)
            context.progress(ended / total if total else 0.0, f"{ended} of {total} tests")

    return follow


def _checker(job: _Job) -> Callable[[str], str]:
    shown = job.environment.shown
    paths = [path.relative_to(job.repository) for path in job.environment.imports.python_path]
    python_path = ":".join(str(path) for path in paths if str(path) != ".")

    def check(test_id: str) -> str:
        if job.suites.runner == "pytest":
            return pytest_check(shown, test_id, python_path)
        return unittest_check(shown, test_id, job.suites.starts, python_path)

    return check


def _limit_seconds(context: ToolContext) -> float:
    """The time for the suite; some of the attempt's own is kept to end it and to report."""
    left = context.seconds_left
    available = max(left - _RESERVE_SECONDS, left / 2)
    limit = context.params.get("limit_seconds")
    if limit is None:
        return available
    if isinstance(limit, bool) or not isinstance(limit, int | float) or limit <= 0:
        raise UsageError(
            f"The parameter limit_seconds of run-tests must be a number above 0, not {limit!r}. "
            "Correct it in the task or in the specialist's settings."
        )
    return min(float(limit), available)
