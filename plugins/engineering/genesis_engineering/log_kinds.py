"""What a triage says about each kind of record, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from genesis.contracts import Severity
from pydantic import JsonValue

from genesis_engineering.log_bursts import Burst, find_burst
from genesis_engineering.log_causes import likely_cause
from genesis_engineering.log_counts import Entry, Seen
from genesis_engineering.log_frames import FrameFinder, OwnFrame
from genesis_engineering.log_history import Triage
from genesis_engineering.log_tally import Tally
from genesis_engineering.log_templates import to_template
from genesis_engineering.masking import mask_text
from genesis_engineering.stack_traces import Frame, Trace

_SHOWN_FRAMES = 6
# Exceptions with which programs are ended on purpose.
ORDINARY = frozenset(
    {"KeyboardInterrupt", "SystemExit", "GeneratorExit", "asyncio.CancelledError"}
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A kind of record, secrets masked. `severity` is None for what is no failure.

    `is_new` is None without an earlier triage, and for many kinds together. `own` is the innermost
    line of the repository's code in a stack trace.
    """

    entry: Entry
    template: str
    sample: str
    severity: Severity | None
    is_new: bool | None
    is_single: bool
    burst: Burst | None
    cause: str
    own: OwnFrame | None

    @property
    def what(self) -> str:
        """`line`, `trace`, or `several` for what stands for many kinds or for empty lines."""
        return "trace" if self.entry.trace else "line" if self.is_single else "several"

    @property
    def title(self) -> str:
        """It in words: the template, or a trace's exception with what stays the same of its
        message."""
        trace = self.entry.trace
        if trace is None:
            return self.template
        message = mask_text(to_template(trace.message))
        return f"{trace.kind}: {message}" if message else trace.kind

    def frames(self) -> list[str]:
        """The innermost frames of its trace and what caused it, the innermost last."""
        trace = self.entry.trace
        return [] if trace is None else [mask_text(text) for text in _frame_texts(trace)]

    def as_json(self) -> dict[str, JsonValue]:
        """As `triage.json` has it."""
        entry, burst = self.entry, self.burst
        return {
            "template": self.template,
            "kind": self.what,
            "level": entry.level,
            "severity": self.severity.value if self.severity else None,
            "count": entry.count,
            "lines": entry.lines,
            "first": _place(entry.first),
            "last": _place(entry.last),
            "new": self.is_new,
            "sample": self.sample,
            "burst": None if burst is None else {
                "start": burst.start, "minutes": burst.minutes, "count": burst.count,
                "usual": burst.usual,
            },
            "cause": self.cause or None,
            "frames": list(self.frames()),
        }  # fmt: skip


def judge_kinds(tally: Tally, before: Triage | None, finder: FrameFinder) -> list[Kind]:
    """Every kind, most frequent first."""
    return [_judge(entry, tally, before, finder) for entry in tally.entries()]


def failures(kinds: Sequence[Kind]) -> list[Kind]:
    """The kinds that are failures: most severe first, what is new before what was known, then by
    their number."""
    found = [kind for kind in kinds if kind.severity is not None]
    return sorted(found, key=lambda kind: (_rank(kind), not kind.is_new, -kind.entry.count))


def _judge(entry: Entry, tally: Tally, before: Triage | None, finder: FrameFinder) -> Kind:
    is_single = tally.is_template(entry)
    template = mask_text(entry.template)
    own = finder.innermost(entry.trace) if entry.trace else None
    cause = None
    if is_single and entry.level in ("fatal", "error", "warning", ""):
        cause = likely_cause(entry.sample)
    if cause is not None and not entry.level and not cause.is_failure:
        cause = None
    return Kind(
        entry=entry,
        template=template,
        sample=mask_text(entry.sample),
        severity=_severity(entry, own, is_failure=cause is not None),
        is_new=not before.knows(entry.level, template) if before and is_single else None,
        is_single=is_single,
        burst=find_burst(entry, tally.clock) if is_single else None,
        cause=cause.text if cause else "",
        own=own,
    )


def _severity(entry: Entry, own: OwnFrame | None, *, is_failure: bool) -> Severity | None:
    if entry.level in ("warning", "info", "debug"):
        return None
    if entry.trace is not None and entry.trace.kind in ORDINARY:
        return None
    if entry.level == "fatal" or own is not None:
        return Severity.HIGH
    return Severity.MEDIUM if entry.level == "error" or is_failure else None


def _rank(kind: Kind) -> int:
    return kind.severity.rank if kind.severity else len(Severity)


def _place(seen: Seen) -> dict[str, JsonValue]:
    return {"log": seen.log, "line": seen.line, "time": seen.time or None}


def _frame_texts(trace: Trace) -> list[str]:
    def shown(frame: Frame) -> str:
        return f"{frame.file}:{frame.line} {frame.function}".rstrip()

    causes = [f"caused by {cause}" for cause in reversed(trace.causes[-3:])]
    return [*map(shown, trace.frames[-_SHOWN_FRAMES:]), *causes]
