"""Which finding of before is which of now: by what changes least, then by what is alike."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TypeAlias

from genesis.contracts import Finding

from genesis_engineering.judgement.fingerprints import base_of, context_of, shared_lines
from genesis_engineering.judgement.meanings import meaning_of

Known: TypeAlias = tuple[str, Finding]
"""A finding with its fingerprint."""
Key: TypeAlias = Callable[[Known], Hashable]
Likeness: TypeAlias = Callable[[Known, Known], int]
"""How alike two are that have the same key; 0 when they are two."""

_FEWEST_SHARED = 2
_MOST_COMPARED = 1_000_000


def pair(
    old: Sequence[Known], new: Sequence[Known], is_gone: Callable[[str], bool] | None = None
) -> dict[int, int]:
    """For the index of each new finding that is an old one, the index of that one; each once.

    A finding is the same when rule, file and the text of its line are, and lines around it; or the
    text alone where it is the only one. With `is_gone`, which tells whether a file is no longer
    there, so is one on a line that was edited a little, and one in a file that went to another
    folder.
    """
    pairs = _Pairs(old, new)
    if not (old and new):
        return {}
    pairs.add(lambda known: (_base(known), _message(known), _context(known)), _always)
    pairs.add(lambda known: (_base(known), _context(known)), _always)
    for key in (lambda known: (_base(known), _message(known)), _base):
        pairs.add(key, _shared_lines)
        pairs.add(key, pairs.only_one_of(key))
    if is_gone is not None:
        telling = _telling_messages([*old, *new])
        pairs.add(_of_message, lambda a, b: _is_edited(a, b, telling))
        pairs.add(_of_name, lambda a, _: is_gone(a[1].file or ""))
    return pairs.of_new


@dataclass
class _Pairs:
    """What was paired so far: the index of a new finding, and of the old one that it is."""

    old: Sequence[Known]
    new: Sequence[Known]
    of_new: dict[int, int] = field(default_factory=dict)

    def add(self, key: Key, likeness: Likeness) -> None:
        """Pair what is left and has the same key, those first that are most alike."""
        found = self._grouped(self.old, key, set(self.of_new.values()))
        for wanted, news in self._grouped(self.new, key, self.of_new).items():
            olds = found.get(wanted, [])
            if len(olds) * len(news) <= _MOST_COMPARED:
                self._pair_most_alike(olds, news, likeness)

    def only_one_of(self, key: Key) -> Likeness:
        """Alike when before and now there is one of the key, on a line of more than one word:
        `except:` may well be another `except:`."""
        before, now = Counter(map(key, self.old)), Counter(map(key, self.new))

        def likeness(old: Known, new: Known) -> int:
            says_little = any(len(_words(one[1].evidence)) == 1 for one in (old, new))
            on_lines = bool(_context(old) and _context(new))
            if on_lines and (says_little or before[key(old)] > 1 or now[key(new)] > 1):
                return 0
            return 1

        return likeness

    def _grouped(
        self, known: Sequence[Known], key: Key, paired: Collection[int]
    ) -> dict[Hashable, list[int]]:
        groups: defaultdict[Hashable, list[int]] = defaultdict(list)
        for index, one in enumerate(known):
            if index not in paired:
                groups[key(one)].append(index)
        return groups

    def _pair_most_alike(self, olds: list[int], news: list[int], likeness: Likeness) -> None:
        candidates = sorted(self._alike(olds, news, likeness))
        used: set[int] = set()
        for _, n, o in candidates:
            if n not in self.of_new and o not in used:
                self.of_new[n] = o
                used.add(o)

    def _alike(
        self, olds: list[int], news: list[int], likeness: Likeness
    ) -> Iterator[tuple[int, int, int]]:
        for n in news:
            for o in olds:
                alike = likeness(self.old[o], self.new[n])
                if alike:
                    yield (-alike, n, o)


def _base(known: Known) -> str:
    return base_of(known[0])


def _context(known: Known) -> str:
    return context_of(known[0])


def _message(known: Known) -> str:
    return known[1].message


def _always(_old: Known, _new: Known) -> int:
    return 1


def _shared_lines(old: Known, new: Known) -> int:
    return shared_lines(_context(old), _context(new))


def _of_message(known: Known) -> Hashable:
    finding = known[1]
    return (meaning_of(finding.rule), finding.file, finding.message)


def _of_name(known: Known) -> Hashable:
    finding = known[1]
    name = PurePosixPath(finding.file or "").name
    return (meaning_of(finding.rule), name, finding.message, finding.evidence)


def _telling_messages(known: Sequence[Known]) -> set[str]:
    """The rules whose messages name what they are about, as they are not always the same."""
    messages: defaultdict[str, set[str]] = defaultdict(set)
    for _, finding in known:
        messages[finding.rule].add(finding.message)
    return {rule for rule, found in messages.items() if len(found) > 1}


def _is_edited(old: Known, new: Known, telling: set[str]) -> bool:
    """Whether words were only added to a line, or only taken away; where the message names what it
    is about, half of the words are enough. Lines of the same text were told apart before."""
    before, after = _words(old[1].evidence), _words(new[1].evidence)
    shared, fewer = len(before & after), min(len(before), len(after))
    if shared < _FEWEST_SHARED or _base(old) == _base(new):
        return False
    return shared == fewer or (new[1].rule in telling and shared * 2 >= fewer)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))
