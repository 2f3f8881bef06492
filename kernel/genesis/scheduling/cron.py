"""Cron expressions, and the moments that they mean in a time zone.

The library knows the wall clock; which moments its times are is decided here, by the rules of
Debian's cron. The library's own rules leave times out where clocks change by half an hour, and
give times that have passed in an hour that is repeated.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from genesis.errors import UsageError

_FORM = (
    "Give minute (0-59), hour (0-23), day of month (1-31), month (1-12) and day of week (0-7, both "
    '0 and 7 are Sunday), e.g. "30 22 * * *" for every day at 22:30.'
)
_MOST_CHARACTERS = 200
# No clock repeats more than this; what lies so far back need not be looked at.
_LONGEST_REPEAT = timedelta(hours=3)


@dataclass(frozen=True)
class Cron:
    """An expression of five fields in a time zone; made by `parse_cron`."""

    expression: str
    zone: ZoneInfo

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Its times after a moment, in order and in UTC, without end unless none is left.

        With an asterisk at the start of minute or hour it runs in real time: what the clock leaves
        out is left out, what it repeats is repeated. Any other runs once for each time: one that
        the clock leaves out at the end of the gap, one that it repeats the first time.
        """
        last = moment.astimezone(UTC)
        repeated: deque[datetime] = deque()
        wall = last.astimezone(self.zone).replace(tzinfo=None)
        for time in CronSim(self.expression, wall - _LONGEST_REPEAT):
            first, second = self._moments(time)
            if first is None:
                continue
            while repeated and repeated[0] < first:
                if (again := repeated.popleft()) > last:
                    yield (last := again)
            if first > last:
                yield (last := first)
            if second is not None:
                repeated.append(second)

    def _moments(self, wall: datetime) -> tuple[datetime | None, datetime | None]:
        """The moment of a time on the wall, and that of its repetition."""
        first = self._moment(wall, fold=0)
        if not self._is_fixed:
            second = self._moment(wall, fold=1)
            return first, second if second != first else None
        while first is None:
            wall += timedelta(minutes=1)
            first = self._moment(wall, fold=0)
        return first, None

    def _moment(self, wall: datetime, *, fold: int) -> datetime | None:
        moment = wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC)
        exists = moment.astimezone(self.zone).replace(tzinfo=None) == wall
        return moment if exists else None

    @property
    def _is_fixed(self) -> bool:
        minute, hour, *_ = self.expression.split()
        return not minute.startswith("*") and not hour.startswith("*")


def parse_cron(expression: str, zone: ZoneInfo) -> Cron:
    """Read an expression. Raises UsageError that names the field that is wrong."""
    shown = repr(expression[:_MOST_CHARACTERS])
    if len(expression) > _MOST_CHARACTERS:
        raise UsageError(f"The cron expression {shown}... is too long. {_FORM}")
    fields = expression.split()
    if len(fields) != 5:
        raise UsageError(f"The cron expression {shown} has {len(fields)} fields, not 5. {_FORM}")
    try:
        CronSim(expression, datetime(2000, 1, 1))  # noqa: DTZ001 - the time on a wall
    except (CronSimError, AssertionError, ValueError, TypeError) as error:
        # The library asserts, and mixes numbers with pairs, where its fields are combined oddly.
        wrong = str(error).lower() or "bad day-of-week"
        raise UsageError(
            f"The cron expression {shown} cannot be used: {wrong}, or one that its months never "
            f"have. {_FORM}"
        ) from None
    return Cron(" ".join(fields), zone)
