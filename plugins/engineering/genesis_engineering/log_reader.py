"""Read a log line by line, of any size, and count its failures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from genesis.contracts import Omission, ToolContext

from genesis_engineering.log_groups import Groups, Place
from genesis_engineering.log_lines import LogLine, read_line, read_time
from genesis_engineering.stack_traces import HEADER, Trace, TraceReader

_LONGEST_LINE = 65_536
_CHECK_EVERY = 2_000
_MARGIN_SECONDS = 3.0
# Lower case; a line with none of these outside of a trace is not looked at any further.
_WORDS = (
    b"err", b"traceback", b"exception", b"fatal", b"crit", b"panic", b"alert", b"emerg", b"severe",
    b" at ",
)  # fmt: skip


@dataclass
class _Position:
    """Where reading a log stands; an error line waits, as a trace after it is the same failure."""

    traces: TraceReader = field(default_factory=TraceReader)
    waiting: tuple[LogLine, Place] | None = None
    started: Place | None = None
    absorbed: tuple[LogLine, Place] | None = None

    @property
    def is_idle(self) -> bool:
        return not (self.traces.is_open or self.waiting)


@dataclass
class LogReader:
    """Reads logs one after another into `groups`; `cut_short` counts traces without an end."""

    context: ToolContext
    groups: Groups = field(default_factory=Groups)
    omissions: list[Omission] = field(default_factory=list)
    lines: int = 0
    cut_short: int = 0

    def read(self, path: Path, name: str) -> None:
        """Read one log, called `name` in places; what cannot be read becomes an omission."""
        try:
            with path.open("rb") as stream:
                self._read_stream(stream, name, max(path.stat().st_size, 1))
        except OSError as error:
            reason = error.strerror or str(error)
            self.omissions.append(Omission(what=f"the log {name}"[:500], reason=reason))

    def _read_stream(self, stream: BinaryIO, name: str, size: int) -> None:
        position = _Position()
        number = 0
        for number, raw in enumerate(_lines(stream), start=1):
            if number % _CHECK_EVERY == 0 and not self._may_go_on(stream, name, size, number):
                break
            if not position.is_idle or _is_interesting(raw):
                line = raw.decode("utf-8", errors="replace").rstrip("\r\n")
                self._read_line(line, Place(name, number, read_time(line)), position)
        self._add_traces(position.traces.finish(), position, Place(name, number + 1, ""))
        self._add_lines(position)
        self.lines += number
        self.cut_short += position.traces.cut_short

    def _read_line(self, line: str, place: Place, position: _Position) -> None:
        was_open = position.traces.is_open
        self._add_traces(position.traces.read(line, place.line), position, place)
        if position.traces.is_open and (position.started is None or not was_open):
            position.started = position.waiting[1] if position.waiting else place
            position.absorbed, position.waiting = position.waiting, None
        self._add_lines(position)
        if not position.traces.is_inside and HEADER not in line:
            failure = read_line(line)
            position.waiting = (failure, place) if failure else None

    def _add_traces(self, traces: list[Trace], position: _Position, place: Place) -> None:
        for trace in traces:
            started = place if trace.first_line == place.line else position.started
            time = started.time if started else ""
            self.groups.add_trace(trace, Place(place.log, trace.first_line, time))
            position.started, position.absorbed = None, None

    def _add_lines(self, position: _Position) -> None:
        """Count the line before this one, and one whose trace turned out to have no end."""
        if not position.traces.is_open:
            position.started = None
            if position.absorbed:
                self.groups.add_line(*position.absorbed)
            position.absorbed = None
        if position.waiting:
            self.groups.add_line(*position.waiting)
            position.waiting = None

    def _may_go_on(self, stream: BinaryIO, name: str, size: int, number: int) -> bool:
        self.context.progress(min(stream.tell() / size, 1.0), f"reading {name}")
        if self.context.seconds_left > _MARGIN_SECONDS:
            return True
        what = f"the log {name} from line {number} on"[:500]
        self.omissions.append(Omission(what=what, reason="no time was left to read it"))
        return False


def _is_interesting(raw: bytes) -> bool:
    lower = raw.lower()
    return any(word in lower for word in _WORDS) or raw[:1] in (b"E", b"F")


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream; what is beyond 64 kB of a line is dropped."""
    while line := stream.readline(_LONGEST_LINE):
        rest = line
        while not rest.endswith(b"\n") and (rest := stream.readline(_LONGEST_LINE)):
            pass
        yield line
