"""One finding of what several tools or specialists saw at the same place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from genesis.contracts import Finding

from genesis_engineering.judgement.meanings import is_shared, meaning_of


@dataclass(frozen=True)
class Seen:
    """A finding and who saw it, in alphabetical order; nobody for one of the judge's own."""

    finding: Finding
    specialists: tuple[str, ...]


def merge(seen: Iterable[Seen]) -> list[Seen]:
    """Each thing once, the most severe word on it kept.

    The same message at the same place is the same thing, whatever its rule; without a file, the
    rule has to be the same too. So are, on one line, findings of different specialists whose rules
    have one meaning: `meanings` has those. What one specialist tells apart stays apart. The order
    of what comes in makes no difference.
    """
    of_message = _grouped(seen, _saying)
    once = [_together(group) for group in of_message]
    on_lines = [one for one in once if one.finding.line and is_shared(one.finding.rule)]
    merged = [one for one in once if one not in on_lines]
    for group in _grouped(on_lines, lambda f: (f.file, f.line, meaning_of(f.rule))):
        others = [one for one in group[1:] if not {*group[0].specialists} & {*one.specialists}]
        merged.append(_together([group[0], *others]))
        merged += [one for one in group[1:] if one not in others]
    return sorted(merged, key=_importance)


def _saying(finding: Finding) -> Hashable:
    rule = finding.rule if finding.file is None else ""
    return (finding.file, finding.line, rule, " ".join(finding.message.split()))


def _grouped(seen: Iterable[Seen], key: Callable[[Finding], Hashable]) -> Iterable[list[Seen]]:
    """The groups of a key, in each the most important first."""
    groups: defaultdict[Hashable, list[Seen]] = defaultdict(list)
    for one in sorted(seen, key=_importance):
        groups[key(one.finding)].append(one)
    return groups.values()


def _together(group: Sequence[Seen]) -> Seen:
    specialists = {specialist for one in group for specialist in one.specialists}
    return Seen(group[0].finding, tuple(sorted(specialists)))


def _importance(seen: Seen) -> tuple[int, int, str, int, str, str, str, str, tuple[str, ...]]:
    f = seen.finding
    place = (f.file or "", f.line or 0)
    words = (f.rule, f.message, f.evidence, f.check)
    return (f.severity.rank, f.confidence.rank, *place, *words, seen.specialists)
