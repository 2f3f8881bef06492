"""Figures of a specialist's tasks: rates with their interval, durations, what became of findings.

Nothing is said of fewer than five tasks.
"""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from genesis_engineering.team_record_sessions import DoneTask, SeenFinding

FEW = 5
_Z = 1.96
_SLOWER = 1.5
_SECONDS = 2.0
# Such a task looks at other sessions: what it tells is no finding about the repository.
_LOOKS_BACK = "learn"


@dataclass(frozen=True)
class Share:
    """`of` so many, and between which shares (0 to 1) the true one lies by 95 %."""

    count: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """The score interval of E. B. Wilson, "Probable inference, the law of succession, and
        statistical inference", JASA 22 (1927), p. 209; (0, 1) of nothing."""
        if not self.of:
            return 0.0, 1.0
        share, square = self.count / self.of, _Z * _Z
        middle = share + square / (2 * self.of)
        margin = _Z * math.sqrt(share * (1 - share) / self.of + square / (4 * self.of**2))
        whole = 1 + square / self.of
        # Exact at both ends, where rounding would leave out the share itself.
        low = (middle - margin) / whole if self.count else 0.0
        return low, (middle + margin) / whole if self.count < self.of else 1.0

    def __str__(self) -> str:
        """Such as `3 of 4 (30 % to 95 %)`; without the interval for nothing."""
        if not self.of:
            return "none"
        low, high = self.interval
        return f"{self.count} of {self.of} ({100 * low:.0f} % to {100 * high:.0f} %)"


@dataclass(frozen=True)
class Pace:
    """Median seconds of the last five completed tasks of a kind, and of all before; `slower` is how
    many of the five took longer than the median of those before."""

    recent: float
    earlier: float
    slower: int

    @property
    def is_slower(self) -> bool:
        """Whether each of the five took longer, which chance does once in 32 times (sign test),
        and by half and two seconds at least."""
        gained = self.recent - self.earlier
        is_much = self.recent >= _SLOWER * self.earlier and gained >= _SECONDS
        return self.slower == FEW and is_much


@dataclass
class RuleRecord:
    """What became of the different findings of a rule: for `looked_again`, a later task looked
    again, and the last one no longer reported `gone` of these. `tasks` reported any; `severities`
    count findings."""

    rule: str
    found: int = 0
    looked_again: int = 0
    gone: int = 0
    tasks: int = 0
    severities: Counter[str] = field(default_factory=Counter)

    @property
    def acted_on(self) -> Share:
        return Share(self.gone, self.looked_again)


@dataclass
class Record:
    """What is known of one specialist."""

    specialist: str
    statuses: Counter[str]
    blocked: Counter[str]
    paces: dict[str, Pace]
    medians: dict[str, float]
    rules: list[RuleRecord]

    @property
    def tasks(self) -> int:
        return self.statuses.total()

    @property
    def success(self) -> Share:
        """Completed, of those that were completed or failed: who is blocked had no chance."""
        completed = self.statuses["completed"]
        return Share(completed, completed + self.statuses["failed"])

    @property
    def severities(self) -> Counter[str]:
        return sum((rule.severities for rule in self.rules), Counter())

    @property
    def acted_on(self) -> Share:
        """How many of all findings that were looked for again were no longer reported."""
        return Share(sum(r.gone for r in self.rules), sum(r.looked_again for r in self.rules))

    @property
    def found(self) -> int:
        """How many different findings there were."""
        return sum(rule.found for rule in self.rules)


def make_records(tasks: Sequence[DoneTask]) -> list[Record]:
    """The record of each specialist, by id; `tasks` are in the order in which they ended."""
    own: defaultdict[str, list[DoneTask]] = defaultdict(list)
    for task in tasks:
        own[task.specialist].append(task)
    return [_record(specialist, own[specialist]) for specialist in sorted(own)]


def plain(text: str) -> str:
    """The first line of a text with all numbers alike: what happens again differs in these."""
    return re.sub(r"\d+", "0", text.split("\n", 1)[0])[:300]


def _record(specialist: str, tasks: Sequence[DoneTask]) -> Record:
    kinds: defaultdict[str, list[DoneTask]] = defaultdict(list)
    for task in tasks:
        if task.status == "completed":
            kinds[task.kind].append(task)
    blocked = Counter(
        plain(task.error or "no reason was given") for task in tasks if task.status == "blocked"
    )
    durations = {
        kind: [t.duration_seconds for t in them if t.duration_seconds is not None]
        for kind, them in kinds.items()
    }
    return Record(
        specialist=specialist,
        statuses=Counter(task.status for task in tasks),
        blocked=blocked,
        paces={kind: p for kind, them in durations.items() if (p := _pace(them)) is not None},
        medians={kind: statistics.median(them) for kind, them in durations.items() if them},
        rules=_rules([them for kind, them in kinds.items() if kind != _LOOKS_BACK]),
    )


def _pace(seconds: Sequence[float]) -> Pace | None:
    """None where there are fewer than five tasks before the last five."""
    if len(seconds) < 2 * FEW:
        return None
    earlier = statistics.median(seconds[:-FEW])
    recent = seconds[-FEW:]
    return Pace(statistics.median(recent), earlier, sum(one > earlier for one in recent))


def _rules(kinds: Sequence[Sequence[DoneTask]]) -> list[RuleRecord]:
    """What became of findings, by rule; completed tasks of one kind follow one another."""
    records: dict[str, RuleRecord] = {}
    for tasks in kinds:
        seen: dict[tuple[str, str, str], SeenFinding] = {}
        before: set[tuple[str, str, str]] = set()
        last: set[tuple[str, str, str]] = set()
        for task in tasks:
            before |= last
            last = {_key(finding) for finding in task.findings}
            seen |= {_key(finding): finding for finding in task.findings}
            for rule in {finding.rule for finding in task.findings}:
                records.setdefault(rule, RuleRecord(rule)).tasks += 1
        for key, finding in seen.items():
            record = records[finding.rule]
            record.found += 1
            record.looked_again += key in before
            record.gone += key not in last
            record.severities[finding.severity.value] += 1
    return [records[rule] for rule in sorted(records)]


def _key(finding: SeenFinding) -> tuple[str, str, str]:
    return finding.rule, finding.file or "", plain(finding.message)
