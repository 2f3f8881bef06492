"""UTC timestamps as text: fixed width, so that comparing text compares time on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def utc_now() -> str:
    """The current time, e.g. `2026-11-22T00:46:08.123456Z`."""
    return _text(datetime.now(UTC))


def utc_after(seconds: float) -> str:
    """The time that many seconds from now (negative: ago), in the same format."""
    return _text(datetime.now(UTC) + timedelta(seconds=seconds))


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one timestamp to another."""
    return (as_datetime(later) - as_datetime(earlier)).total_seconds()


def growing_pause(failures: int, first: float, most: float) -> float:
    """Seconds to wait after so many failures in a row: `first`, twice as long each time, at most
    `most`."""
    # Beyond that, the power would no longer be a number.
    return min(first * 2.0 ** min(failures - 1, 60), most)


def as_datetime(moment: str | datetime) -> datetime:
    """A moment as an aware datetime in UTC.

    `moment` is ISO 8601 text or a datetime. Without an offset it is the local time of this
    machine (of the hour that a change of the clocks repeats, the first). Raises ValueError for
    what is no such text, or lies outside of the years 1 to 9999 in UTC.
    """
    try:
        found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return found.astimezone(UTC)
    except (OverflowError, ValueError):
        raise ValueError(
            f"{str(moment)[:60]!r} is no time; write it as 2026-11-22T00:46:08Z"
        ) from None


def parse_time(moment: str | datetime) -> str:
    """A moment as text in the format of this module; reads and raises what `as_datetime` does."""
    return _text(as_datetime(moment))


def local_minute(moment: str) -> str:
    """A timestamp as the time of this machine, to the minute, e.g. `2026-11-22 01:46`."""
    return f"{as_datetime(moment).astimezone():%Y-%m-%d %H:%M}"


def _text(moment: datetime) -> str:
    # Not strftime: it takes three times as long, and does not pad years before 1000.
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
