"""The record of one run of a test suite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from pydantic import JsonValue

from genesis_engineering.verification.child import ChildRun
from genesis_engineering.verification.launch import Launch
from genesis_engineering.verification.missing_modules import CONFTEST
from genesis_engineering.verification.records import RecordedTest, Records
from genesis_engineering.verification.suites import Suite
from genesis_engineering.verification.surroundings import NETWORK, is_server
from genesis_engineering.verification.verdict import Verdict

_NAMED = 8


@dataclass(frozen=True)
class Unstable:
    """A test that failed and then passed: `kind`, and `told`, what each run of it gave."""

    kind: Literal["flaky", "order-dependent"]
    told: str


@dataclass(frozen=True)
class SuiteRun:
    """A run that took place.

    `lacking` maps the id of a test or test file to the module from outside that the environment
    lacks. `unstable` are failing tests that passed when they were run again, by id; `rerun` says in
    words what was run again, or why nothing was. `coverage` is empty when it was not measured.
    """

    suite: Suite
    launch: Launch
    records: Records
    child: ChildRun
    verdict: Verdict
    limit_seconds: float
    lacking: Mapping[str, str]
    unstable: Mapping[str, Unstable] = field(default_factory=dict)
    rerun: str = ""
    coverage: Mapping[str, JsonValue] = field(default_factory=dict)

    def hung(self) -> RecordedTest | None:
        """The test that took at least half of the time limit and had not ended at it."""
        for test in reversed(self.records.running()):
            if self.child.stopped and self.ran_for(test) >= self.limit_seconds / 2:
                return test
        return None

    def ran_for(self, test: RecordedTest) -> float:
        """For how many seconds a test that did not end was running."""
        return self.child.ended_at - (test.started_at or self.child.ended_at)

    @property
    def doubt(self) -> str:
        """Why a failure says little of the repository; empty when nothing speaks against it."""
        if CONFTEST in self.lacking.values():
            return f"this source archive lacks {CONFTEST}"
        if self.launch.is_own or not self.launch.lacking:
            return ""
        names = ", ".join(self.launch.lacking[:_NAMED])
        more = len(self.launch.lacking) - _NAMED
        return (
            f"{self.launch.program} was not made for this repository, and lacks of what it "
            f"declares for its tests: {names}" + (f" and {more} more" if more > 0 else "")
        )

    def is_doubtful(self, file: str | None) -> bool:
        """Whether a failure in a file of tests says little: there is doubt about all, or others of
        that file failed for lack of a network or a server."""
        return bool(self.doubt) or (file is not None and file in self._without_others)

    @cached_property
    def _without_others(self) -> frozenset[str]:
        lacks = [name for name, lack in self.lacking.items() if lack == NETWORK or is_server(lack)]
        tests = (self.records.tests[name] for name in lacks if name in self.records.tests)
        return frozenset(test.file for test in tests if test.file is not None)

    def failing(self) -> list[RecordedTest]:
        """The tests that failed by themselves: not for a missing module, and not only because a
        test inside them failed."""
        failed = [test for test in self.records.failing() if test.id not in self.lacking]
        names = sorted(test.id for test in failed)
        return [test for test in failed if not _has_inner(test.id, names)]


def _has_inner(name: str, names: list[str]) -> bool:
    """Whether there is a test inside that one: `Test/a` of Go, `outer > inner` of node."""
    inside = (f"{name} > ", f"{name}/")
    return any(other.startswith(inside) for other in names)
