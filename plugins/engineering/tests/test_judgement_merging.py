"""What several saw at one place is one finding, and nothing else is taken together."""

from __future__ import annotations

import random

import pytest
from genesis.contracts import Finding
from genesis_engineering.judgement.meanings import SECRETS, meaning_of
from genesis_engineering.judgement.merging import Seen, merge
from genesis_engineering.secret_detectors import DETECTORS
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.engineering.tests.judging import SPECIALISTS, finding, some_findings


def merged(*seen: tuple[str, Finding]) -> list[tuple[str, tuple[str, ...]]]:
    found = merge(Seen(one, (who,)) for who, one in seen)
    return [(one.finding.rule, one.specialists) for one in found]


def at(rule: str, line: int | None = 3, **more: object) -> Finding:
    return finding(rule, **({"file": "a.py", "line": line} | more))


def test_the_same_message_at_the_same_place_is_one_finding_of_both() -> None:
    assert merged(("b", at("x")), ("a", at("y", message=" m  "))) == [("x", ("a", "b"))]
    assert len(merged(("a", at("x")), ("a", at("x")))) == 1
    assert len(merged(("a", at("x", None)), ("b", at("x", None)))) == 1


def test_rules_of_one_meaning_are_one_on_a_line_when_different_specialists_see_them() -> None:
    key, token = at("aws-key", message="1"), at("github-token", message="2", severity="high")
    assert merged(("a", key), ("b", token)) == [("github-token", ("a", "b"))]
    # One tool that tells two things apart on a line means two things.
    assert len(merged(("a", key), ("a", token))) == 2
    assert len(merged(("a", key), ("b", at("github-token", 4, message="2")))) == 2
    assert len(merged(("a", key), ("b", at("other", message="2")))) == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (at("x"), at("x", 4)),
        (at("x"), at("x", file="b.py")),
        (at("x"), at("x", message="n")),
        (at("x"), at("x", None)),
        (finding("x"), finding("y")),
    ],
)
def test_different_places_or_words_stay_two(first: Finding, second: Finding) -> None:
    assert len(merged(("a", first), ("b", second))) == 2


def test_the_rules_of_secrets_are_those_of_the_detectors() -> None:
    assert {detector.rule for detector in DETECTORS} == SECRETS
    assert {meaning_of(rule) for rule in [*SECRETS, "ci-secret", "docker-secret"]} == {"secret"}
    assert meaning_of("anything-else") == "anything-else"


seen = st.lists(
    st.builds(
        Seen,
        finding=some_findings().filter(bool).map(lambda found: found[0]),
        specialists=st.sampled_from([(), *[(who,) for who in SPECIALISTS], SPECIALISTS]),
    ),
    max_size=9,
)


@settings(deadline=None)
@given(seen, st.randoms(use_true_random=False))
def test_merging_is_idempotent_and_the_order_of_what_comes_makes_no_difference(
    given: list[Seen], shuffle: random.Random
) -> None:
    once = merge(given)
    assert merge(once) == once
    shuffled = list(given)
    shuffle.shuffle(shuffled)
    assert merge(shuffled) == once


@settings(deadline=None)
@given(seen)
def test_merging_loses_no_place_no_severity_and_nobody(given: list[Seen]) -> None:
    once = merge(given)
    for before in given:
        place = (before.finding.file, before.finding.line)
        there = [one for one in once if (one.finding.file, one.finding.line) == place]
        assert min(one.finding.severity.rank for one in there) <= before.finding.severity.rank
        assert {*before.specialists} <= {who for one in there for who in one.specialists}
    assert all(one.finding in [before.finding for before in given] for one in once)
