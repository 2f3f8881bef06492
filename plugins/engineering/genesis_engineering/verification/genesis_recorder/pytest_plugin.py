"""A pytest plugin that records each test as it starts, and each of its phases as it ends."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

from .events import RECORD_VARIABLE, EventFile, last_part

_COVERAGE = ("--cov", "--cov-report", "--cov-config", "--cov-fail-under", "--cov-context")
_COVERAGE_FLAGS = ("--cov-branch", "--cov-append", "--no-cov", "--no-cov-on-fail", "--cov-reset")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where pytest-cov is not installed, take its options as if it were: configurations name them
    for every run, and which tests pass does not depend on them."""
    if find_spec("pytest_cov") is None:
        for name in _COVERAGE:
            parser.addoption(name, action="append", nargs="?")
        for name in _COVERAGE_FLAGS:
            parser.addoption(name, action="store_true")


def pytest_configure(config: pytest.Config) -> None:
    """Record in the process that reports; workers of pytest-xdist report to that one."""
    path = os.environ.get(RECORD_VARIABLE)
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(EventFile(path)), "genesis-recorder")


class Recorder:
    """Turns pytest's hooks into events."""

    def __init__(self, events: EventFile) -> None:
        self._events = events
        events.write("session", runner="pytest", version=pytest.__version__)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._events.write("collected", ids=[item.nodeid for item in session.items])

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self._events.write("deselected", number=len(items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: object, ids: list[str]) -> None:  # noqa: ARG002 - pytest passes it by name
        self._events.write("collected", ids=list(ids))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.outcome == "passed":
            return
        detail = str(report.longrepr)
        self._events.write(
            "collection",
            id=report.nodeid,
            outcome=report.outcome,
            file=report.nodeid.split("::")[0] or None,
            message=_collection_message(detail),
            detail=last_part(detail),
        )

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._events.write("start", id=nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        outcome = _outcome(report)
        if outcome is None:
            return
        file, line = _place(report)
        noteworthy = outcome in ("failed", "error", "skipped")
        self._events.write(
            "phase",
            id=report.nodeid,
            when=report.when,
            outcome=outcome,
            seconds=getattr(report, "duration", 0.0),
            file=file,
            line=line,
            message=_message(report)[:1000] if noteworthy else "",
            detail=last_part(str(report.longrepr)) if outcome in ("failed", "error") else "",
        )
        if report.when not in ("setup", "call", "teardown"):
            # pytest-xdist reports the test that crashed its worker so, and nothing after it
            self._events.write("end", id=report.nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._events.write("end", id=nodeid)

    def pytest_internalerror(self, excrepr: object) -> None:
        self._events.write("internal_error", detail=last_part(str(excrepr)))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._events.write("finish", exit_status=int(exitstatus))


def _outcome(report: pytest.TestReport) -> str | None:
    """The outcome of one phase; None for those that are tried again (pytest-rerunfailures)."""
    if hasattr(report, "wasxfail"):
        return {"skipped": "xfailed", "passed": "xpassed"}.get(report.outcome, "failed")
    if report.outcome == "failed" and report.when in ("setup", "teardown"):
        return "error"
    return report.outcome if report.outcome in ("passed", "failed", "skipped") else None


def _message(report: pytest.TestReport) -> str:
    longrepr = report.longrepr
    if isinstance(longrepr, tuple):
        return str(longrepr[2])
    crash = getattr(longrepr, "reprcrash", None)
    message = str(getattr(crash, "message", None) or longrepr or "no message")
    if message.startswith("assert "):
        message = "AssertionError: " + message
    return f"in {report.when}: {message}" if report.when in ("setup", "teardown") else message


def _place(report: pytest.TestReport) -> tuple[str, int | None]:
    """The test's file and the last line of it in the traceback, or the line of its definition."""
    file, defined, _ = report.location
    line = defined + 1 if defined is not None else None
    traceback = getattr(report.longrepr, "reprtraceback", None)
    for entry in getattr(traceback, "reprentries", ()):
        place = getattr(entry, "reprfileloc", None)
        if place is not None and str(place.path).replace("\\", "/").endswith(file):
            line = place.lineno
    return file, line


def _collection_message(detail: str) -> str:
    """The error of a file that cannot be imported: pytest marks it with `E`."""
    lines = [line.strip() for line in detail.splitlines() if line.strip()]
    marked = [line[1:].strip() for line in lines if line.startswith("E ")]
    return (marked or lines or ["no message"])[-1][:1000]
