"""Count failures of logs by what they have in common."""

from __future__ import annotations

from dataclasses import dataclass, field

from genesis_engineering.log_lines import LogLine
from genesis_engineering.log_templates import to_template
from genesis_engineering.stack_traces import Trace

_MOST_GROUPS = 2000


@dataclass(frozen=True)
class Place:
    """A line of a log, counted from 1; `time` as the log has it, or ""."""

    log: str
    line: int
    time: str


@dataclass
class Group:
    """Failures with one template, in the order of the logs."""

    sample: str
    is_severe: bool
    trace: Trace | None
    first: Place
    last: Place
    count: int = 1


@dataclass
class Groups:
    """All groups; beyond 2,000 of them further kinds of failure are only counted."""

    by_key: dict[tuple[str, ...], Group] = field(default_factory=dict)
    ungrouped: int = 0

    def add_trace(self, trace: Trace, place: Place) -> None:
        innermost = trace.frames[-1] if trace.frames else None
        where = f"{innermost.file}:{innermost.function}" if innermost else ""
        key = ("trace", trace.kind, to_template(trace.message), where)
        sample = f"{trace.kind}: {trace.message}" if trace.message else trace.kind
        self._add(key, Group(sample, trace.kind == "panic", trace, place, place))

    def add_line(self, line: LogLine, place: Place) -> None:
        key = ("line", str(line.is_severe), to_template(line.message))
        self._add(key, Group(line.message[:1000], line.is_severe, None, place, place))

    def _add(self, key: tuple[str, ...], group: Group) -> None:
        known = self.by_key.get(key)
        if known:
            known.count += 1
            known.last = group.last
        elif len(self.by_key) < _MOST_GROUPS:
            self.by_key[key] = group
        else:
            self.ungrouped += 1
