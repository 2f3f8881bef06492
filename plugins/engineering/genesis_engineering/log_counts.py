"""How often each kind of record occurs in logs, and when: exact counts, bounded in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from genesis_engineering.stack_traces import Trace

_MOST_CELLS = 200_000
_WIDTHS = (1, 10, 60, 1440, 10_080)


class Seen(NamedTuple):
    """Where a record begins: the number of its line among all that were read, the log, its line
    there (from 1), and its time as written ("" where there is none)."""

    number: int
    log: str
    line: int
    time: str


@dataclass(eq=False)
class Entry:
    """One kind of record: `count` records of it, which take `lines` lines.

    `words` is its template, in which `<*>` stands for any word; `level` is one of `LEVELS`.
    `cells` counts its records by minute, or by a longer stretch of time. `into` is the entry that
    took over its counts.
    """

    level: str
    words: tuple[str, ...]
    sample: str
    first: Seen
    last: Seen
    trace: Trace | None = None
    count: int = 0
    lines: int = 0
    cells: dict[int, int] = field(default_factory=dict)
    into: Entry | None = None

    @property
    def template(self) -> str:
        """The words as one text."""
        return " ".join(self.words)

    def final(self) -> Entry:
        """The entry that has the counts of this one."""
        entry = self
        while entry.into is not None:
            entry = entry.into
        return entry


@dataclass
class Clock:
    """Counts records by time. `width` is the length of a cell in minutes: it grows when there
    would be more than 200,000 cells, so that the count of each cell stays exact. `earliest` and
    `latest` are minutes."""

    width: int = 1
    earliest: int | None = None
    latest: int | None = None
    _cells: int = 0

    def count(self, entry: Entry, minute: int) -> None:
        """One record of an entry, at that minute."""
        if self.earliest is None or self.latest is None:
            self.earliest = self.latest = minute
        elif minute < self.earliest:
            self.earliest = minute
        elif minute > self.latest:
            self.latest = minute
        cell = minute // self.width
        cells = entry.cells
        if cell in cells:
            cells[cell] += 1
        else:
            cells[cell] = 1
            self._cells += 1

    @property
    def is_crowded(self) -> bool:
        """Whether the cells should become longer."""
        return self._cells > _MOST_CELLS and self.width < _WIDTHS[-1]

    def widen(self, entries: Iterable[Entry]) -> None:
        """Make the cells longer; `entries` are all that have any."""
        wider = next(width for width in _WIDTHS if width > self.width)
        self._cells = 0
        for entry in entries:
            cells: dict[int, int] = {}
            for cell, count in entry.cells.items():
                at = cell * self.width // wider
                cells[at] = cells.get(at, 0) + count
            entry.cells = cells
            self._cells += len(cells)
        self.width = wider


def fold(entry: Entry, into: Entry) -> None:
    """Give the counts of one entry to another."""
    into.count += entry.count
    into.lines += entry.lines
    if entry.first < into.first:
        into.first, into.sample = entry.first, entry.sample
    into.last = max(into.last, entry.last)
    for cell, count in entry.cells.items():
        into.cells[cell] = into.cells.get(cell, 0) + count
    entry.into, entry.cells = into, {}
