"""The tool `run_tests`: a repository's own tests, in its own environment, result by result."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from genesis.contracts import TaskResult, ToolContext
from genesis.errors import AttemptCancelledError

from genesis_engineering.archives import is_marked_archive
from genesis_engineering.manifests import is_compiled
from genesis_engineering.verification.child import CANCELLED
from genesis_engineering.verification.coverage_run import is_worth_measuring, read_coverage
from genesis_engineering.verification.launch import CannotRunError, Stage
from genesis_engineering.verification.launches import launch_suite
from genesis_engineering.verification.report import (
    EVENTS_FILE,
    OUTPUT_FILE,
    RERUNS_FILE,
    report_no_run,
    report_no_tests,
    report_others,
    report_runs,
)
from genesis_engineering.verification.reruns import run_failures_again
from genesis_engineering.verification.scratch import remove_tree, scratch_folder
from genesis_engineering.verification.settings import Settings, read_settings
from genesis_engineering.verification.suite_process import SuiteProcess
from genesis_engineering.verification.suite_run import SuiteRun
from genesis_engineering.verification.suites import (
    OtherSuite,
    Suite,
    Suites,
    find_suites,
)
from genesis_engineering.verification.working_copy import CopyError, WorkingCopy, copy_checkout

_SHARE = 0.75
_COPY_SHARE = 0.3


def run_tests(context: ToolContext) -> TaskResult:
    """Run the repository's test suites in a copy of it, and report each test.

    Parameters, all optional: `limit_seconds` (above 0) ends the suites earlier than the attempt's
    own limit would; `build_environment` (true: a Python environment may be built, and crates and
    modules downloaded, into folders that go away); `environment` (names of variables of the user's
    that the tests get). `facts["verification"]` has `verdict` (`passed`, `failed`, `incomplete`,
    `could_not_run`, `no_tests`), `reason`, a count per outcome, what ran it, and `suites`, the same
    for each. Suites of which no test could run give `blocked`. Raises UsageError for a parameter
    that does not fit, OSError when git cannot list the files, AttemptCancelledError when cancelled
    before a suite runs. Cancelled later, it reports what was counted until then: there are three
    seconds for that. Either way no process of a suite is left.
    """
    settings = read_settings(context)
    suites = find_suites(context.repository.absolute())
    if not suites.found and suites.others:
        return report_others(suites)
    if not suites.found:
        return report_no_tests(suites)
    with scratch_folder() as temporary:
        return _run_in(context, settings, suites, temporary)


def _run_in(
    context: ToolContext, settings: Settings, suites: Suites, temporary: Path
) -> TaskResult:
    repository, folder = context.repository.absolute(), context.folder.absolute()
    # Two folders deep, so that one who deletes the folder above hits nothing of ours.
    target = temporary / "checkout" / (repository.name or "repository")
    context.progress(0.0, "copying the checkout")
    try:
        until = time.monotonic() + (settings.until - time.monotonic()) * _COPY_SHARE
        copy = copy_checkout(repository, target, folder, until)
    except CopyError as error:
        return report_no_run(suites, str(error))
    for name in (EVENTS_FILE, OUTPUT_FILE, RERUNS_FILE):
        (folder / name).unlink(missing_ok=True)
    stage = Stage(repository, target, folder, temporary, settings.build, settings.pass_on)
    runs, others = _run_all(context, settings, suites, stage)
    if not runs:
        reason = "; ".join(f"{other.name}: {other.reason}" for other in others)
        only = others[0].reason if len(suites.found) == 1 and not suites.others else reason
        return report_no_run(replace(suites, others=(*suites.others, *others)), only)
    used = sum(run.child.seconds for run in runs)
    for number, run in enumerate(runs):
        started = time.monotonic()
        runs[number] = _look_closer(run, context, settings.left(used), stage)
        used += time.monotonic() - started
    everything = replace(suites, others=(*suites.others, *others))
    return report_runs(runs, everything, _left_out(copy), _doubtful(repository, runs))


def _doubtful(repository: Path, runs: list[SuiteRun]) -> frozenset[str]:
    """The names of the suites whose results may be the surroundings' fault: all in an archive of
    sources, and those of Python where it only helps a program in another language."""
    is_archive = is_marked_archive(repository)
    return frozenset(
        run.suite.name
        for run in runs
        if is_archive or (run.suite.is_python and is_compiled(repository, run.suite.folder))
    )


def _run_all(
    context: ToolContext, settings: Settings, suites: Suites, stage: Stage
) -> tuple[list[SuiteRun], list[OtherSuite]]:
    """Each suite once. All but the last one leave some of the time to those that follow."""
    runs: list[SuiteRun] = []
    others: list[OtherSuite] = []
    used = 0.0
    for number, suite in enumerate(suites.found, 1):
        share = 1.0 if number == len(suites.found) else _SHARE
        if settings.left(used) <= 0:
            others.append(OtherSuite(suite.name, "not run: the time limit was used up before it"))
            continue
        try:
            _restore(stage, suite, settings)
            launch = launch_suite(suite, stage, settings.left(used) / 2)
            context.log(f"{suite.name} with {launch.program} {launch.version}: {launch.reason}")
            process = SuiteProcess(context, stage, suite, launch)
            run = process.first_run(settings.left(used) * share)
        except (CannotRunError, CopyError, OSError) as error:
            others.append(OtherSuite(suite.name, str(error)))
            continue
        used += run.child.seconds
        runs.append(run)
        if run.child.over == CANCELLED:
            rest = suites.found[number:]
            others += [OtherSuite(one.name, "not run: the session was cancelled") for one in rest]
            break
    return runs, others


def _restore(stage: Stage, suite: Suite, settings: Settings) -> None:
    """Copy the checkout again when an earlier suite has deleted what this one needs."""
    if not stage.place(suite).is_dir():
        remove_tree(stage.copy)
        until = time.monotonic() + (settings.until - time.monotonic()) * _COPY_SHARE
        copy_checkout(stage.repository, stage.copy, stage.folder, until)


def _look_closer(run: SuiteRun, context: ToolContext, seconds: float, stage: Stage) -> SuiteRun:
    """Run failures again, and measure coverage, in about so many seconds."""
    started = time.monotonic()
    if run.child.stopped or run.child.lost or run.child.over:
        return run
    process = SuiteProcess(context, stage, run.suite, run.launch)
    try:
        unstable, told = run_failures_again(run, seconds / 2, process.again)
        run = replace(run, unstable=unstable, rerun=told)
        return _measure(run, process, seconds - (time.monotonic() - started), stage)
    except AttemptCancelledError:
        return run  # its own counts are whole


def _measure(run: SuiteRun, process: SuiteProcess, seconds: float, stage: Stage) -> SuiteRun:
    command = run.launch.covered(stage.temporary / "measured")
    if command is not None and is_worth_measuring(run, seconds):
        process.again(command, seconds / 2)
        run = replace(run, coverage=read_coverage(run, stage.temporary / "measured"))
        (stage.temporary / "measured").unlink(missing_ok=True)
    return run


def _left_out(copy: WorkingCopy) -> str:
    """What the tests could not see, in words."""
    if not copy.left_out:
        return ""
    more = f" and {len(copy.left_out) - 3} more" if len(copy.left_out) > 3 else ""
    return ", ".join(copy.left_out[:3]) + more
