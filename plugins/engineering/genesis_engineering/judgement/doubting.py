"""What is said too often of a program that works to be believed each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from genesis.contracts import Confidence, Severity

from genesis_engineering.judgement.merging import Seen

MOST_BELIEVED = 8
"""So many findings of one such rule stand as they are; of packages judged by hand, those with more
had them by one cause that the tool did not know, such as a folder that only a server puts there."""
_NOT_THERE = frozenset(
    {"broken-code-block", "broken-image", "broken-link", "broken-log-call", "ci-missing-path",
     "docker-missing-source", "foreign-key-to-nothing", "invalid-all", "json-syntax",
     "missing-asset", "missing-dependency", "missing-label-target", "missing-module",
     "missing-page", "missing-static-file", "missing-target", "script-syntax", "sql-syntax",
     "stale-import", "stale-name", "undefined-export", "undefined-name", "unknown-column",
     "unknown-table"}
)  # fmt: skip
_DOUBT = {"severity": Severity.LOW, "confidence": Confidence.POSSIBLE}


def doubt_many(seen: Sequence[Seen]) -> list[Seen]:
    """The same findings; low and possible at most are those of a rule that says more than eight
    times, at medium or high, that what the repository uses is not there or cannot be read.

    A project that works has few of these, so where they are many it is rather the tool that does
    not know how the repository finds its things.
    """
    counts = Counter(one.finding.rule for one in seen if _is_weighty(one))
    doubted = {rule for rule in _NOT_THERE & counts.keys() if counts[rule] > MOST_BELIEVED}
    return [
        replace(one, finding=one.finding.model_copy(update=_DOUBT))
        if one.finding.rule in doubted and _is_weighty(one)
        else one
        for one in seen
    ]


def _is_weighty(one: Seen) -> bool:
    return one.finding.severity.rank < Severity.LOW.rank
