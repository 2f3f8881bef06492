"""Put the lines of a log together that make one record: a message and its stack trace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from genesis_engineering.log_lines import LogRecord, read_record
from genesis_engineering.stack_traces import HEADER, Trace, TraceReader

_MOST_KEPT = 200
# `java.io.IOException: gone`, `TypeError [ERR_X]: no`, `Caused by: ...`
_EXCEPTION = re.compile(
    r"^(?:Caused by: |Uncaught |Exception in thread \"[^\"]*\" )?"
    r"(?:[A-Za-z_$][\w$]*\.)*[A-Z]\w*(?:Error|Exception|Throwable|Warning)\b"
    r"[^\s:]{0,40}(?::\s|:?$| \[)"
)
_FRAME = re.compile(r"^\s+(?:at \S|\.\.\. \d+ (?:more|common frames)|from \S+:\d+:in |\d+: \S)")
_CLOSING = ("}", "]", ")")
_FAILED = ("fatal", "error", "warning")


@dataclass
class Block:
    """A record: its first line `head` with its number, how many lines it takes, and its trace."""

    head: LogRecord
    text: str
    number: int
    lines: int = 1
    trace: Trace | None = None
    more: list[str] = field(default_factory=list)


class Folder:
    """Give it every line of one log in order; each belongs to exactly one block.

    A stack trace belongs to the line before it when that one tells of a failure. Lines that are
    indented, or begin with an exception's name, belong to the line with a time or level before.
    """

    def __init__(self) -> None:
        self._open: Block | None = None
        self._traces = TraceReader()
        self._cut_short = 0

    def read(self, line: str, number: int) -> Iterator[Block]:
        """The block that this line shows to be complete, if any."""
        if self._traces.is_open:
            ended = self._traces.read(line, number)
            if not ended and self._traces.is_open:
                self._append(line)
                return
            yield from self._close_trace(ended)
            if self._traces.is_open:  # this line begins the next trace
                self._open = Block(read_record(line), line, number)
                return
        elif HEADER in line or line.startswith("panic: "):
            yield from self._begin_trace(line, number)
            return
        if self._open is not None and self._goes_on(line):
            self._append(line)
            return
        yield from self._flush()
        self._open = Block(read_record(line), line, number)

    def finish(self) -> Iterator[Block]:
        """What is complete at the end of the log."""
        if self._traces.is_open:
            yield from self._close_trace(self._traces.finish())
        yield from self._flush()

    def _begin_trace(self, line: str, number: int) -> Iterator[Block]:
        ended = self._traces.read(line, number)
        head = self._open
        if head is not None and head.head.level in _FAILED and not ended and head.trace is None:
            self._append(line)  # the failure that the trace explains
            return
        yield from self._flush()
        self._open = Block(read_record(line), line, number)
        if ended and not self._traces.is_open:  # the whole trace stands in this line
            self._open.trace = ended[-1]

    def _close_trace(self, ended: list[Trace]) -> Iterator[Block]:
        if self._open is not None and ended:
            self._open.trace = ended[-1]
        yield from self._flush()

    def _goes_on(self, line: str) -> bool:
        block = self._open
        assert block is not None
        has_head = bool(block.head.time or block.head.level)
        if line[:1] in (" ", "\t"):
            if has_head or block.more:
                return bool(line.strip())
            return _FRAME.match(line) is not None
        if line[:1] in _CLOSING:
            return bool(block.more)
        return (has_head or bool(block.more)) and _EXCEPTION.match(line) is not None

    def _append(self, line: str) -> None:
        assert self._open is not None
        self._open.lines += 1
        if len(self._open.more) < _MOST_KEPT:
            self._open.more.append(line)

    def _flush(self) -> Iterator[Block]:
        block, self._open = self._open, None
        if block is None:
            return
        if block.more and block.trace is None:
            block.trace = _read_trace(block)
        yield block


def _read_trace(block: Block) -> Trace | None:
    """The trace within the lines of a block, as Node and Java write it."""
    if not any(_FRAME.match(line) for line in block.more):
        return None
    reader = TraceReader()
    found = []
    for number, line in enumerate((block.text, *block.more), start=block.number):
        found += reader.read(line, number)
    found += reader.finish()
    return found[0] if found else None
