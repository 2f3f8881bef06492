"""The log of a ready-made job, for who reads in the morning what happened at night."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

from pydantic import JsonValue

from genesis.clock import as_datetime, utc_now
from genesis.home import Home
from genesis.storage.records import SessionRecord
from genesis.storage.schedules import RunStatus, Schedule, ScheduleRun

_MOST_BYTES = 1_000_000
_log = logging.getLogger("genesis.scheduling")


def note_runs(home: Home, schedule: Schedule, runs: Sequence[ScheduleRun]) -> None:
    """Append a line for each run, if the schedule has a log."""
    lines = []
    for run in runs:
        until = f" to {_local(run.until)} ({run.count} times)" if run.until else ""
        begun = f" {run.session_id} in {schedule.repository}" if run.session_id else ""
        reason = f": {run.reason}" if run.reason and run.status != RunStatus.MISSED else ""
        planned = f"for {_local(run.scheduled_for)}{until}"
        lines.append(f"{_local(run.at)} {schedule.id} {run.status}{begun} {planned}{reason}")
    _append(home, schedule, lines)


def note_end(home: Home, schedule: Schedule, session: SessionRecord) -> None:
    """Append how a session ended, if the schedule has a log."""
    seconds = f" in {session.duration_seconds:.1f} s" if session.duration_seconds else ""
    at = _local(session.completed_at or utc_now())
    reason = f": {session.reason}" if session.reason else ""
    _append(
        home,
        schedule,
        [
            f"{at} {schedule.id} {session.status} {session.id}{seconds}{reason}",
            f"    tasks: {_counts(session.summary.get('tasks'))}",
            f"    findings: {_counts(session.summary.get('findings'))}",
            f"    report: genesis sessions show {session.id}",
        ],
    )


def _append(home: Home, schedule: Schedule, lines: Sequence[str]) -> None:
    """Write lines; a log that cannot be written ends nothing, and is complained of."""
    if schedule.log is None or not lines:
        return
    path = home.root / "logs" / schedule.log
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _MOST_BYTES:
            os.replace(path, path.with_name(path.name + ".1"))
        with path.open("a", encoding="utf-8", errors="replace") as file:
            # In one piece, so that lines of two processes do not mix.
            file.write("".join(f"{' '.join(line.splitlines())}\n" for line in lines))
    except OSError as error:
        _log.warning("%s cannot be written: %s", path, error.strerror or error)


def _local(moment: str) -> str:
    return f"{as_datetime(moment).astimezone():%Y-%m-%d %H:%M}"


def _counts(counts: JsonValue) -> str:
    if not isinstance(counts, dict):
        return "none"
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "none"
