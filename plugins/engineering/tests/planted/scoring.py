"""Let the team review what was planted, and compare: recall and precision per specialist.

For people, from the root of the checkout:
`python -m plugins.engineering.tests.planted.scoring [SEED ...]`.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from genesis.contracts import Finding

from plugins.engineering.tests.planted.generate import Due, plant
from plugins.engineering.tests.reviewing import run_session


@dataclass(frozen=True)
class Score:
    """How one specialist did; each finding that is due counts once, each other one is false."""

    specialist: str
    found: tuple[Due, ...]
    missed: tuple[Due, ...]
    false: tuple[tuple[Due, str], ...]

    @property
    def due(self) -> int:
        return len(self.found) + len(self.missed)

    @property
    def recall(self) -> float:
        """The share of what is due that was found; 1 when nothing is due."""
        return len(self.found) / self.due if self.due else 1.0

    @property
    def precision(self) -> float:
        """The share of what was found that is due; 1 when nothing was found."""
        reported = len(self.found) + len(self.false)
        return len(self.found) / reported if reported else 1.0


def review(repository: Path, folder: Path) -> dict[str, list[Finding]]:
    """The findings of each task of a real session, by specialist.

    Raises AssertionError when a task fails: its findings would be missing.
    """
    found: dict[str, list[Finding]] = {}
    for task in run_session(repository, folder):
        assert task.status != "failed", f"{task.specialist}: {task.error}"
        found.setdefault(task.specialist, []).extend(task.findings)
    return found


def compare(dues: Iterable[Due], reported: Mapping[str, Iterable[Finding]]) -> list[Score]:
    """One score for each specialist who owes or reported something.

    A finding without a line counts for line 1. What is reported twice is false the second time.
    """
    by_specialist: dict[str, set[Due]] = {name: set() for name in reported}
    for due in dues:
        by_specialist.setdefault(due.specialist, set()).add(due)
    return [
        _score(name, owed, reported.get(name, ())) for name, owed in sorted(by_specialist.items())
    ]


def _score(specialist: str, owed: set[Due], findings: Iterable[Finding]) -> Score:
    seen: Counter[Due] = Counter()
    false = []
    for one in findings:
        due = Due(specialist, one.file or "", one.line or 1, one.rule)
        seen[due] += 1
        if due not in owed or seen[due] > 1:
            false.append((due, f"{one.severity}: {one.message}"))
    found = tuple(sorted(owed & set(seen)))
    return Score(specialist, found, tuple(sorted(owed - set(found))), tuple(sorted(false)))


def total(scores: Iterable[Score]) -> Score:
    """All scores as one."""
    listed = list(scores)
    return Score(
        "in all",
        tuple(due for score in listed for due in score.found),
        tuple(due for score in listed for due in score.missed),
        tuple(pair for score in listed for pair in score.false),
    )


def sheet(scores: Iterable[Score]) -> str:
    """The score sheet: a line per specialist, then what was missed and what is false."""
    listed = [score for score in scores if score.due or score.false]
    lines = [
        f"{'specialist':<18} {'due':>4} {'found':>6} {'false':>6} {'recall':>7} {'precision':>10}"
    ]
    lines += [
        f"{one.specialist:<18} {one.due:>4} {len(one.found):>6} {len(one.false):>6} "
        f"{one.recall:>7.1%} {one.precision:>10.1%}"
        for one in [*listed, total(listed)]
    ]
    everything = total(listed)
    rules = {due.rule for due in everything.found + everything.missed}
    lines.append(f"{everything.due} defects of {len(rules)} rules")
    lines += [f"missed  {_place(due)}" for due in everything.missed]
    lines += [f"false   {_place(due)}\n        {why[:200]}" for due, why in everything.false]
    return "\n".join(lines)


def _place(due: Due) -> str:
    return f"{due.specialist:<18} {due.rule:<26} {due.path}:{due.line}"


def main() -> None:
    """Plant and review with each seed that is given, and print its score sheet."""
    for seed in [int(word) for word in sys.argv[1:]] or [1]:
        with tempfile.TemporaryDirectory(prefix="genesis-planted-") as name:
            folder = Path(name)
            dues = plant(folder / "project", seed)
            print(f"seed {seed}\n{sheet(compare(dues, review(folder / 'project', folder)))}\n")


if __name__ == "__main__":
    main()
