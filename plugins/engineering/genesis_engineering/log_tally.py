"""Count records by their kind: the lines of all kinds add up to the lines that were read."""

from __future__ import annotations

from dataclasses import dataclass, field

from genesis_engineering.log_counts import Clock, Entry, Seen
from genesis_engineering.log_folding import Block
from genesis_engineering.log_mining import Mine
from genesis_engineering.log_templates import mask_words
from genesis_engineering.stack_traces import HEADER, Trace

_MOST_TRACES = 2000
_SAMPLE = 1000
_BLANK = ("(empty", "line)")
_OTHER = ("(further", "kinds)")


@dataclass
class Tally:
    """All kinds of records.

    `traces` are those with a stack trace. `other` counts by level what found no room among the
    2,000 templates of its level, or 2,000 traces; `blank` counts empty lines.
    """

    mine: Mine = field(default_factory=Mine)
    clock: Clock = field(default_factory=Clock)
    traces: dict[tuple[str, ...], Entry] = field(default_factory=dict)
    other: dict[str, Entry] = field(default_factory=dict)
    blank: Entry | None = None

    def count(self, block: Block, seen: Seen) -> Entry:
        """Count a record, which begins at `seen`; gives its entry, which may fold into another."""
        entry = self._entry(block, seen)
        entry.count += 1
        entry.lines += block.lines
        entry.last = seen
        minute = block.head.minute
        if minute is not None:
            self.clock.count(entry, minute)
            if self.clock.is_crowded:
                self.clock.widen(self._all())
        return entry

    def settle(self) -> None:
        """To be called when everything is counted."""
        self.mine.settle()

    def entries(self) -> list[Entry]:
        """All kinds, most frequent first."""
        return sorted(self._all(), key=lambda entry: (-entry.count, entry.first))

    def is_template(self, entry: Entry) -> bool:
        """Whether an entry is one kind of record; not empty lines, nor many kinds together."""
        return entry is not self.blank and self.other.get(entry.level) is not entry

    def _all(self) -> list[Entry]:
        blank = [self.blank] if self.blank is not None else []
        return [*self.mine.entries.values(), *self.traces.values(), *self.other.values(), *blank]

    def _entry(self, block: Block, seen: Seen) -> Entry:
        level, message = block.head.level, block.head.message
        if block.trace is not None:
            return self._trace_entry(block, block.trace, seen)
        if not level and HEADER in message:
            level = "error"  # a stack trace that was cut short
        words = mask_words(message)
        if not words:
            if self.blank is None:
                self.blank = Entry("", _BLANK, "", seen, seen)
            return self.blank
        entry = self.mine.find(level, words, message, seen)
        return entry if entry is not None else self._other(level, message, seen)

    def _trace_entry(self, block: Block, trace: Trace, seen: Seen) -> Entry:
        """By the exception, its message and where it was raised. A program that logs a trace as
        a warning has dealt with it; one that names no level has not."""
        level = block.head.level or ("fatal" if trace.kind == "panic" else "error")
        innermost = trace.frames[-1] if trace.frames else None
        where = ("at", f"{innermost.file}:{innermost.function}") if innermost else ()
        words = (trace.kind, *mask_words(trace.message), *where)
        known = self.traces.get((level, *words))
        if known is None:
            sample = f"{trace.kind}: {trace.message}" if trace.message else trace.kind
            if len(self.traces) >= _MOST_TRACES:
                return self._other(level, sample, seen)
            known = Entry(level, words, sample[:_SAMPLE], seen, seen, trace)
            self.traces[(level, *words)] = known
        return known

    def _other(self, level: str, sample: str, seen: Seen) -> Entry:
        if level not in self.other:
            self.other[level] = Entry(level, _OTHER, sample[:_SAMPLE], seen, seen)
        return self.other[level]
