"""The order of findings by what they cost the maintainer, and how many of a kind are shown.

Severity comes first; of what is high, a test run that is not green and then a secret that leaked;
then confidence; then the product's own code before tests, documentation and examples; then rule,
file and line, so that the order is the same every time. When a file last changed plays no part:
with it, the same repository would have another order tomorrow.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from genesis.contracts import Finding, Severity
from genesis.contracts.judgements import FindingState, JudgedFinding

from genesis_engineering.files import RepositoryFile
from genesis_engineering.judgement.meanings import FAILURES, SECRETS
from genesis_engineering.reporting import is_secondary

MOST_SHOWN = 3
"""How many findings of one rule and severity a short report shows: the others are mostly of the
same habit, and a maintainer who mends three looks for the rest."""
MOST_SHOWN_HIGH = 10
"""The same of what is high, such as failing tests, of which each may have a cause of its own."""
_NUMBER = re.compile(r"\d+")
_URGENT = (FAILURES, SECRETS)

J = TypeVar("J", bound=JudgedFinding)


def order(findings: Sequence[J]) -> list[J]:
    """The findings in their order, which is total: only equal ones are in none."""
    return sorted(findings, key=_cost)


def cap(findings: Sequence[JudgedFinding]) -> list[JudgedFinding]:
    """The same findings in the same order; of each rule and severity three are shown (ten of what
    is high), new ones first and then those that say something else than the others, and the last
    of them counts the rest."""
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for index, one in enumerate(findings):
        groups[one.finding.rule, one.finding.severity].append(index)
    capped = list(findings)
    for (_, severity), indices in groups.items():
        most = MOST_SHOWN_HIGH if severity == Severity.HIGH else MOST_SHOWN
        preferred = _varied(findings, indices)
        shown, hidden = sorted(preferred[:most]), preferred[most:]
        for index in hidden:
            capped[index] = findings[index].model_copy(update={"is_shown": False})
        if hidden:
            last = findings[shown[-1]]
            capped[shown[-1]] = last.model_copy(update={"places_more": len(hidden)})
    return capped


def _varied(findings: Sequence[JudgedFinding], indices: Sequence[int]) -> list[int]:
    """New ones first; of these and of the others, each message once before any comes again."""
    told: Counter[tuple[bool, str]] = Counter()
    rank: dict[int, tuple[bool, int]] = {}
    for index in indices:
        is_known = findings[index].state != FindingState.NEW
        words = _NUMBER.sub("0", findings[index].finding.message)
        rank[index] = (is_known, told[is_known, words])
        told[is_known, words] += 1
    return sorted(indices, key=rank.__getitem__)


def _cost(one: JudgedFinding) -> tuple[int, int, int, int, str, str, int, str, str, str, str]:
    finding = one.finding
    urgent = _URGENT if finding.severity == Severity.HIGH else ()
    urgency = next((i for i, rules in enumerate(urgent) if finding.rule in rules), len(urgent))
    weight = (finding.severity.rank, urgency, finding.confidence.rank, _is_beside(finding))
    place = (finding.rule, finding.file or "", finding.line or 0)
    return (*weight, *place, finding.message, finding.evidence, finding.check, one.fingerprint)


def _is_beside(finding: Finding) -> int:
    """1 for tests, documentation and examples; 0 for the product and the repository as a whole."""
    if finding.file is None:
        return 0
    file = RepositoryFile(finding.file, Path(), 0)
    return int(file.is_test or is_secondary(finding.file))
