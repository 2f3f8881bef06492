"""The log of a ready-made job, for who reads in the morning what happened at night."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

from pydantic import JsonValue

from genesis.clock import local_minute, utc_now
from genesis.contracts.service import Job
from genesis.home import Home
from genesis.storage.records import SessionRecord
from genesis.storage.schedules import RunStatus, Schedule, ScheduleRun

ASKED_FOR = "asked for"
"""The reason of a session that began out of turn."""
_MOST_BYTES = 1_000_000
_log = logging.getLogger("genesis.scheduling")


def note_runs(home: Home, schedule: Schedule, runs: Sequence[ScheduleRun]) -> None:
    """Append a line for each run, if the schedule has a log."""
    lines = []
    for run in runs:
        until = f" to {local_minute(run.until)} ({run.count} times)" if run.until else ""
        begun = f" {run.session_id} in {schedule.repository}" if run.session_id else ""
        reason = f": {run.reason}" if run.reason and run.status != RunStatus.MISSED else ""
        planned = f"for {local_minute(run.scheduled_for)}{until}"
        lines.append(f"{local_minute(run.at)} {schedule.id} {run.status}{begun} {planned}{reason}")
    _append(home, schedule.log, lines)


def note_start(home: Home, job: Job, session: SessionRecord) -> None:
    """Append that a session of a job began without a schedule, if the job has a log."""
    at = local_minute(session.started_at or utc_now())
    begun = f"{at} {job.name} {RunStatus.STARTED} {session.id} in {session.repository}"
    _append(home, job.log, [f"{begun} for {at}: {ASKED_FOR}"])


def note_end(home: Home, log: str, name: str, session: SessionRecord) -> None:
    """Append how a session ended; `name` is that of its schedule or job."""
    seconds = f" in {session.duration_seconds:.1f} s" if session.duration_seconds else ""
    at = local_minute(session.completed_at or utc_now())
    reason = f": {session.reason}" if session.reason else ""
    _append(
        home,
        log,
        [
            f"{at} {name} {session.status} {session.id}{seconds}{reason}",
            f"    tasks: {_counts(session.summary.get('tasks'))}",
            f"    findings: {_counts(session.summary.get('findings'))}",
            *_judged(session),
            f"    report: genesis sessions show {session.id}",
        ],
    )


def _judged(session: SessionRecord) -> list[str]:
    """What became of the findings, for a session that was judged."""
    figures = session.summary.get("judgement")
    if not isinstance(figures, dict):
        return []
    fault, before = figures.get("fault"), figures.get("compared_with")
    if fault:
        return [f"    not judged: {fault}"]
    counts: dict[str, JsonValue] = {
        name.replace("_", " "): number
        for name, number in figures.items()
        if isinstance(number, int) and number
    }
    return [f"    judged: {_counts(counts)}" + (f"; compared with {before}" if before else "")]


def _append(home: Home, log: str | None, lines: Sequence[str]) -> None:
    """Write lines; a log that cannot be written ends nothing, and is complained of."""
    if log is None or not lines:
        return
    path = home.logs / log
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _MOST_BYTES:
            os.replace(path, path.with_name(path.name + ".1"))
        with path.open("a", encoding="utf-8", errors="replace") as file:
            # In one piece, so that lines of two processes do not mix.
            file.write("".join(f"{' '.join(line.splitlines())}\n" for line in lines))
    except OSError as error:
        _log.warning("%s cannot be written: %s", path, error.strerror or error)


def _counts(counts: JsonValue) -> str:
    if not isinstance(counts, dict):
        return "none"
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "none"
