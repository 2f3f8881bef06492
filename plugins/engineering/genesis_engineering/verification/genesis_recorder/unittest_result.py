"""The unittest result that records."""

from __future__ import annotations

import os
import re
import sys
import time
import traceback
import unittest
from typing import TYPE_CHECKING

from .events import EventFile, last_part

if TYPE_CHECKING:
    from _typeshed import OptExcInfo

_UNITTEST_FOLDER = os.path.dirname(unittest.__file__)
_FIXTURE = re.compile(r"^setUp(?:Class|Module) \((.+)\)$")


def name_tests(suite: unittest.TestSuite) -> list[unittest.TestCase]:
    """All tests of a suite; a test that was loaded twice gets a number behind its second id."""
    found: list[unittest.TestCase] = []
    seen: dict[str, int] = {}
    waiting: list[object] = [suite]
    while waiting:
        item = waiting.pop()
        if isinstance(item, unittest.TestSuite):
            waiting.extend(reversed(list(item)))
        elif isinstance(item, unittest.TestCase):
            name = item.id()
            seen[name] = seen.get(name, 0) + 1
            number = f" ({seen[name]})" if seen[name] > 1 else ""
            item.__dict__["_genesis_id"] = name + number
            found.append(item)
    return found


def id_of(test: object) -> str:
    """The id under which a test is recorded."""
    name = getattr(test, "__dict__", {}).get("_genesis_id")
    return str(name or getattr(test, "id", lambda: test)())


def is_unloadable(test: object) -> bool:
    """Whether unittest made up this test in place of a module that cannot be imported."""
    return type(test).__name__ == "_FailedTest"


class RecordingResult(unittest.TestResult):
    """Records what happens to each test; those that cannot be loaded were recorded before."""

    def __init__(self, events: EventFile, tests: list[unittest.TestCase]) -> None:
        super().__init__()
        self._events = events
        self._waiting = {id_of(test): None for test in tests}
        self._running: set[str] = set()
        self._clock = time.perf_counter
        self._started = 0.0
        self._folder = os.getcwd()

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        super().startTest(test)
        if not is_unloadable(test):
            self._started = self._clock()
            self._running.add(id_of(test))
            self._events.write("start", id=id_of(test))

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().stopTest(test)
        if not is_unloadable(test):
            self._events.write("end", id=id_of(test))
            self._running.discard(id_of(test))
            self._waiting.pop(id_of(test), None)

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().addSuccess(test)
        self._record(test, "passed")

    def addError(self, test: unittest.TestCase, err: OptExcInfo) -> None:  # noqa: N802
        super().addError(test, err)
        self._record(test, "error", err=err)

    def addFailure(self, test: unittest.TestCase, err: OptExcInfo) -> None:  # noqa: N802
        super().addFailure(test, err)
        self._record(test, "failed", err=err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802
        super().addSkip(test, reason)
        self._record(test, "skipped", message=reason)

    def addExpectedFailure(self, test: unittest.TestCase, err: OptExcInfo) -> None:  # noqa: N802
        super().addExpectedFailure(test, err)
        self._record(test, "xfailed")

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().addUnexpectedSuccess(test)
        self._record(test, "failed", message="it passed, but is marked as an expected failure")

    def addSubTest(  # noqa: N802
        self, test: unittest.TestCase, subtest: unittest.TestCase, err: OptExcInfo | None
    ) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None and err[0] is not None:
            failed = issubclass(err[0], test.failureException)
            self._record(test, "failed" if failed else "error", err=err, prefix=f"{subtest}: ")

    def _record(
        self,
        test: unittest.TestCase,
        outcome: str,
        message: str = "",
        err: OptExcInfo | None = None,
        prefix: str = "",
    ) -> None:
        if is_unloadable(test):
            return
        file, line = _place(test, err, self._folder)
        described = _describe(err) if err else message
        for name in self._concerned(test):
            self._events.write(
                "phase",
                id=name,
                when="call",
                outcome=outcome,
                seconds=self._clock() - self._started if name in self._running else 0.0,
                file=file,
                line=line,
                message=(prefix + described)[:1000],
                detail=last_part(_report(err)) if err else "",
            )
            if name not in self._running:
                self._events.write("end", id=name)

    def _concerned(self, test: unittest.TestCase) -> list[str]:
        """The test itself; for a failed `setUpClass` or `setUpModule`, each test that it stops."""
        fixture = _FIXTURE.match(id_of(test))
        if fixture is None:
            return [id_of(test)]
        stopped = [name for name in self._waiting if name.startswith(fixture.group(1) + ".")]
        return stopped or [id_of(test)]


def _describe(err: OptExcInfo) -> str:
    return "".join(traceback.format_exception_only(err[0], err[1])).strip()


def _report(err: OptExcInfo) -> str:
    """The traceback without unittest's own frames."""
    frames = traceback.extract_tb(err[2])
    own = [frame for frame in frames if os.path.dirname(frame.filename) != _UNITTEST_FOLDER]
    return "".join(traceback.format_list(own)) + _describe(err)


def _module_name(test: unittest.TestCase) -> str:
    """The module of a test, or of the class whose `setUpClass` failed."""
    fixture = _FIXTURE.match(id_of(test))
    if fixture is None:
        return type(test).__module__
    name = fixture.group(1)
    while name and name not in sys.modules:
        name = name.rpartition(".")[0]
    return name


def _place(
    test: unittest.TestCase, err: OptExcInfo | None, folder: str
) -> tuple[str | None, int | None]:
    """The test's file, relative to the folder, and the last line of it in the traceback."""
    path = str(getattr(sys.modules.get(_module_name(test)), "__file__", None))
    if not path.startswith(folder + os.sep):
        return None, None
    frames = traceback.extract_tb(err[2]) if err else []
    lines = [frame.lineno for frame in frames if frame.filename == path]
    return path[len(folder) + 1 :].replace(os.sep, "/"), lines[-1] if lines else None
