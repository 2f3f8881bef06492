"""Many findings of one kind that something is not there are rather the tool's ignorance."""

from __future__ import annotations

import pytest
from genesis_engineering.judgement.doubting import MOST_BELIEVED, doubt_many
from genesis_engineering.judgement.merging import Seen

from plugins.engineering.tests.judging import finding


def severities(rule: str, count: int, severity: str) -> list[tuple[str, str]]:
    seen = [Seen(finding(rule, line=n + 1, severity=severity), ("a",)) for n in range(count)]
    return [(str(one.finding.severity), str(one.finding.confidence)) for one in doubt_many(seen)]


@pytest.mark.parametrize("severity", ["high", "medium"])
def test_more_than_eight_things_that_are_not_there_are_doubted(severity: str) -> None:
    few = severities("missing-module", MOST_BELIEVED, severity)
    assert {severity for severity, _ in few} == {severity}
    assert severities("missing-module", MOST_BELIEVED + 1, severity) == [("low", "possible")] * 9


def test_what_is_low_already_counts_for_nothing_and_other_rules_are_believed() -> None:
    assert severities("missing-module", 20, "low")[0][1] != "possible"
    assert {severity for severity, _ in severities("page-without-language", 20, "medium")} == {
        "medium"
    }
    many = [Seen(finding("broken-link", line=n, severity="low"), ("a",)) for n in range(1, 20)]
    one = Seen(finding("broken-link", severity="medium"), ("a",))
    assert doubt_many([one, *many]) == [one, *many]
