"""Run failing tests again, alone and in another order: one that passes then is not simply broken.

The counts of a run are not changed by this: they stay those of its own runner.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from genesis_engineering.verification.records import RecordedTest, Records
from genesis_engineering.verification.suite_run import SuiteRun, Unstable

MOST_TESTS = 100
MOST_ALONE = 10
_MOST_HOPELESS = 3
MOST_SECONDS = 300.0
_ALONE = 3
_LEAST_SECONDS = 20.0

RunAgain = Callable[[list[str], float], Records]
"""Runs a command for at most so many seconds, and gives what was recorded of it."""


@dataclass
class _History:
    """The outcomes of one test: alone, in the suite as it first ran, and in another order. The
    first, with which all began, is not among them. An outcome is empty when it did not end."""

    test: RecordedTest
    alone: list[str] = field(default_factory=list)
    together: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)

    def told(self) -> str:
        parts = ["in the whole suite: failed", f"alone: {_words(self.alone)}"]
        if self.together:
            parts.append(f"in the whole suite again: {_words(self.together)}")
        if self.reordered:
            parts.append(f"in another order: {_words(self.reordered)}")
        return "; ".join(parts)

    def judge(self) -> Unstable | None:
        """Order-dependent is what passed alone each time, and failed with the others each time."""
        outcomes = [*self.alone, *self.together, *self.reordered]
        if "passed" not in outcomes:
            return None
        always_alone = len(self.alone) == _ALONE and set(self.alone) == {"passed"}
        if always_alone and self.together and "passed" not in self.together:
            return Unstable("order-dependent", self.told())
        return Unstable("flaky", self.told())


def run_failures_again(
    run: SuiteRun, seconds: float, again: RunAgain
) -> tuple[dict[str, Unstable], str]:
    """The unstable ones among the failing tests by id, and in words what was run again.

    For at most `seconds`: 100 tests in reverse order where the runner can do that, then each alone
    (ten at most, and three of those that failed in reverse order too), twice more when it passes.
    Then the whole suite again for those that always passed alone, and in any other order for those
    that never passed.
    """
    alike = run.records.alike()
    failing = [test for test in run.failing() if test.ended and test.id not in alike]
    if not failing:
        return {}, ""
    until = time.monotonic() + min(seconds, MOST_SECONDS)
    rounds = _Rounds(run, again, until)
    histories = [_History(test) for test in failing[:MOST_TESTS]]
    rounds.reversed(histories)
    hopeful = [one for one in histories if one.reordered != ["failed"]]
    hopeless = [one for one in histories if one.reordered == ["failed"]]
    for history in [*hopeful[:MOST_ALONE], *hopeless[:_MOST_HOPELESS]]:
        rounds.alone(history)
    rounds.together([one for one in histories if one.alone == ["passed"] * _ALONE])
    rounds.shuffled([one for one in histories if one.alone and "passed" not in one.alone])
    found = {one.test.id: judged for one in histories if (judged := one.judge())}
    tried = sum(bool(one.alone or one.reordered) for one in histories)
    return found, f"{tried} of {len(failing)} failing tests were run again"


class _Rounds:
    """Runs again as long as there is time."""

    def __init__(self, run: SuiteRun, again: RunAgain, until: float) -> None:
        self._run = run
        self._again = again
        self._until = until

    def alone(self, history: _History) -> None:
        """Once, and when it passes twice more."""
        limit = _LEAST_SECONDS + 5 * history.test.seconds
        for _ in range(_ALONE):
            if self._left() < 1:
                return
            command = self._run.launch.alone(history.test.id)
            records = self._again(command, min(limit, self._left()))
            history.alone.append(_outcome(records, history.test.id))
            if history.alone[-1] != "passed":
                return

    def together(self, histories: Sequence[_History]) -> None:
        """The whole suite as it first ran, when it can be done in the time that is left."""
        if not histories or self._run.child.seconds * 1.5 > self._left():
            return
        records = self._again(self._run.launch.command, self._left())
        for history in histories:
            history.together.append(_outcome(records, history.test.id))

    def reversed(self, histories: Sequence[_History]) -> None:
        """These tests in reverse order; a single one has no order."""
        command = self._run.launch.reversed
        if command is not None and len(histories) > 1:
            records = self._again(command([one.test.id for one in histories]), self._left())
            for history in histories:
                history.reordered.append(_outcome(records, history.test.id))

    def shuffled(self, histories: Sequence[_History]) -> None:
        """The whole suite in another order, when it can be done in the time that is left."""
        command = self._run.launch.shuffled
        if command is None or not histories or self._run.child.seconds * 1.5 > self._left():
            return
        records = self._again(command, self._left())
        for history in histories:
            history.reordered.append(_outcome(records, history.test.id))

    def _left(self) -> float:
        return self._until - time.monotonic()


def _outcome(records: Records, name: str) -> str:
    test = records.tests.get(name)
    return test.outcome if test is not None and test.ended else ""


def _words(outcomes: Sequence[str]) -> str:
    return ", ".join(outcome or "not run to its end" for outcome in outcomes) or "not run"
