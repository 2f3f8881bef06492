"""The tool `team-record`: who in the team does what well, what fails, and what to train."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from genesis.contracts import Artifact, Finding, Omission, Severity, TaskResult, ToolContext

from genesis_engineering.reporting import by_importance, count_of
from genesis_engineering.session_files import own_session, sessions_folder
from genesis_engineering.team_record_figures import FEW, Record, make_records
from genesis_engineering.team_record_report import as_markdown, as_values, median_words
from genesis_engineering.team_record_sessions import read_records
from genesis_engineering.team_record_xp import Experience, read_experience

_WINDOW = timedelta(days=90)
_LOW_SUCCESS = 0.9
_SELDOM = 0.5
_REPORT = "team-record.md"
_VALUES = "team-record.json"


def record_team(context: ToolContext) -> TaskResult:
    """Report of each specialist what it did in the sessions of this repository of 90 days.

    Reads the files of sessions, and the XP that the plugin gamification keeps in the database that
    the param `database` names. Optional params: `sessions`, the folder of sessions (by default the
    one that the attempt's own lies in); `now`, ISO 8601. Leaves `team-record.md` and
    `team-record.json`. What is to be trained is low, and never said of fewer than five tasks;
    figures are info.
    """
    given = context.params.get("now")
    now = datetime.fromisoformat(str(given)) if given else datetime.now(UTC)
    folder, own = sessions_folder(context), own_session(context)
    read = read_records(folder, context.repository, now - _WINDOW, own)
    context.progress(0.5, f"read {count_of(read.sessions, 'session')}")
    records = make_records(read.tasks)
    database = context.params.get("database")
    found = read_experience(database if isinstance(database, str) else None)
    experience = found if isinstance(found, dict) else {}
    omissions = list(read.omissions)
    if isinstance(found, str):
        omissions.append(Omission(what="the XP of the agents", reason=found[:2000]))
    trainings = [finding for record in records for finding in _trainings(record)]
    summary = _summary(records, read.sessions, len(trainings))
    _write(context, summary, records, experience)
    infos = [_info(record, experience.get(record.specialist)) for record in records]
    return TaskResult(
        summary=summary,
        findings=tuple(by_importance([*trainings, *infos])),
        omissions=tuple(omissions),
        artifacts=(
            Artifact(path=_REPORT, description="What each specialist did, and how well"),
            Artifact(path=_VALUES, description="The same for programs"),
        ),
        facts={
            "record-sessions": read.sessions,
            "record-tasks": len(read.tasks),
            "record-trainings": len(trainings),
        },
    )


def _trainings(record: Record) -> Iterator[Finding]:
    """What a specialist could do better, each with the numbers that say so."""
    name, success = record.specialist, record.success
    if success.of >= FEW and success.interval[1] < _LOW_SUCCESS:
        yield _training(
            "low-success", record,
            f"{name} completes too few of its tasks: {success}. Read why they failed, and correct "
            "its tools or their settings.",
            f"{success.of - success.count} of {success.of} tasks failed",
        )  # fmt: skip
    for why, count in record.blocked.most_common(1):
        if record.tasks >= FEW and 2 * count >= record.tasks:
            yield _training(
                "often-blocked", record,
                f"{name} is blocked again and again for one reason: {why}. Give it what is "
                "missing, or leave it out of the plan.",
                f"{count} of {record.tasks} tasks: {why}",
            )  # fmt: skip
    for kind, pace in record.paces.items():
        if pace.is_slower:
            yield _training(
                "slower-than-before", record,
                f"{name} has become slower at {kind}: a median of {pace.recent:.1f} s after "
                f"{pace.earlier:.1f} s.",
                f"{pace.slower} of the last {FEW} tasks took longer than the median before",
            )  # fmt: skip
    yield from _unheeded(record)


def _unheeded(record: Record) -> Iterator[Finding]:
    """Rules whose findings nobody acts on: surely fewer than half of them have gone."""
    for rule in record.rules:
        serious = rule.severities["high"] + rule.severities["medium"]
        is_known = rule.looked_again >= FEW and rule.tasks >= FEW and 2 * serious >= rule.found
        if is_known and rule.acted_on.interval[1] < _SELDOM:
            yield _training(
                "unheeded-rule", record,
                f"Few findings of {record.specialist}'s rule {rule.rule} ever go away: "
                f"{rule.acted_on}. They may be false, too severe, or in need of a baseline.",
                f"{rule.gone} of {rule.looked_again} findings gone after {rule.tasks} tasks",
            )  # fmt: skip


def _training(rule: str, record: Record, message: str, evidence: str) -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.LOW,
        message=message[:2000],
        evidence=evidence[:8000],
        check=f"see {record.specialist} in {_REPORT}",
    )


def _info(record: Record, xp: Experience | None) -> Finding:
    parts = [f"{record.success} completed" if record.success.of else "nothing completed or failed"]
    others = {k: n for k, n in record.statuses.items() if k not in ("completed", "failed")}
    parts += [f"{count} {status.replace('_', ' ')}" for status, count in sorted(others.items())]
    if record.found:
        parts.append(count_of(record.found, "finding"))
    if record.acted_on.of:
        parts.append(f"of findings looked for again, {record.acted_on} are no longer reported")
    if xp is not None:
        parts.append(f"level {xp.level} with {xp.total_xp} XP")
    return Finding(
        rule="specialist-record",
        severity=Severity.INFO,
        message=f"{record.specialist}: {'; '.join(parts)}."[:2000],
        evidence=median_words(record)[:8000],
        check=f"see {record.specialist} in {_REPORT}",
    )


def _summary(records: Sequence[Record], sessions: int, trainings: int) -> str:
    if not records:
        return "No session of this repository has ended in the last 90 days."
    tasks = sum(record.tasks for record in records)
    return (
        f"{count_of(len(records), 'specialist')} did {count_of(tasks, 'task')} in "
        f"{count_of(sessions, 'session')}: {count_of(trainings, 'thing')} to train."
    )


def _write(
    context: ToolContext,
    summary: str,
    records: Sequence[Record],
    experience: Mapping[str, Experience],
) -> None:
    report = as_markdown(summary, records, experience)
    (context.folder / _REPORT).write_text(report, encoding="utf-8", errors="replace")
    values = json.dumps(as_values(records, experience), indent=2, sort_keys=True)
    (context.folder / _VALUES).write_text(values + "\n", encoding="utf-8")
