"""Moments in the users' zone. Local times are datetimes without a zone, as people say them."""

from __future__ import annotations

from datetime import UTC, datetime, time, tzinfo


def to_local(moment: datetime, zone: tzinfo | None) -> datetime:
    """The local time of an aware moment; without a zone, that of the machine."""
    return moment.astimezone(zone).replace(tzinfo=None)


def to_utc(local: datetime, zone: tzinfo | None) -> datetime:
    """The moment of a local time. Of an hour that a change of the clocks repeats the first is
    meant; one that it skips lies as far behind the change as it says."""
    aware = local if zone is None else local.replace(tzinfo=zone)
    return aware.astimezone(UTC)


def is_quiet(at: time, quiet_from: time, quiet_until: time) -> bool:
    """Whether a local time lies in the quiet hours, which may go over midnight."""
    if quiet_from <= quiet_until:
        return quiet_from <= at < quiet_until
    return at >= quiet_from or at < quiet_until
