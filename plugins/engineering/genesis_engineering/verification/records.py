"""Read what the recorder wrote: which tests there are, and how each of them ended."""

from __future__ import annotations

import json
import os
import stat
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

OUTCOMES = ("passed", "failed", "errors", "skipped", "xfailed", "xpassed")
_NAMES = {"error": "errors"}
_WORST_LAST = ("", "passed", "xpassed", "xfailed", "skipped", "errors", "failed")
_CHUNK_BYTES = 4 * 2**20
_MOST_BYTES = 256 * 2**20


@dataclass
class RecordedTest:
    """One test. `outcome` is one of OUTCOMES, or empty while no phase of it has decided.

    `started_at` is when the start was read (`time.monotonic`), None while it has not started;
    `seconds` is the sum of its phases; `file` is relative to the repository, `line` from 1.
    """

    id: str
    outcome: str = ""
    started_at: float | None = None
    ended: bool = False
    seconds: float = 0.0
    file: str | None = None
    line: int | None = None
    message: str = ""
    detail: str = ""


@dataclass(frozen=True)
class CollectionError:
    """A file or folder whose tests could not be loaded."""

    id: str
    file: str | None
    message: str
    detail: str


@dataclass
class Records:
    """Everything recorded so far.

    `again` counts how often a name was given to a test, where it was more than once. `deselected`
    counts tests that the repository's own configuration leaves out; `finished` is the runner's own
    exit status, once it said so.
    """

    tests: dict[str, RecordedTest] = field(default_factory=dict)
    collection_errors: list[CollectionError] = field(default_factory=list)
    skipped_files: int = 0
    deselected: int = 0
    session: str = ""
    finished: int | None = None
    internal_error: str = ""
    again: dict[str, int] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """How many tests had each outcome; only tests that ended count."""
        found = Counter(test.outcome for test in self.tests.values() if test.ended)
        return {outcome: found[outcome] for outcome in OUTCOMES}

    def running(self) -> list[RecordedTest]:
        """Tests that started and did not end; not the groups of tests around them."""
        open_tests = [test for test in self.tests.values() if test.started_at and not test.ended]
        names = [test.id for test in open_tests]
        return [
            test
            for test in open_tests
            if not any(name.startswith((f"{test.id}::", f"{test.id} > ")) for name in names)
        ]

    def not_reached(self) -> int:
        """How many collected tests never started."""
        return sum(not test.started_at and not test.ended for test in self.tests.values())

    def ended(self) -> int:
        return sum(test.ended for test in self.tests.values())

    def failing(self) -> list[RecordedTest]:
        """Tests that failed, or whose setup or teardown did; also when they never ended."""
        return [test for test in self.tests.values() if test.outcome in ("failed", "errors")]

    def alike(self) -> set[str]:
        """The ids of tests whose name several had: none of them can be run alone."""
        return {self._numbered(name, n) for name, last in self.again.items()
                for n in range(1, last + 1)}  # fmt: skip

    def add(self, line: bytes) -> None:
        """Take one line; what is not a whole event (a process killed while writing) is ignored."""
        try:
            event = json.loads(line)
        except ValueError:
            return
        if isinstance(event, dict):
            self._add_event(event)

    def _add_event(self, event: dict[str, object]) -> None:
        match event.get("event"):
            case "session":
                self.session = f"{event.get('runner')} {event.get('version')}"
            case "collected":
                self._add_collected(event.get("ids"))
            case "deselected":
                self.deselected += _number(event, "number") or 0
            case "collection":
                self._add_collection(event)
            case "internal_error":
                self.internal_error = self.internal_error or _text(event, "detail")
            case "finish":
                self.finished = _number(event, "exit_status")
            case _:
                self._add_of_test(event)

    def _add_of_test(self, event: dict[str, object]) -> None:
        name = _text(event, "id")
        match event.get("event"):
            case "start":
                self._begin(name)
            case "phase":
                self._add_phase(event)
            case "end":
                self._test(name).ended = True
            case "group":
                # What was announced turns out to be a file or a group of tests, or to be named
                # like one that has ended.
                if name in self.tests and not self.tests[name].ended:
                    del self.tests[name]

    def _add_collected(self, ids: object) -> None:
        for name in ids if isinstance(ids, list) else []:
            self._test(str(name))

    def _add_collection(self, event: dict[str, object]) -> None:
        if event.get("outcome") == "skipped":
            self.skipped_files += 1
            return
        error = CollectionError(
            id=_text(event, "id"),
            file=_text(event, "file") or None,
            message=_text(event, "message"),
            detail=_text(event, "detail"),
        )
        # pytest can report one twice, when a file is both named and found.
        if error not in self.collection_errors:
            self.collection_errors.append(error)

    def _add_phase(self, event: dict[str, object]) -> None:
        """The worst phase decides; a setup or teardown that went well decides nothing."""
        test = self._test(_text(event, "id"))
        seconds = event.get("seconds")
        test.seconds += float(seconds) if isinstance(seconds, int | float) else 0.0
        outcome = _NAMES.get(_text(event, "outcome"), _text(event, "outcome"))
        if outcome == "passed" and event.get("when") != "call":
            return
        if outcome not in OUTCOMES or _worse(test.outcome, outcome):
            return
        test.outcome = outcome
        test.file = _text(event, "file") or None
        test.line = _number(event, "line")
        test.message = _text(event, "message")
        test.detail = _text(event, "detail")

    def _begin(self, name: str) -> None:
        """A test starts; one of the same name that has ended is another one, which counts too:
        pytest runs a file of doctests twice when two of its plugins take it."""
        if self._test(name).ended and self.session.startswith("pytest"):
            self.again[name] = self.again.get(name, 1) + 1
        self._test(name).started_at = time.monotonic()

    def _test(self, name: str) -> RecordedTest:
        """The test of that name; where several had it, the one that started last."""
        name = self._numbered(name, self.again.get(name, 1))
        return self.tests.setdefault(name, RecordedTest(name))

    @staticmethod
    def _numbered(name: str, number: int) -> str:
        return name if number == 1 else f"{name} ({number})"


class RecordReader:
    """Follows the recorder's file while it grows, from where it ends now or from its beginning.

    Of a file over 256 MB, or a line over 4 MB, the rest is not read: no suite writes so much.
    """

    def __init__(self, path: Path, *, from_end: bool = False) -> None:
        self.records = Records()
        self._path = path
        self._rest = b""
        self._offset = path.stat().st_size if from_end and path.exists() else 0
        self._limit = self._offset + _MOST_BYTES

    def read(self) -> None:
        """Take the lines that were written since the last call.

        Code of the repository can put something else in the file's place, a pipe for instance.
        """
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError:
            return
        try:
            if stat.S_ISREG(os.fstat(file).st_mode):
                os.lseek(file, self._offset, os.SEEK_SET)
                while self._offset < self._limit and (new := os.read(file, _CHUNK_BYTES)):
                    self._take(new)
        finally:
            os.close(file)

    def _take(self, new: bytes) -> None:
        self._offset += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        for line in lines:
            self.records.add(line)
        self._rest = self._rest[:_CHUNK_BYTES]


def _worse(known: str, outcome: str) -> bool:
    return _WORST_LAST.index(known) >= _WORST_LAST.index(outcome)


def _text(event: dict[str, object], key: str) -> str:
    value = event.get(key)
    return value if isinstance(value, str) else ""


def _number(event: dict[str, object], key: str) -> int | None:
    value = event.get(key)
    return value if isinstance(value, int) else None
