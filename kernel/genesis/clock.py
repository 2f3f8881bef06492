"""UTC timestamps as text: fixed width, so that comparing text compares time on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


def utc_now() -> str:
    """The current time, e.g. `2026-11-22T00:46:08.123456Z`."""
    return datetime.now(UTC).strftime(_FORMAT)


def utc_after(seconds: float) -> str:
    """The time that many seconds from now (negative: ago), in the same format."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime(_FORMAT)


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one timestamp to another."""
    return (_parse(later) - _parse(earlier)).total_seconds()


def _parse(text: str) -> datetime:
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)
