"""Days and times that a sentence names, as people say them in English.

Everything here is local time without a zone; `now` is when the sentence was said. What lies before
`now` is not found: `find_whens` gives moments to come, `names_past` tells of the others.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from genesis_followups.times_of_day import TimeOfDay, find_time

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = tuple(name.lower() for name in calendar.month_name[1:])
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "a couple of": 2, "three": 3, "a few": 3, "four": 4,
    "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_UNIT_DAYS = {"day": 1, "week": 7, "fortnight": 14}
_YEARS_AHEAD = 10
_FRIDAY, _SATURDAY = 4, 5

_NUMBER = rf"(?P<number>\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
# Short names are words of their own (sat, sun), so they count only after a preposition.
_DAY_NAME = (
    rf"(?P<weekday>{'|'.join(_WEEKDAYS)}"
    r"|(?<=\bon )(?:mon|tue|tues|wed|thu|thurs|fri|sat|sun)"
    r"|(?<=\b(?:by|xt|is) )(?:mon|tue|tues|wed|thu|thurs|fri|sat|sun))\b(?!')"
)
_MONTH_NAME = rf"(?P<month>{'|'.join(_MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
_DAY_NUMBER = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\b(?![:.]\d|\s?%|\s?[ap]\.?m\b)"
_YEAR = r"(?:,? (?P<year>\d{4})\b)?"

Day = Callable[[re.Match[str], datetime], date | datetime | None]


@dataclass(frozen=True)
class When:
    """A day to come; `at` is None when no time of it was named. It stands from `start` to `end`."""

    day: date
    at: time | None
    start: int
    end: int

    def moment(self, usual: time) -> datetime:
        """The local moment, at the usual time when none was named."""
        return datetime.combine(self.day, self.at or usual)


def find_whens(text: str, now: datetime) -> list[When]:
    """Every moment to come that a sentence names, in its order. A time alone is the next such
    time."""
    text = text.lower()
    spans: list[tuple[int, int]] = []
    found: list[When] = []
    for pattern, day_of in _PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if any(start < other_end and other_start < end for other_start, other_end in spans):
                continue
            spans.append((start, end))
            when = _when(text, match, day_of, now)
            if when is not None:
                found.append(when)
    if not spans:
        alone = find_time(text)
        if alone is not None and alone.is_exact:
            return _next_time(alone, now)
    return sorted(found, key=lambda when: when.start)


def names_past(text: str, now: datetime) -> bool:
    """Whether a sentence says that something is over by its time, as in "last week"."""
    plain = _SINCE.sub("", text.lower())
    if _PAST.search(plain):
        return True
    part = _PART_OF_TODAY.search(plain)
    return part is not None and now.time() >= _PARTS_END[part["part"]]


def _when(text: str, match: re.Match[str], day_of: Day, now: datetime) -> When | None:
    try:
        day = day_of(match, now)
    except (ValueError, OverflowError):
        return None
    if isinstance(day, datetime):
        return When(day.date(), day.time().replace(microsecond=0), *match.span())
    if day is None or day < now.date():
        return None
    said = find_time(text, match.span())
    if said is None:
        return When(day, None, *match.span())
    start, end = min(match.start(), said.start), max(match.end(), said.end)
    if day > now.date():
        return When(day, said.usual, start, end)
    at = said.next_after(now.time())
    if at is None and said.is_exact:
        return None
    return When(day, at, start, end)


def _next_time(said: TimeOfDay, now: datetime) -> list[When]:
    later = said.next_after(now.time())
    day = now.date() if later else now.date() + timedelta(days=1)
    return [When(day, later or said.usual, said.start, said.end)]


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word]


def _weekday(match: re.Match[str]) -> int:
    return next(i for i, name in enumerate(_WEEKDAYS) if name.startswith(match["weekday"][:3]))


def _month(match: re.Match[str]) -> int:
    return next(i for i, name in enumerate(_MONTHS, 1) if name.startswith(match["month"][:3]))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month_later(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def _in_units(match: re.Match[str], now: datetime) -> date | datetime | None:
    number, unit = _count(match["number"]), match["unit"]
    if unit in ("minute", "min", "hour"):
        # Clocks may be changed before then; an hour more or less is no matter here.
        later = timedelta(hours=number) if unit == "hour" else timedelta(minutes=number)
        return now + later
    if unit in _UNIT_DAYS:
        return now.date() + timedelta(days=number * _UNIT_DAYS[unit])
    months = number * (12 if unit == "year" else 1)
    return _month_later(now.date(), months) if months <= _YEARS_AHEAD * 12 else None


def _next_weekday(match: re.Match[str], now: datetime) -> date | None:
    """The coming one; with "next", that of the next calendar week."""
    today, wanted = now.date(), _weekday(match)
    if match["which"] in ("every", "last", "each", "past"):
        return None
    if match["which"] == "next":
        return _monday(today) + timedelta(days=7 + wanted)
    return today + timedelta(days=(wanted - today.weekday()) % 7 or 7)


def _of_next_week(match: re.Match[str], now: datetime) -> date:
    return _monday(now.date()) + timedelta(days=7 + _weekday(match))


def _week_from(match: re.Match[str], now: datetime) -> date:
    return now.date() + timedelta(days=((_weekday(match) - now.weekday()) % 7 or 7) + 7)


def _of_month(match: re.Match[str], now: datetime) -> date | None:
    """Such a day of a month, in the named year or the next one in which it is still to come."""
    month, day = _month(match), int(match["day"])
    if match["year"]:
        return date(int(match["year"]), month, day)
    for year in range(now.year, now.year + _YEARS_AHEAD):
        if day <= calendar.monthrange(year, month)[1] and date(year, month, day) >= now.date():
            return date(year, month, day)
    return None


def _numbered(match: re.Match[str], now: datetime) -> date | None:
    number = int(match["day"])
    for months in range(3):
        month = _month_later(now.date().replace(day=1), months)
        if 0 < number <= calendar.monthrange(month.year, month.month)[1]:
            day = month.replace(day=number)
            if day >= now.date():
                return day
    return None


def _weekend(match: re.Match[str], now: datetime) -> date:
    today = now.date()
    saturday = _monday(today) + timedelta(days=_SATURDAY)
    return saturday + timedelta(days=7) if match["which"] == "next" else max(saturday, today)


def _next_unit(match: re.Match[str], now: datetime) -> date:
    if match["unit"] == "week":
        return now.date() + timedelta(days=7)
    return _month_later(now.date(), 12 if match["unit"] == "year" else 1)


def _end_of(match: re.Match[str], now: datetime) -> date:
    """The last day; of a week its Friday, and from then on its Sunday."""
    later = 1 if match["which"] == "next" else 0
    today, unit = now.date(), match["unit"]
    if unit == "day":
        return today
    if unit == "week":
        friday = _monday(today) + timedelta(days=_FRIDAY + 7 * later)
        return friday if friday >= today else friday + timedelta(days=2)
    if unit == "year":
        return date(today.year + later, 12, 31)
    if unit == "month":
        day = _month_later(today.replace(day=1), later)
    else:
        month = next(i for i, name in enumerate(_MONTHS, 1) if name == unit)
        day = date(today.year + (month < today.month), month, 1)
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _iso(match: re.Match[str], now: datetime) -> date | datetime | None:
    day = date.fromisoformat(match["iso"])
    if match["hour"] is None:
        return day
    moment = datetime.combine(day, time(int(match["hour"]), int(match["minute"])))
    return moment if moment >= now else None


def _days_later(days: int) -> Day:
    return lambda _match, now: now.date() + timedelta(days=days)


def _part_of_today(match: re.Match[str], now: datetime) -> date | None:
    return now.date() if now.time() < _PARTS_END[match["part"]] else None


_PARTS_END = {"morning": time(12), "afternoon": time(18), "evening": time(23)}
_PART_OF_TODAY = re.compile(r"\bthis (?P<part>morning|afternoon|evening)\b")
_SINCE = re.compile(r"\b(?:since|from) (?:yesterday|last \w+|this morning|[a-z]+day)\b")
_PAST = re.compile(
    r"\byesterday\b|\bago\b|\bearlier today\b|\bthe other day\b"
    rf"|\b(?:last|past) (?:night|week|weekend|month|year|time|{'|'.join(_WEEKDAYS + _MONTHS)})\b"
)
_UNITS = r"(?P<unit>minute|min|hour|day|week|fortnight|month|year)s?\b"
# In this order: where two overlap, the first is meant.
_PATTERNS: tuple[tuple[re.Pattern[str], Day], ...] = tuple(
    (re.compile(pattern), day)
    for pattern, day in (
        (r"\b(?P<iso>\d{4}-\d\d-\d\d)(?:[t ](?P<hour>\d\d):(?P<minute>\d\d))?", _iso),
        (rf"\b(?:the )?{_DAY_NUMBER}(?: of)? {_MONTH_NAME}{_YEAR}", _of_month),
        (rf"\b{_MONTH_NAME} (?:the )?{_DAY_NUMBER}{_YEAR}", _of_month),
        (r"\b(?:the )?day after tomorrow\b", _days_later(2)),
        (rf"\b(?:in|within) (?:about |around )?{_NUMBER} {_UNITS}", _in_units),
        (rf"\b{_NUMBER} {_UNITS} from (?:now|today)\b", _in_units),
        (r"\bin half an hour\b", lambda _match, now: now + timedelta(minutes=30)),
        (rf"\ba week (?:from|on) {_DAY_NAME}", _week_from),
        (rf"\b{_DAY_NAME}(?:,? (?:of )?next week)\b", _of_next_week),
        (rf"\bnext week (?:on )?{_DAY_NAME}", _of_next_week),
        (r"\bend of (?:the |this |(?P<which>next) )?(?P<unit>day|week|month|year)\b", _end_of),
        (rf"\bend of (?P<which>next )?(?P<unit>{'|'.join(_MONTHS)})\b", _end_of),
        (r"\btomorrow\b", _days_later(1)),
        (r"\b(?:today|tonight)\b", _days_later(0)),
        (_PART_OF_TODAY.pattern, _part_of_today),
        (rf"\b(?:(?P<which>next|this|coming|last|past|every|each) )?{_DAY_NAME}", _next_weekday),
        (r"\b(?P<which>next|this|the) weekend\b", _weekend),
        (r"\bnext (?P<unit>week|month|year)\b", _next_unit),
        (rf"\b(?:on|by|until|till|before) the {_DAY_NUMBER}", _numbered),
    )
)  # fmt: skip
