"""The tool `log-errors`: tracebacks and error lines of logs, counted by kind."""

from __future__ import annotations

from pathlib import Path

from genesis.contracts import Finding, Omission, Severity, TaskResult, ToolContext

from genesis_engineering.log_frames import FrameFinder, OwnFrame
from genesis_engineering.log_groups import Group, Place
from genesis_engineering.log_reader import LogReader
from genesis_engineering.masking import mask_text
from genesis_engineering.parameters import read_texts
from genesis_engineering.reporting import by_importance, count_of
from genesis_engineering.stack_traces import Frame, Trace

_LISTED = 30
_MOST_LOGS = 200
_SHOWN_FRAMES = 6
# Exceptions with which programs are ended on purpose.
_ORDINARY = frozenset(
    {"KeyboardInterrupt", "SystemExit", "GeneratorExit", "asyncio.CancelledError"}
)


def find_log_errors(context: ToolContext) -> TaskResult:
    """Report each kind of failure that the logs hold, with its count and its first and last place.

    Reads the logs of `params["logs"]` (paths, absolute or relative to the repository; a folder
    stands for its `*.log`) and `logs/**/*.log`, ignored or not. A trace through the repository's
    code is reported at its innermost line there. At most 30 kinds are listed.
    """
    logs, omissions = _find_logs(context)
    if not logs:
        summary = "There are no logs to look at: none in `logs/` and none named in `logs`."
        return TaskResult(summary=summary, omissions=tuple(omissions))
    reader = LogReader(context)
    for path, name in logs.items():
        context.log(f"reading {name}")
        reader.read(path, name)
    finder = FrameFinder(context.repository)
    groups = list(reader.groups.by_key.values())
    findings = [_finding(group, finder, context.repository) for group in groups]
    omissions += [*reader.omissions, *_left_out(reader)]
    total = sum(group.count for group in groups) + reader.groups.ungrouped
    more = f", {_LISTED} of them listed" if len(groups) > _LISTED else ""
    return TaskResult(
        summary=f"{count_of(total, 'failure')} of {count_of(len(groups), 'kind')} in "
        f"{count_of(reader.lines, 'line')} of {count_of(len(logs), 'log')}{more}.",
        findings=tuple(_most_frequent(findings, groups)),
        omissions=tuple(omissions),
        facts={"log-lines": reader.lines, "log-failures": total, "log-failure-kinds": len(groups)},
    )


def _most_frequent(findings: list[Finding], groups: list[Group]) -> list[Finding]:
    pairs = sorted(
        zip(findings, groups, strict=True), key=lambda pair: (pair[0].severity.rank, -pair[1].count)
    )
    return by_importance(finding for finding, _group in pairs[:_LISTED])


def _find_logs(context: ToolContext) -> tuple[dict[Path, str], list[Omission]]:
    """The logs by path with their names, and what was asked for but is not there."""
    found: dict[Path, str] = {}
    omissions = []
    for named in read_texts(context.params, "logs"):
        path = context.repository / named
        inside = sorted(path.glob("*.log")) if path.is_dir() else [path]
        if not path.exists():
            omissions.append(
                Omission(what=f"the log {named}"[:500], reason="there is no such file")
            )
            continue
        found |= {one: _name(one, context.repository) for one in inside if one.is_file()}
    folder = context.repository / "logs"
    if folder.is_dir() and not folder.is_symlink():
        for one in sorted(folder.rglob("*.log")):
            if one.is_file() and not one.is_symlink():
                found.setdefault(one, _name(one, context.repository))
    kept = dict(list(found.items())[:_MOST_LOGS])
    if len(found) > len(kept):
        left = count_of(len(found) - len(kept), "log")
        omissions.append(Omission(what=left, reason=f"only the first {_MOST_LOGS} logs are read"))
    return kept, omissions


def _name(path: Path, repository: Path) -> str:
    is_inside = path.is_relative_to(repository)
    name = path.relative_to(repository).as_posix() if is_inside else str(path)
    return name.encode("utf-8", errors="replace").decode("utf-8")


def _finding(group: Group, finder: FrameFinder, repository: Path) -> Finding:
    own = finder.innermost(group.trace) if group.trace else None
    log, line = group.first.log, group.first.line
    is_inside = not Path(log).is_absolute() or Path(log).is_relative_to(repository)
    is_current = own is not None and own.text != ""
    return Finding(
        rule=_rule(group),
        severity=_severity(group, own),
        message=_message(group, own),
        file=own.file.path if own else log if is_inside else None,
        line=own.line if own and is_current else line if is_inside and not own else None,
        evidence=_evidence(group)[:4000],
        check=f"sed -n {line},{line + 40}p {log!r}"[:1000],
    )


def _rule(group: Group) -> str:
    if group.trace:
        return "stack-trace"
    return "fatal-line" if group.is_severe else "error-line"


def _severity(group: Group, own: OwnFrame | None) -> Severity:
    if group.trace and group.trace.kind in _ORDINARY:
        return Severity.INFO
    if group.is_severe or own:
        return Severity.HIGH
    return Severity.MEDIUM


def _message(group: Group, own: OwnFrame | None) -> str:
    times = "once" if group.count == 1 else f"{group.count} times"
    where = f"first at {_place(group.first)}"
    if group.count > 1:
        where += f", last at {_place(group.last)}"
    moved = "; the file is shorter today" if own and not own.text else ""
    return f"{mask_text(group.sample[:500])} ({times}, {where}{moved})"


def _place(place: Place) -> str:
    return f"{place.log}:{place.line}" + (f" ({place.time})" if place.time else "")


def _evidence(group: Group) -> str:
    if group.trace is None:
        return mask_text(group.sample)
    frames = [f"{one.file}:{one.line} {one.function}".rstrip() for one in _shown(group.trace)]
    causes = [f"caused by {cause}" for cause in reversed(group.trace.causes[-3:])]
    return mask_text("\n".join([*frames, group.sample[:1000], *causes]))


def _shown(trace: Trace) -> list[Frame]:
    return trace.frames[-_SHOWN_FRAMES:]


def _left_out(reader: LogReader) -> list[Omission]:
    omissions = []
    if reader.cut_short:
        what = count_of(reader.cut_short, "traceback")
        omissions.append(Omission(what=what, reason="cut short in the log, so not counted"))
    if reader.groups.ungrouped:
        what = count_of(reader.groups.ungrouped, "failure")
        omissions.append(Omission(what=what, reason="of further kinds than the 2,000 kept apart"))
    return omissions
