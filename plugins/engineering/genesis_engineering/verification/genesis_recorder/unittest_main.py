"""Discover and run unittest suites, recording each test as it starts and as it ends.

Usage: `python -m genesis_recorder.unittest_main START TOP PATTERN [...] [--only ID ...]`. Exit
status: 0 when all passed, 1 when not, 5 when there are no tests.
"""

from __future__ import annotations

import os
import sys
import unittest

from .events import RECORD_VARIABLE, EventFile, last_part
from .unittest_result import RecordingResult, id_of, is_unloadable, name_tests


def main(arguments: list[str]) -> int:
    """Run the suites of each START folder, in files named so, imported relative to its TOP folder.

    With `--only`, the tests of these ids are run alone, in that order.
    """
    arguments, only = _split(arguments)
    events = EventFile(os.environ[RECORD_VARIABLE])
    events.write("session", runner="unittest", version=sys.version.split()[0])
    suite = unittest.TestSuite()
    modules: dict[tuple[str, str], set[str]] = {}
    for start, top, pattern in zip(*(arguments[n::3] for n in range(3))):  # noqa: B905 - as in 3.8
        try:
            found = unittest.TestLoader().discover(start, pattern, top)
        except Exception as error:  # noqa: BLE001 - whatever a module raises is a result
            message = f"{type(error).__name__}: {error}"
            _record_collection_error(events, start, None, message, message)
        else:
            # One name can fit two patterns.
            known = modules.setdefault((start, top), set())
            added = [test for test in name_tests(found) if _module_of(test) not in known]
            known.update(map(_module_of, added))
            suite.addTests(added)
    tests = name_tests(suite)
    for test in tests:
        if is_unloadable(test):
            _record_unloadable(events, test)
    loaded = [test for test in tests if not is_unloadable(test)]
    if only:
        by_id = {id_of(test): test for test in loaded}
        loaded = [by_id[name] for name in only if name in by_id]
        suite = unittest.TestSuite(loaded)
    events.write("collected", ids=[id_of(test) for test in loaded])
    result = RecordingResult(events, loaded)
    suite.run(result)
    status = 5 if not tests else 0 if result.wasSuccessful() else 1
    events.write("finish", exit_status=status)
    return status


def _module_of(test: unittest.TestCase) -> str:
    return test.id() if is_unloadable(test) else type(test).__module__


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The folders, and the ids behind `--only`."""
    if "--only" not in arguments:
        return arguments, []
    place = arguments.index("--only")
    return arguments[:place], arguments[place + 1 :]


def _record_unloadable(events: EventFile, test: unittest.TestCase) -> None:
    """A module that cannot be imported: unittest puts a test in its place that raises the error."""
    module = test.id().rpartition("_FailedTest.")[2]
    detail = str(getattr(test, "_exception", "it cannot be imported")).strip()
    _record_collection_error(events, module, _file_of(module), detail.splitlines()[-1], detail)


def _record_collection_error(
    events: EventFile, name: str, file: str | None, message: str, detail: str
) -> None:
    events.write(
        "collection",
        id=name,
        outcome="failed",
        file=file,
        message=message[:1000],
        detail=last_part(detail),
    )


def _file_of(module: str) -> str | None:
    """The file of a dotted name, relative to the working directory, when it is below it."""
    for folder in [os.getcwd(), *sys.path]:
        path = os.path.join(folder, *module.split(".")) + ".py"
        relative = os.path.relpath(path)
        if os.path.isfile(path) and not relative.startswith(os.pardir):
            return relative.replace(os.sep, "/")
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
