"""The tool `log-triage`: what logs of any size hold, how often, since when, and what is new."""

from __future__ import annotations

import json
import os
import shlex
from datetime import UTC, datetime
from pathlib import Path

from genesis.contracts import Artifact, Finding, Omission, TaskResult, ToolContext

from genesis_engineering.log_files import find_log_files
from genesis_engineering.log_frames import FrameFinder
from genesis_engineering.log_history import NOTES, Triage, last_triage
from genesis_engineering.log_kinds import Kind, failures, judge_kinds
from genesis_engineering.log_survey import LogSurvey, survey_logs
from genesis_engineering.log_triage_report import burst_text, times, write_report
from genesis_engineering.parameters import read_texts
from genesis_engineering.reporting import by_importance, count_of

_REPORT = "triage.md"
_LISTED = 30


def triage_logs(context: ToolContext) -> TaskResult:
    """Sort the lines of logs into templates, count them, and report each kind of failure.

    Reads `params["paths"]` (files, also .gz, .bz2 and .xz, and folders; absolute or relative to the
    repository), by default the repository's folder `logs` and the logs beside its other files.
    Leaves `triage.md`, and `triage.json` with every template, with which the next triage of the
    same paths compares. The lines of all templates there add up to the lines that were read.
    """
    paths = _paths(context)
    logs, omissions = find_log_files(paths, context.repository)
    if not logs:
        return _nothing(omissions)
    survey = survey_logs(logs, context)
    named = sorted(str(path) for path in paths)
    before = last_triage(context, named)
    kinds = judge_kinds(survey.tally, before, FrameFinder(context.repository))
    gone = _gone(before, kinds)
    omissions += survey.omissions
    omissions += _further(kinds)
    summary = _summary(survey, kinds, before)
    report = write_report(summary, survey.logs, kinds, gone, before, omissions)
    (context.folder / _REPORT).write_text(report, encoding="utf-8", errors="replace")
    _write_notes(context, named, survey, kinds, before, gone)
    failed = failures(kinds)
    return TaskResult(
        summary=summary,
        findings=tuple(by_importance(_finding(kind) for kind in failed[:_LISTED])),
        omissions=tuple(omissions),
        artifacts=(
            Artifact(path=_REPORT, description="What the logs hold, the worst first"),
            Artifact(path=NOTES, description="Every template with its numbers"),
        ),
        facts={
            "log-lines": survey.lines,
            "log-templates": sum(kind.is_single for kind in kinds),
            "log-failures": sum(kind.entry.count for kind in failed),
            "log-failure-kinds": len(failed),
            "log-new": sum(kind.is_new is True for kind in kinds),
        },
    )


def _paths(context: ToolContext) -> list[Path]:
    named = read_texts(context.params, "paths")
    if named:
        return [Path(os.path.normpath(context.repository / name)) for name in named]
    folder = context.repository / "logs"
    beside = [path for path in sorted(context.repository.glob("*.log")) if not path.is_symlink()]
    return [folder, *beside] if folder.is_dir() and not folder.is_symlink() else beside


def _nothing(omissions: list[Omission]) -> TaskResult:
    reason = (
        "There are no logs to read: none in the repository's folder `logs` or beside its files."
        if not omissions
        else "None of what was named is a log that can be read."
    )
    way_out = 'Name files or folders: `genesis run "log triage" /var/log/app.log`.'
    return TaskResult(summary=reason, omissions=tuple(omissions), blocked=f"{reason} {way_out}")


def _further(kinds: list[Kind]) -> list[Omission]:
    """What was counted without a template."""
    omissions = []
    for kind in kinds:
        if kind.what == "several" and kind.sample:
            level = f" of level {kind.entry.level}" if kind.entry.level else ""
            what = f"the kinds of {count_of(kind.entry.count, 'record')}{level}"
            reason = "counted, but of more different kinds than are kept apart (2,000 of a level)"
            omissions.append(Omission(what=what, reason=reason))
    return omissions


def _gone(before: Triage | None, kinds: list[Kind]) -> list[str]:
    """The templates of the earlier triage that nothing of this one agrees with."""
    if before is None:
        return []
    now = Triage("", "", 0)
    for kind in kinds:
        now.add(kind.entry.level, kind.template)
    return sorted(
        " ".join(words) for level, words in before.known if not now.knows(level, " ".join(words))
    )


def _summary(survey: LogSurvey, kinds: list[Kind], before: Triage | None) -> str:
    failed = failures(kinds)
    templates = sum(kind.is_single for kind in kinds)
    text = (
        f"{survey.lines:,} lines of {count_of(len(survey.logs), 'log')} in "
        f"{count_of(templates, 'template')}: "
        f"{count_of(sum(kind.entry.count for kind in failed), 'failure')} of "
        f"{count_of(len(failed), 'kind')}"
    )
    if len(failed) > _LISTED:
        text += f", the first {_LISTED} listed"
    if before is not None:
        new = count_of(sum(kind.is_new is True for kind in failed), "kind")
        text += f"; {new} of failure new since the triage of {before.at[:16].replace('T', ' ')} UTC"
    return text + "."


def _finding(kind: Kind) -> Finding:
    assert kind.severity is not None
    first, own = kind.entry.first, kind.own
    is_inside = not Path(first.log).is_absolute()
    has_line = own is not None and own.text != ""
    notes = ["new since the last triage" if kind.is_new else "", burst_text(kind), kind.cause]
    return Finding(
        rule="log-trace" if kind.entry.trace else f"log-{kind.entry.level or 'failure'}",
        severity=kind.severity,
        message=f"{' '.join(kind.title.split())[:500]} ({times(kind)})"[:2000],
        file=own.file.path if own else first.log if is_inside else None,
        line=own.line if own and has_line else first.line if is_inside and not own else None,
        evidence="\n".join([*kind.frames(), kind.sample, *filter(None, notes)])[:4000],
        check=_check(first.log, first.line),
    )


def _check(log: str, line: int) -> str:
    """The command that shows the record."""
    unpack = {".gz": "zcat", ".bz2": "bzcat", ".xz": "xzcat"}.get(Path(log).suffix)
    lines = f"sed -n {line},{line + 20}p"
    named = shlex.quote(log)
    return (f"{unpack} {named} | {lines}" if unpack else f"{lines} {named}")[:1000]


def _write_notes(
    context: ToolContext,
    paths: list[str],
    survey: LogSurvey,
    kinds: list[Kind],
    before: Triage | None,
    gone: list[str],
) -> None:
    """`triage.json`, written aside first: half of it must not be taken for the last triage."""
    notes = {
        "version": 1,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "paths": paths,
        "since": None if before is None else {"at": before.at, "session": before.session},
        "lines": survey.lines,
        "logs": [
            {
                "name": one.log.name,
                "lines": one.lines,
                "first_time": one.first_time or None,
                "last_time": one.last_time or None,
                "whole": one.is_whole,
            }
            for one in survey.logs
        ],
        "templates": [kind.as_json() for kind in kinds],
        "gone": gone,
    }
    aside = context.folder / f"{NOTES}.part"
    aside.write_text(json.dumps(notes, indent=1), encoding="utf-8")
    aside.replace(context.folder / NOTES)
