"""The day that a moment belongs to, and whether it is night: calendar arithmetic, never seconds."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from genesis.clock import as_datetime

_NIGHT_FROM, _NIGHT_UNTIL = 22, 6


def local_day(moment: str | datetime, zone: ZoneInfo, day_start: time) -> str:
    """The day of a moment as YYYY-MM-DD: what the clock on the wall shows, less `day_start`.

    `moment` is UTC text or an aware datetime; raises ValueError for what is neither. A later
    moment never has an earlier day in one zone, also in the hour that a clock shows twice.
    """
    local = as_datetime(moment).astimezone(zone)
    at = day_start
    start = timedelta(0, at.second, at.microsecond, minutes=at.minute, hours=at.hour)
    day = (local.replace(tzinfo=None) - start).date()
    if local.fold:
        # The clock was put back: the next day may have begun before it, and does not end again.
        following = day + timedelta(days=1)
        begun = datetime.combine(following, day_start, tzinfo=zone)
        if begun.timestamp() <= local.timestamp():
            return following.isoformat()
    return day.isoformat()


def is_night(moment: str | datetime, zone: ZoneInfo) -> bool:
    """Whether the clock on the wall shows 22:00 to 06:00."""
    hour = as_datetime(moment).astimezone(zone).hour
    return hour >= _NIGHT_FROM or hour < _NIGHT_UNTIL
