"""Read what the recorder wrote: which tests there are, and how each of them ended."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

OUTCOMES = ("passed", "failed", "errors", "skipped", "xfailed", "xpassed")
_NAMES = {"error": "errors"}
_WORST_LAST = ("", "passed", "xpassed", "xfailed", "skipped", "errors", "failed")


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

    `deselected` counts tests that the repository's own configuration leaves out; `finished` is the
    runner's own exit status, once it said so.
    """

    tests: dict[str, RecordedTest] = field(default_factory=dict)
    collection_errors: list[CollectionError] = field(default_factory=list)
    skipped_files: int = 0
    deselected: int = 0
    session: str = ""
    finished: int | None = None
    internal_error: str = ""

    def counts(self) -> dict[str, int]:
        """How many tests had each outcome; only tests that ended count."""
        found = Counter(test.outcome for test in self.tests.values() if test.ended)
        return {outcome: found[outcome] for outcome in OUTCOMES}

    def running(self) -> list[RecordedTest]:
        """Tests that started and did not end."""
        return [test for test in self.tests.values() if test.started_at and not test.ended]

    def not_reached(self) -> int:
        """How many collected tests never started."""
        return sum(not test.started_at and not test.ended for test in self.tests.values())

    def ended(self) -> int:
        return sum(test.ended for test in self.tests.values())

    def failing(self) -> list[RecordedTest]:
        """Tests that failed, or whose setup or teardown did; also when they never ended."""
        return [test for test in self.tests.values() if test.outcome in ("failed", "errors")]

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
            case "start":
                self._test(_text(event, "id")).started_at = time.monotonic()
            case "phase":
                self._add_phase(event)
            case "end":
                self._test(_text(event, "id")).ended = True
            case "internal_error":
                self.internal_error = _text(event, "detail")
            case "finish":
                self.finished = _number(event, "exit_status")

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

    def _test(self, name: str) -> RecordedTest:
        return self.tests.setdefault(name, RecordedTest(name))


class RecordReader:
    """Follows the recorder's file while it grows."""

    def __init__(self, path: Path) -> None:
        self.records = Records()
        self._path = path
        self._offset = 0
        self._rest = b""

    def read(self) -> None:
        """Take the lines that were written since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                new = file.read()
        except FileNotFoundError:
            return
        self._offset += len(new)
        *lines, self._rest = (self._rest + new).split(b"\n")
        for line in lines:
            self.records.add(line)


def _worse(known: str, outcome: str) -> bool:
    return _WORST_LAST.index(known) >= _WORST_LAST.index(outcome)


def _text(event: dict[str, object], key: str) -> str:
    value = event.get(key)
    return value if isinstance(value, str) else ""


def _number(event: dict[str, object], key: str) -> int | None:
    value = event.get(key)
    return value if isinstance(value, int) else None
