"""Find the time in a line of a log, and the minute that it lies in."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

_HEAD = 160
_ZONE = r"(?:[.,]\d+)?(?:\s?(?:Z|[+-]\d\d:?\d\d)\b)?"
# The group of each form is its text up to the minute, and the format is how that text is read.
_FORMS = (
    (rf"(\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d):\d\d{_ZONE}", "%Y-%m-%d %H:%M"),
    (rf"(\d{{4}}/\d\d/\d\d[T ]\d\d:\d\d):\d\d{_ZONE}", "%Y/%m/%d %H:%M"),
    # syslog, and ctime as in `Sun Nov 22 08:00:00.1 2026`: the year is left out of the minute
    (r"(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d):\d\d(?:\.\d+)?(?: \d{4}\b)?",
     "%b %d %H:%M"),
    (r"(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d):\d\d(?: [+-]\d{4})?", "%d/%b/%Y:%H:%M"),
    (rf"(\d\d-[A-Z][a-z]{{2}}-\d{{4}} \d\d:\d\d):\d\d{_ZONE}", "%d-%b-%Y %H:%M"),
    (r"(\d{4}-\d\d-\d\d-\d\d\.\d\d)\.\d\d\.\d+", "%Y-%m-%d-%H.%M"),
    (r"(?<![\d/])(\d\d/\d\d/\d\d \d\d:\d\d):\d\d\b", "%y/%m/%d %H:%M"),
    (r"(?<![\d-])(\d\d-\d\d \d\d:\d\d):\d\d\.\d+", "%m-%d %H:%M"),
    (r"(?<!\d)(\d{6} \d{4})\d\d\b(?= )", "%y%m%d %H%M"),
)  # fmt: skip
_ANY = "|".join(form for form, _format in _FORMS)
_AT_START = re.compile(rf"[^\w\s]{{0,2}}(?:{_ANY})")
_ANYWHERE = re.compile(_ANY)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LEAP_YEAR = 2000
_ISO_FORMS = 2
_MOST_KEPT = 50_000
_minutes: dict[str, int | None] = {}


class Time(NamedTuple):
    """`text` as the line has it, where it ends in the line, and its minute since 1970 in whatever
    zone the log is written (of the year 2000 where it names none); None for no real time."""

    text: str
    end: int
    minute: int | None


def find_time(line: str) -> Time | None:
    """The first time in the first 160 characters."""
    found = _AT_START.match(line) or _ANYWHERE.search(line, 0, _HEAD)
    if found is None:
        return None
    form = found.lastindex or 1
    return Time(found[0].lstrip("[(<{"), found.end(), _minute(found[form], form - 1))


def minute_of(seconds: float) -> int | None:
    """The minute of a time in seconds, or in milliseconds, since 1970."""
    if not 0 < seconds < 1e14:
        return None
    return int(seconds // 60_000 if seconds > 1e11 else seconds // 60)


def _minute(text: str, form: int) -> int | None:
    if text in _minutes:
        return _minutes[text]
    pattern = _FORMS[form][1]
    try:
        if "%y" not in pattern.lower():
            pattern, text_in_full = f"%Y {pattern}", f"{_LEAP_YEAR} {text}"
        else:
            text_in_full = text.replace("T", " ", 1) if form < _ISO_FORMS else text
        # Taken for UTC, whatever it is: only the distance between two of them counts.
        read = datetime.strptime(text_in_full, pattern).replace(tzinfo=UTC)
        minute = int((read - _EPOCH).total_seconds() // 60)
    except ValueError:
        minute = None
    if len(_minutes) >= _MOST_KEPT:
        _minutes.clear()
    _minutes[text] = minute
    return minute
