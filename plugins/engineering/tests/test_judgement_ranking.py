"""The order is total and tells the same every time; what is not shown is counted."""

from __future__ import annotations

import random
from collections import Counter

from genesis.contracts import Finding
from genesis.contracts.judgements import FindingState, JudgedFinding
from genesis_engineering.judgement.ranking import MOST_SHOWN, MOST_SHOWN_HIGH, cap, order
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.engineering.tests.judging import finding, some_findings


def rules(*findings: Finding) -> list[str]:
    return [one.finding.rule for one in order([JudgedFinding(finding=f) for f in findings])]


def test_what_costs_most_comes_first() -> None:
    expected = [
        finding("test-failed", severity="high", confidence="possible"),
        finding("aws-key", severity="high", confidence="likely"),
        finding("b", severity="high"),
        finding("a", severity="high", confidence="likely"),
        finding("z", severity="medium", file="src/a.py"),
        finding("c", severity="medium", file="tests/a.py"),
        finding("d", severity="medium", file="docs/a.md"),
        finding("f", severity="medium", confidence="possible"),
        finding("e", severity="low"),
        finding("aws-key", severity="low", confidence="likely"),
        finding("a", severity="info"),
    ]
    assert rules(*reversed(expected)) == [one.rule for one in expected]


def test_findings_of_a_rule_stand_together_by_place() -> None:
    found = [finding("b", file=f, line=n) for f in ("a.py", "b.py") for n in (9, 10)]
    mixed = [found[3], finding("a", file="z.py"), found[1], found[0], found[2]]
    ordered = order([JudgedFinding(finding=f) for f in mixed])
    assert [one.finding for one in ordered] == [mixed[1], *found]


judged = some_findings(most=40).map(
    lambda found: [
        JudgedFinding(finding=one, fingerprint=str(n), state=state)
        for n, (one, state) in enumerate(
            zip(found, (None, FindingState.NEW, FindingState.KNOWN) * 14, strict=False)
        )
    ]
)


@settings(deadline=None)
@given(judged, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_before(
    found: list[JudgedFinding], shuffle: random.Random
) -> None:
    once = order(found)
    shuffled = list(found)
    shuffle.shuffle(shuffled)
    assert order(shuffled) == once
    assert Counter(one.fingerprint for one in once) == Counter(one.fingerprint for one in found)


def many(count: int, new: int = 0, **more: object) -> list[JudgedFinding]:
    """So many findings of a rule, of which the last are new."""
    states = [FindingState.KNOWN] * (count - new) + [FindingState.NEW] * new
    return [
        JudgedFinding(
            finding=finding(file="a.py", line=n + 1, **more), fingerprint=str(n), state=state
        )
        for n, state in enumerate(states)
    ]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["high", "low"]), st.booleans(
    )), max_size=60)
)  # fmt: skip
def test_what_is_shown_and_what_is_counted_are_all(kinds: list[tuple[str, str, bool]]) -> None:
    found = [
        JudgedFinding(
            finding=finding(rule, severity=severity, line=n + 1),
            state=FindingState.NEW if is_new else FindingState.KNOWN,
        )
        for n, (rule, severity, is_new) in enumerate(kinds)
    ]
    capped = cap(found)
    assert [one.finding for one in capped] == [one.finding for one in found]
    shown = [one for one in capped if one.is_shown]
    assert len(shown) + sum(one.places_more for one in capped) == len(found)
    groups = Counter((one.finding.rule, one.finding.severity) for one in capped)
    listed = Counter((one.finding.rule, one.finding.severity) for one in shown)
    assert listed == {
        group: min(count, MOST_SHOWN_HIGH if group[1] == "high" else MOST_SHOWN)
        for group, count in groups.items()
    }
    for group in groups:
        of_group = [o for o in capped if (o.finding.rule, o.finding.severity) == group]
        last = [one for one in of_group if one.is_shown][-1]
        assert sum(one.places_more for one in of_group) == last.places_more


def test_what_is_new_is_shown_before_what_is_known() -> None:
    capped = cap(many(30, new=2))
    assert [n for n, one in enumerate(capped) if one.is_shown] == [0, 28, 29]
    assert capped[29].places_more == 27
    assert [n for n, one in enumerate(cap(many(30, new=12))) if one.is_shown] == [18, 19, 20]


def test_what_says_something_else_is_shown_before_more_of_the_same() -> None:
    said = ["line 1 is long", "line 2 is long", "line 3 is long", "no end", "line 4 is long", "odd"]
    found = [one for text in said for one in many(1, message=text)]
    assert [n for n, one in enumerate(cap(found)) if one.is_shown] == [0, 3, 5]


def test_of_what_is_high_ten_are_shown() -> None:
    assert sum(one.is_shown for one in cap(many(30, severity="high"))) == 10


def test_a_high_finding_is_never_behind_low_ones_of_its_rule() -> None:
    capped = cap(order([*many(30), *many(1, severity="high")]))
    assert [one.finding.severity for one in capped if one.is_shown] == ["high", *["low"] * 3]
