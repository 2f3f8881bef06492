"""The record of one run of a test suite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from genesis_engineering.verification.child import ChildRun
from genesis_engineering.verification.environment import Environment
from genesis_engineering.verification.records import RecordedTest, Records
from genesis_engineering.verification.suites import Suites
from genesis_engineering.verification.verdict import Verdict


@dataclass(frozen=True)
class SuiteRun:
    """A run that took place. `check` gives the shell line that runs one test by its id.

    `lacking` maps the id of a test file to the module from outside that the environment lacks.
    """

    suites: Suites
    environment: Environment
    records: Records
    child: ChildRun
    verdict: Verdict
    limit_seconds: float
    check: Callable[[str], str]
    lacking: Mapping[str, str]

    def hung(self) -> RecordedTest | None:
        """The test that took at least half of the time limit and had not ended at it."""
        for test in self.records.running():
            ran = self.child.ended_at - (test.started_at or self.child.ended_at)
            if self.child.stopped and ran >= self.limit_seconds / 2:
                return test
        return None
