"""What the tools share to report: evidence from a line, a limit per rule, numbers in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from genesis.contracts import Finding

EVIDENCE_LENGTH = 300
MOST_OF_A_RULE = 500
"""What a tool may give of one rule. The report shows fewer; here all that can be compared with the
next session must be in it, or what is fixed would let others seem to be new."""
_SECONDARY_FOLDERS = frozenset(
    {"benchmark", "benchmarks", "demo", "demos", "doc", "docs", "example", "examples", "sample",
     "samples", "playground", "playgrounds", "sandbox", "presentation", "presentations", "slides",
     "talks", "testapp", "tutorial", "tutorials", "docs_src"}
)  # fmt: skip
_SECONDARY_ENDINGS = (
    "-contrib",
    *(
        dash + noun
        for dash in "-_"
        for noun in ("benchmarks", "demos", "doc", "docs", "examples", "samples", "tutorials")
    ),
)
_SECONDARY_BEGINNINGS = tuple(
    noun + dash
    for dash in "-_"
    for noun in ("demo", "demos", "docs", "example", "examples", "sample", "samples")
)
# Templates in which developers look at the parts that pages are made of.
_STYLE_GUIDES = re.compile(
    r"(^|/)(templates?|views|layouts|partials)/([^/]+/)*(development|style[-_]?guides?)/"
)
_SECONDARY_PAGES = re.compile(r"(^|/)(demo|example|sample)s?([-_.][\w.-]*)?\.html?$", re.IGNORECASE)


def count_of(number: int, noun: str, plural: str = "") -> str:
    """`1 file`, `2 files`, `0 files`; `plural` is for nouns that do not take an s."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def line_at(text: str, number: int) -> str:
    """Line `number` (from 1) without indentation, at most 300 characters; "" past the end."""
    lines = text.split("\n", number)
    return lines[number - 1].strip()[:EVIDENCE_LENGTH] if 0 < number <= len(lines) else ""


def is_secondary(path: str) -> bool:
    """Whether a path lies in documentation, examples or what users sent in, or is a page that shows
    what there is: a fault there costs readers, not users."""
    if path.startswith("contrib/"):
        return True  # what users sent in; elsewhere a package may have that name
    if _SECONDARY_PAGES.search(path) or _STYLE_GUIDES.search(path.lower()):
        return True
    return any(
        part in _SECONDARY_FOLDERS
        or part.endswith(_SECONDARY_ENDINGS)
        or part.startswith(_SECONDARY_BEGINNINGS)
        for part in path.lower().split("/")[:-1]
    )


def by_importance(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by severity, rule, file and line."""
    return sorted(findings, key=lambda f: (f.severity.rank, f.rule, f.file or "", f.line or 0))


def limit_per_rule(findings: Iterable[Finding], limit: int) -> tuple[tuple[Finding, ...], str]:
    """The first `limit` of each rule by importance, and in words what was left out ("" if nothing).

    The words are like `and 27 more of bare-except, 3 more of eval`.
    """
    seen: Counter[str] = Counter()
    kept = []
    for finding in by_importance(findings):
        seen[finding.rule] += 1
        if seen[finding.rule] <= limit:
            kept.append(finding)
    left_out = [
        f"{seen[rule] - limit} more of {rule}" for rule in sorted(seen) if seen[rule] > limit
    ]
    return tuple(kept), "and " + ", ".join(left_out) if left_out else ""


def count_by_rule(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings each rule has, by name of the rule."""
    return dict(sorted(Counter(finding.rule for finding in findings).items()))
