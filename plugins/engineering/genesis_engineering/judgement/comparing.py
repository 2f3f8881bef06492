"""What changed since the earlier session: new, known, fixed, and what nobody looked at again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from genesis.contracts.judgements import FindingState, JudgedFinding, SuppressedFinding
from genesis.contracts.reports import SessionReport
from genesis.contracts.work import Status

from genesis_engineering.judgement.fingerprints import base_of, base_of_line, context_of
from genesis_engineering.judgement.matching import pair
from genesis_engineering.judgement.places import Places

_PLAN = "plan"
_NUMBER = re.compile(r"[0-9]{1,15}")


@dataclass
class Comparison:
    """The findings that stand, with their states; what is fixed; what cannot be told."""

    standing: list[JudgedFinding]
    fixed: list[JudgedFinding] = field(default_factory=list)
    not_comparable: list[JudgedFinding] = field(default_factory=list)


def compare(
    standing: Sequence[JudgedFinding],
    suppressed: Sequence[SuppressedFinding],
    report: SessionReport,
    earlier: SessionReport | None,
    places: Places,
) -> Comparison:
    """Compare with the earlier session, all of its findings with all of this one.

    A finding is new when the earlier session had it not, though one of the specialists who see it
    had done all of its tasks then; else its state stays open. It is fixed when one of them has
    looked again. What is suppressed now is not fixed; what was suppressed then is not new.
    """
    if earlier is None or earlier.judgement is None:
        return Comparison(list(standing))
    before = earlier.judgement
    old = [*before.findings, *before.not_comparable, *before.suppressed]
    present = [*standing, *suppressed]
    pairs = pair(
        [(one.fingerprint, one.finding) for one in old],
        [(one.fingerprint, one.finding) for one in present],
        places.is_gone,
    )
    looked_before = completed(earlier)
    found = Comparison(
        [
            one.model_copy(update={"state": _state(one, index in pairs, looked_before)})
            for index, one in enumerate(standing)
        ]
    )
    looks = _Looks(completed(report), _cut_short(report, earlier), places)
    still_there = set(pairs.values())
    for index, one in enumerate(old[: len(old) - len(before.suppressed)]):
        if index not in still_there:
            gone = found.fixed if looks.is_fixed(one) else found.not_comparable
            gone.append(_as_left(one))
    return found


def completed(report: SessionReport) -> set[str]:
    """The specialists who completed every task they had, planning apart."""
    did = {task.specialist for task in report.tasks if task.kind != _PLAN}
    return did - {task.specialist for task in report.tasks if task.status != Status.COMPLETED}


def _state(
    one: JudgedFinding, is_known: bool, looked_before: Collection[str]
) -> FindingState | None:
    if is_known:
        return FindingState.KNOWN
    is_comparable = not one.specialists or any(who in looked_before for who in one.specialists)
    return FindingState.NEW if is_comparable else None


def _as_left(one: JudgedFinding) -> JudgedFinding:
    """Without what only the report of then could say."""
    return JudgedFinding(
        finding=one.finding, fingerprint=one.fingerprint, specialists=one.specialists
    )


@dataclass(frozen=True)
class _Looks:
    """Who has looked this time, and who of them left something out that was looked at before."""

    completed: Collection[str]
    cut_short: Collection[str]
    places: Places
    _bases: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def is_fixed(self, one: JudgedFinding) -> bool:
        file = one.finding.file
        if not one.specialists or (file is not None and self.places.is_gone(file)):
            return True
        looked = [who for who in one.specialists if who in self.completed]
        if any(who not in self.cut_short for who in looked):
            return True
        return bool(looked) and self._lost_its_line(one)

    def _lost_its_line(self, one: JudgedFinding) -> bool:
        """Whether the line that it was on is no longer in its file, whoever has looked."""
        finding = one.finding
        if finding.file is None or not context_of(one.fingerprint):
            return False
        key = (finding.rule, finding.file)
        if key not in self._bases:
            text = self.places.read(finding.file)
            lines = text.split("\n") if text is not None else []
            self._bases[key] = {base_of_line(finding, line) for line in lines}
        bases = self._bases[key]
        return bool(bases) and base_of(one.fingerprint) not in bases


def _cut_short(report: SessionReport, earlier: SessionReport) -> set[str]:
    """The specialists that left out a kind of thing, or more of it, than they did before."""
    before, now = _omitted(earlier), _omitted(report)
    return {who for (who, kind), number in now.items() if number > before.get((who, kind), -1)}


def _omitted(report: SessionReport) -> dict[tuple[str, str], int]:
    """For each specialist and kind of omission, how much it was: the first number that is told."""
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for task in report.tasks:
        for omission in task.result.omissions if task.result is not None else ():
            number = _NUMBER.search(omission.what)
            kind = _NUMBER.sub("0", f"{omission.what}: {omission.reason}")
            found[task.specialist, kind] += int(number[0]) if number is not None else 0
    return dict(found)
