"""Find the templates of log messages: what stays the same while words in it change.

As Drain does, messages are grouped by their number of words after the values that show (numbers,
ids, paths) are taken out. Unlike Drain, which joins whatever is half alike, a word is taken for a
value when four messages differ in nothing else: `payment accepted` and `payment refused` stay two
templates. Where several words change together (a name and its address), messages are joined by
likeness once there are many that begin with the same word.
"""

from __future__ import annotations

import re
from collections import Counter
from operator import eq

from genesis_engineering.log_counts import Entry, Seen, fold

ANY = "<*>"
_ID = re.compile(r"<(?:hex|id|uuid)>")
_VALUES = 4
_FIXED_WORDS = 2
_LONGEST = 30
_MOST_OF_A_LEVEL = 2000
_MOST_KEPT = 60_000
_MOST_SHAPES = 16
_MANY = 40
_COMPARED = 60
_LIKENESS = 0.7
_MOST_FRUITLESS = 2000
_SAMPLE = 1000

Words = tuple[str, ...]


class Mine:
    """The templates of messages so far, at most 2,000 of a level."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, Words], Entry] = {}
        self._kept: dict[str, Entry] = {}
        self._alike: dict[int, list[Entry]] = {}
        self._shapes: dict[tuple[str, int], list[Words]] = {}
        self._crowds: dict[tuple[str, int, str], list[Entry]] = {}
        self._sizes: Counter[str] = Counter()
        self._fruitless: Counter[tuple[str, int, str]] = Counter()

    def find(self, level: str, masked: list[str], sample: str, seen: Seen) -> Entry | None:
        """The entry of a message with these words; None when there is no room for its kind.

        Nothing is counted here: a new entry has a count of 0.
        """
        key = f"{level} {' '.join(masked)}"
        known = self._kept.get(key)
        if known is not None:
            return known.final()
        words = tuple(masked) if len(masked) <= _LONGEST else (*masked[:_LONGEST], "…")
        entry = self._find(Entry(level, words, sample[:_SAMPLE], seen, seen))
        if entry is not None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = entry
        return entry

    def settle(self) -> None:
        """For the end: fold what was met before its template was known into that template, and
        templates that differ only in whether an id has letters into the most frequent of them."""
        for entry in list(self.entries.values()):
            known = self._by_shape(entry)
            if known is not None and known is not entry:
                self._remove(entry)
                fold(entry, known)
        chosen: dict[tuple[str, str], Entry] = {}
        for entry in sorted(self.entries.values(), key=lambda one: (-one.count, one.first)):
            known = chosen.setdefault((entry.level, _ID.sub("<n>", entry.template)), entry)
            if known is not entry:
                self._remove(entry)
                fold(entry, known)

    def _find(self, new: Entry) -> Entry | None:
        known = self.entries.get((new.level, new.words)) or self._by_shape(new)
        if known is not None:
            return known
        joined = self._join(new)
        if joined is not None:
            return joined
        crowd = self._crowds.get(_crowd_of(new), [])
        if len(crowd) >= _MANY:
            like = self._by_likeness(crowd[-_COMPARED:], new)
            if like is not None:
                return like
        if self._sizes[new.level] >= _MOST_OF_A_LEVEL:
            return None
        self._add(new)
        return new

    def _by_shape(self, new: Entry) -> Entry | None:
        """The entry with the same words but for those that are known to change."""
        for shape in self._shapes.get((new.level, len(new.words)), ()):
            words = tuple([ANY if s == ANY else w for s, w in zip(shape, new.words, strict=True)])
            known = self.entries.get((new.level, words))
            if known is not None:
                return known
        return None

    def _join(self, new: Entry) -> Entry | None:
        """The entry of four which differ in one word, when the new one makes four."""
        for at, key in _keys(new):
            alike = self._alike.get(key)
            if alike is None or len(alike) < _VALUES - 1:
                continue
            # A hash may be the same by chance.
            general = _without(new.words, at)
            alike = [one for one in alike if _without(one.words, at) == general]
            if len(alike) >= _VALUES - 1:
                return self._generalise(new, general, alike)
        return None

    def _by_likeness(self, crowd: list[Entry], new: Entry) -> Entry | None:
        key = _crowd_of(new)
        if self._fruitless[key] >= _MOST_FRUITLESS:
            return None
        words = new.words
        scores = [sum(map(eq, entry.words, words)) for entry in crowd]
        # What differs in one word only is left to the rule of four.
        score = max((score for score in scores if score <= len(words) - 2), default=0)
        if score < _LIKENESS * len(words):
            self._fruitless[key] += 1
            return None
        best = crowd[scores.index(score)]
        pairs = zip(best.words, words, strict=True)
        return self._generalise(new, tuple([a if a == b else ANY for a, b in pairs]), [best])

    def _generalise(self, new: Entry, words: Words, members: list[Entry]) -> Entry:
        """The entry with these words, which takes over the counts of the members."""
        known = self.entries.get((new.level, words))
        general = known or Entry(new.level, words, members[0].sample, new.first, new.first)
        for member in members:
            if member is not general:
                self._remove(member)
                fold(member, general)
        if known is not None:
            return known
        self._remember_shape(new.level, words)
        wider = self._join(general)  # it may itself be the fourth of its kind
        if wider is not None:
            fold(general, wider)
            return wider
        self._add(general)
        return general

    def _remember_shape(self, level: str, words: Words) -> None:
        shape = tuple(ANY if word == ANY else "" for word in words)
        shapes = self._shapes.setdefault((level, len(words)), [])
        if shape not in shapes and len(shapes) < _MOST_SHAPES:
            shapes.append(shape)

    def _add(self, entry: Entry) -> None:
        self.entries[entry.level, entry.words] = entry
        self._sizes[entry.level] += 1
        self._crowds.setdefault(_crowd_of(entry), []).append(entry)
        for _at, key in _keys(entry):
            self._alike.setdefault(key, []).append(entry)

    def _remove(self, entry: Entry) -> None:
        del self.entries[entry.level, entry.words]
        self._sizes[entry.level] -= 1
        self._crowds[_crowd_of(entry)].remove(entry)
        for _at, key in _keys(entry):
            self._alike[key].remove(entry)
            if not self._alike[key]:
                del self._alike[key]


def _crowd_of(entry: Entry) -> tuple[str, int, str]:
    return entry.level, len(entry.words), entry.words[0]


def _keys(entry: Entry) -> list[tuple[int, int]]:
    """For each place that may turn out to change, a number that messages share which differ there
    only. It is made of sums, so that a message of many words costs little."""
    words = entry.words
    hashes = [hash(pair) for pair in enumerate(words)]
    total = sum(hashes) + hash((entry.level, len(words)))
    return [(at, hash((at, total - hashes[at]))) for at in _places(words)]


def _without(words: Words, at: int) -> Words:
    return (*words[:at], ANY, *words[at + 1 :])


def _places(words: Words) -> list[int]:
    """The places of words that may turn out to be values: two others with letters must stay, or
    one that is a label, such as `Package:`."""
    weights = [word[0].isalpha() * (2 if word[-1] == ":" else 1) for word in words]
    total = sum(weights)
    return [
        at for at, word in enumerate(words) if total - weights[at] >= _FIXED_WORDS and word != ANY
    ]
