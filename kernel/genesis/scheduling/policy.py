"""What becomes of the times of a schedule that have come: a pure function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from genesis.scheduling.cron import Cron
from genesis.storage.schedules import CatchUp, RunStatus

LATE = timedelta(seconds=60)
"""A time that was not looked at for longer than this was missed."""
MOST_LISTED = 100
"""So many missed times get a row each; earlier ones share one row."""
MOST_DECIDED = 10_000
"""So many times are decided upon at once, so that a long absence holds nobody up."""


@dataclass(frozen=True)
class Decided:
    """What becomes of a time: it starts, or was missed together with all up to `until`."""

    scheduled_for: datetime
    status: RunStatus
    reason: str = ""
    until: datetime | None = None
    count: int = 1


@dataclass(frozen=True)
class Decision:
    """What becomes of each time up to `considered_until`, and which time is the next."""

    runs: tuple[Decided, ...]
    considered_until: datetime
    next_at: datetime | None


def decide(cron: Cron, considered_until: datetime, now: datetime, catch_up: CatchUp) -> Decision:
    """Decide upon the times after `considered_until` up to now.

    Only the last of them can start: within LATE of its time, or however late with `once`. All
    others were missed. A clock that was set back finds nothing to decide.
    """
    due: list[datetime] = []
    following = None
    for time in cron.after(considered_until):
        if time > now or len(due) == MOST_DECIDED:
            following = time
            break
        due.append(time)
    if not due:
        return Decision((), considered_until, following)
    last = due[-1]
    is_cut = following is not None and following <= now
    starts = not is_cut and (catch_up == "once" or now - last <= LATE)
    runs = _missed(due[:-1] if starts else due)
    if starts:
        late = now - last
        reason = f"caught up {_duration(late)} late" if late > LATE else ""
        runs.append(Decided(last, RunStatus.STARTED, reason))
    return Decision(tuple(runs), last, following)


def _missed(times: Sequence[datetime]) -> list[Decided]:
    reason = "missed: nothing looked at schedules at that time"
    together = len(times) - MOST_LISTED + 1 if len(times) > MOST_LISTED else 0
    runs = [Decided(time, RunStatus.MISSED, reason) for time in times[together:]]
    if together:
        first = Decided(times[0], RunStatus.MISSED, reason, times[together - 1], together)
        runs.insert(0, first)
    return runs


def _duration(time: timedelta) -> str:
    minutes = round(time.total_seconds() / 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = {"d": days, "h": hours, "min": minutes}
    return " ".join(f"{number} {unit}" for unit, number in parts.items() if number)
