"""The report of a triage in Markdown: short, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from genesis.contracts import Omission

from genesis_engineering.log_counts import Seen
from genesis_engineering.log_history import Triage
from genesis_engineering.log_kinds import Kind, failures
from genesis_engineering.log_survey import ReadLog
from genesis_engineering.masking import mask_text
from genesis_engineering.reporting import count_of

_LISTED = 20
_FEW = 10
_LONGEST = 300


def write_report(
    summary: str,
    logs: Sequence[ReadLog],
    kinds: Sequence[Kind],
    gone: Sequence[str],
    before: Triage | None,
    omissions: Sequence[Omission],
) -> str:
    """The whole report. `gone` are the templates that only the earlier triage knew."""
    failed = failures(kinds)
    new = [kind for kind in kinds if kind.is_new and kind.severity is None]
    bursts = [kind for kind in kinds if kind.burst and kind.severity is None]
    since = f"Compared with {before.session} of {before.at}." if before else (
        "There is no earlier triage of these paths, so nothing is called new."
    )  # fmt: skip
    parts = ["# Log triage", summary, since, _logs(logs)]
    parts += _section("Failures", [_failure(kind) for kind in failed], _LISTED)
    parts += _section("New, and no failures", [_line(kind) for kind in new], _FEW)
    parts += _section("Bursts of what is no failure", [_line(kind) for kind in bursts], _FEW)
    parts += _section("Most frequent", [_line(kind) for kind in kinds[:_FEW]], _FEW)
    parts += _section("Not seen again", [f"- {_code(template)}" for template in gone], _FEW)
    not_read = [f"- {_plain(one.what)}: {_plain(one.reason)}" for one in omissions]
    parts += _section("Not read", not_read, _LISTED)
    return "\n\n".join(parts) + "\n"


def times(kind: Kind) -> str:
    """How often, and where first and last, such as `count 3, first at a.log:1, last at a.log:9`.

    The words are the same for every number, so that a finding is known again by its message.
    """
    entry = kind.entry
    return f"count {entry.count}, first at {_place(entry.first)}, last at {_place(entry.last)}"


def burst_text(kind: Kind) -> str:
    """Its burst in words; "" when it has none."""
    burst = kind.burst
    if burst is None:
        return ""
    stretch = "minute" if burst.minutes == 1 else f"{burst.minutes} minutes"
    usual = f"{burst.usual:g} are" if burst.usual >= 0.01 else "next to none is"
    return f"{burst.count:,} of them in the {stretch} from {burst.start}, where {usual} usual"


def _section(title: str, lines: Sequence[str], at_most: int) -> list[str]:
    if not lines:
        return []
    more = (
        [f"- and {count_of(len(lines) - at_most, 'more', 'more')}"] if len(lines) > at_most else []
    )
    return ["\n".join([f"## {title}", "", *lines[:at_most], *more])]


def _logs(logs: Iterable[ReadLog]) -> str:
    lines = []
    for one in logs:
        span = f", {one.first_time} to {one.last_time}" if one.first_time else ""
        part = "" if one.is_whole else ", not to its end"
        lines.append(f"- {_code(one.log.name)}: {count_of(one.lines, 'line')}{span}{part}")
    more = [f"- and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []
    return "\n".join([*lines[:_LISTED], *more])


def _failure(kind: Kind) -> str:
    """One failure: what, how often, since when, where in the code, and why."""
    new = " · **new**" if kind.is_new else ""
    lines = [
        f"- **{kind.severity}**{new} {_code(kind.title)}",
        f"  {times(kind)}",
    ]
    if kind.burst:
        lines.append(f"  burst: {burst_text(kind)}")
    if kind.own:
        lines.append(f"  in {_code(f'{kind.own.file.path}:{kind.own.line}')}")
    lines += [f"  - {_code(frame)}" for frame in kind.frames()[-3:]]
    if not kind.entry.trace and kind.is_single:
        lines.append(f"  such as {_code(kind.sample)}")
    if kind.cause:
        lines.append(f"  likely: {kind.cause}")
    return "  \n".join(lines)


def _line(kind: Kind) -> str:
    entry = kind.entry
    level = f"{entry.level} " if entry.level else ""
    burst = f"; {burst_text(kind)}" if kind.burst else ""
    told = f"{_code(kind.title)} (first at {_place(entry.first)}{burst})"
    return f"- {entry.count:,} times: {level}{told}"


def _place(seen: Seen) -> str:
    return f"{seen.log}:{seen.line}" + (f" ({seen.time})" if seen.time else "")


def _code(text: str) -> str:
    """A code span of one line, whatever the log holds."""
    plain = " ".join(mask_text(text).replace("`", "'").split())
    return f"`{plain[:_LONGEST]}`"


def _plain(text: str) -> str:
    return " ".join(text.split())
