"""Turn what `cargo test` prints into the recorder's events.

The lines of libtest have been stable for years (`test NAME ... ok`, `test result: ...`); its JSON
needs an unstable compiler. A target's own summary decides how many tests there are: when what a
test prints hides the line of another, that one is counted without its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from genesis_engineering.verification.launch import Emit

_KEPT = 6000
_MOST_LINE = 2**20
_TARGET = re.compile(
    r"^\s+Running (?:unittests )?(\S+) \((?:.*[/\\])?([\w.-]+?)(?:-[0-9a-f]{16})?(?:\.exe)?\)$"
)
_DOC_TARGET = re.compile(r"^\s+Doc-tests (\S+)$")
_COUNT = re.compile(r"^running (\d+) tests?$")
_TEST = re.compile(r"^test (?P<name>.+?)(?: - should panic)? \.\.\. (?P<rest>.*)$")
_RESULT = re.compile(
    r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored; (\d+) measured; "
    r"(\d+) filtered out"
)
_SLOW = re.compile(r"^test (.+) has been running for over \d+ seconds$")
_OUTCOME = re.compile(r"(ok|FAILED|ignored)(?:, (.*)| <.*>| \(.*\))?$")
_WORDS = {"ok": "passed", "FAILED": "failed", "ignored": "skipped"}
_REPORT = re.compile(r"^---- (.+?)(?: stdout)? ----$")
_ERROR = re.compile(r"^error(?:\[\w+\])?: (.+)$")
_FAILED_TARGET = re.compile(r"^error: (?:test|doctest) failed, to rerun pass `(.+)`$")
_UNSUCCESSFUL = re.compile(r"process didn't exit successfully: `[^`]*` \((.+)\)$")
_PANIC = re.compile(
    r"panicked at (?:'(?P<old>.*)', )?(?P<file>[^:\n]+\.rs):(?P<line>\d+)(?::\d+)?:?\n?(?P<said>.*)"
)


@dataclass
class _Target:
    """One test program. `counts` are passed, failed and skipped, by what was read of each test."""

    name: str
    expected: int | None = None
    seen: dict[str, str] = field(default_factory=dict)
    reports: dict[str, str] = field(default_factory=dict)
    summarised: bool = False

    def id_of(self, name: str) -> str:
        return f"{self.name}::{name}"


class CargoEvents:
    """The translator. `prefix` is the folder of the workspace in the repository, with a slash."""

    def __init__(self, emit: Emit, *, prefix: str) -> None:
        self._emit = emit
        self._prefix = prefix
        self._rest = b""
        self._target: _Target | None = None
        self._open_test = ""
        self._report = ""
        self._errors: list[str] = []
        self._targets = 0
        self._complete = True
        self._bad = False

    def feed(self, chunk: bytes) -> None:
        """Take what was printed next."""
        *lines, rest = (self._rest + chunk).split(b"\n")
        self._rest = rest[:_MOST_LINE]
        for line in lines:
            self._line(line.decode("utf-8", errors="replace").rstrip("\r"))

    def close(self, exit_code: int | None) -> None:
        """The end: the last target, and what kept cargo from running any."""
        if self._rest:
            self._line(self._rest.decode("utf-8", errors="replace"))
        self._end_target("")
        if self._errors and not self._targets and exit_code:
            self._bad = True
            text = "\n".join(self._errors)
            first = next(line for line in self._errors if line.startswith("error"))
            self._collection("cargo", first, text)
        if exit_code is not None and self._complete:
            status = 1 if self._bad else 0 if self._targets else 5
            self._emit({"event": "finish", "exit_status": status})

    def _line(self, line: str) -> None:
        if target := _TARGET.match(line):
            self._begin_target(f"{self._prefix}{target[2]} ({target[1]})")
        elif target := _DOC_TARGET.match(line):
            self._begin_target(f"{self._prefix}{target[1]} (doc tests)")
        elif (unsuccessful := _UNSUCCESSFUL.search(line)) and self._target is not None:
            self._end_target(unsuccessful[1])
        elif self._target is not None:
            self._of_target(self._target, line)
        elif _ERROR.match(line) or self._errors:
            self._errors = [*self._errors, line][-200:]

    def _begin_target(self, name: str) -> None:
        self._end_target("")
        self._target = _Target(name)
        self._targets += 1

    def _of_target(self, target: _Target, line: str) -> None:
        if target.summarised and not _COUNT.match(line):
            return
        if count := _COUNT.match(line):
            # A doc target runs several times when some of its tests are built one by one.
            target.expected = (0 if target.summarised else target.expected or 0) + int(count[1])
            target.summarised = False
        elif result := _RESULT.match(line):
            self._summarise(target, [int(number) for number in result.groups()])
        elif report := _REPORT.match(line):
            self._report = report[1] if report[1] in target.seen else ""
        elif slow := _SLOW.match(line):
            self._emit({"event": "start", "id": target.id_of(slow[1])})
        elif self._report:
            target.reports[self._report] = (target.reports.get(self._report, "") + line + "\n")[
                -_KEPT:
            ]
        else:
            self._test_line(target, line)

    def _test_line(self, target: _Target, line: str) -> None:
        """`test NAME ... ok`; with one thread the outcome may stand at the end of a later line."""
        test = _TEST.match(line)
        rest = line
        if test:
            self._open_test, rest = test["name"], test["rest"]
        outcome = _OUTCOME.search(rest)
        if not self._open_test or outcome is None:
            return
        # Without a test line, only a line that is nothing but an outcome is one.
        if not test and outcome.start() != 0:
            return
        self._take(target, self._open_test, _WORDS[outcome[1]], outcome[2] or "")
        self._open_test = ""

    def _take(self, target: _Target, name: str, outcome: str, said: str) -> None:
        number = 2
        given = name
        while name in target.seen:
            name, number = f"{given} ({number})", number + 1
        target.seen[name] = outcome
        if outcome != "failed":
            self._tell(target, name, outcome, said, "")

    def _tell(self, target: _Target, name: str, outcome: str, said: str, detail: str) -> None:
        panic = _PANIC.search(detail)
        file = line = None
        if panic:
            said = (panic["old"] or panic["said"] or said).strip()
            inside = not panic["file"].startswith("/")
            file = self._prefix + panic["file"] if inside else None
            line = int(panic["line"]) if inside else None
        identity = target.id_of(name)
        self._emit(
            {
                "event": "phase", "id": identity, "when": "call", "outcome": outcome,
                "seconds": 0.0, "file": file, "line": line, "message": said[:1000],
                "detail": detail,
            }
        )  # fmt: skip
        self._emit({"event": "end", "id": identity})

    def _summarise(self, target: _Target, numbers: list[int]) -> None:
        """The target's own counts: passed, failed, ignored, measured (benchmarks run once)."""
        self._tell_failures(target)
        passed, failed, ignored, measured = numbers[:4]
        read = list(target.seen.values())
        for outcome, number in (
            ("passed", passed + measured),
            ("failed", failed),
            ("skipped", ignored),
        ):
            for missing in range(number - read.count(outcome)):
                name = f"({outcome}, its name could not be read, {missing + 1})"
                self._tell(target, name, outcome, "", "")
        target.summarised = True
        target.seen.clear()
        self._open_test = self._report = ""

    def _tell_failures(self, target: _Target) -> None:
        for name, outcome in target.seen.items():
            if outcome == "failed":
                self._bad = True
                self._tell(target, name, outcome, "it failed", target.reports.get(name, ""))

    def _end_target(self, how: str) -> None:
        """A target without a summary died, or is none of libtest: then only a failure is told."""
        target, self._target = self._target, None
        if target is None or target.summarised:
            return
        self._tell_failures(target)
        if target.expected is None:
            if how:
                self._bad = True
                self._collection(target.name, f"the test program ended with {how}", "")
            return
        self._complete = False
        detail = f"{target.name} ended with {how or 'no summary of its tests'}"
        self._emit({"event": "internal_error", "detail": detail})
        for number in range(target.expected - len(target.seen)):
            name = f"(a test that did not end, {number + 1} of {target.expected})"
            self._emit({"event": "start", "id": target.id_of(name)})

    def _collection(self, name: str, message: str, detail: str) -> None:
        self._emit(
            {
                "event": "collection", "id": name, "outcome": "failed", "file": None,
                "message": message[:1000], "detail": detail[-_KEPT:],
            }
        )  # fmt: skip
