"""Tell whether a kind of record came in a burst: far more in one stretch of time than usual."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from genesis_engineering.log_counts import Clock, Entry

_LEAST = 20
_TIMES = 10
_LEAST_CELLS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # whose zone is that of the log
_NO_YEAR = 2000


@dataclass(frozen=True)
class Burst:
    """The stretch of `minutes` minutes from `start` on (in the zone of the log) had `count`
    records; each other stretch of the logs had `usual` of them on average."""

    start: str
    minutes: int
    count: int
    usual: float


def find_burst(entry: Entry, clock: Clock) -> Burst | None:
    """The busiest stretch, when it has at least 20 records and ten times the usual number.

    Logs that span less than ten stretches have no usual number.
    """
    if not entry.cells or clock.earliest is None or clock.latest is None:
        return None
    stretches = clock.latest // clock.width - clock.earliest // clock.width + 1
    cell, count = max(entry.cells.items(), key=lambda pair: (pair[1], -pair[0]))
    if stretches < _LEAST_CELLS or count < _LEAST:
        return None
    usual = (sum(entry.cells.values()) - count) / (stretches - 1)
    if count < _TIMES * usual:
        return None
    return Burst(_shown(cell * clock.width), clock.width, count, round(usual, 2))


def _shown(minute: int) -> str:
    moment = _EPOCH + timedelta(minutes=minute)
    # strftime("%b") would speak the language of the machine; a log without a year has none here.
    form = "%m-%d %H:%M" if moment.year == _NO_YEAR else "%Y-%m-%d %H:%M"
    return moment.strftime(form)
