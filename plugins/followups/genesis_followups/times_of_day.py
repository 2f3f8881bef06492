"""Times of day that a sentence names: "at half past three", "5pm", "in the evening"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

_NAMES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
          "twelve")  # fmt: skip
_HOURS = {name: number for number, name in enumerate(_NAMES, 1)}
_PARTS = {"morning": time(9), "afternoon": time(15), "evening": time(19), "night": time(21),
          "tonight": time(21), "noon": time(12), "midday": time(12), "midnight": time(23, 59),
          "lunchtime": time(13)}  # fmt: skip
_EXACT_PARTS = ("noon", "midday", "midnight")
_HALF_DAY = 12
# What people do between one and six at night they say with "in the morning".
_LAST_HOUR_OF_THE_AFTERNOON = 6

_HOUR_WORD = "|".join(_HOURS)
_CLOCK = re.compile(
    r"\b(?P<hour>[01]?\d|2[0-3])(?:[:.](?P<minute>[0-5]\d))? ?(?P<half>[ap])\.?m\b"
    r"|\b(?P<hour24>[01]?\d|2[0-3]):(?P<minute24>[0-5]\d)\b"
    r"|\bat (?:about |around )?(?P<bare>[01]?\d|2[0-3])(?:\.(?P<bare_minute>[0-5]\d))?"
    r"(?: o'clock)?\b(?![.:,]?\d|\s?(?:%|€|\$|years|percent|people))"
    rf"|\bat (?:about |around )?(?P<word>{_HOUR_WORD})\b(?! (?:of|hundred|thousand|people))"
    rf"|\b(?P<past>half past|quarter past|quarter to) (?P<past_hour>{_HOUR_WORD}|1?\d)\b"
)
_PART = re.compile(rf"\b(?P<part>{'|'.join(sorted(_PARTS, key=len, reverse=True))})\b")
_NEAR = 40


@dataclass(frozen=True)
class TimeOfDay:
    """A time as it was said. `others` are what else it could mean: at 9 may be 9 or 21 o'clock."""

    usual: time
    others: tuple[time, ...]
    is_exact: bool
    start: int
    end: int

    def next_after(self, now: time) -> time | None:
        """The first time it can mean that is later than now, on the same day."""
        return min((at for at in (self.usual, *self.others) if at > now), default=None)


def find_time(text: str, near: tuple[int, int] | None = None) -> TimeOfDay | None:
    """The time of day that a sentence in small letters names; with `near`, at most 40 characters
    from there."""
    start, end = (0, len(text)) if near is None else (near[0] - _NEAR, near[1] + _NEAR)
    start = max(start, 0)
    part = _PART.search(text, start, end)
    clock = _CLOCK.search(text, start, end)
    if clock is not None:
        return _from_clock(clock, part)
    if part is None:
        return None
    return TimeOfDay(_PARTS[part["part"]], (), part["part"] in _EXACT_PARTS, *part.span())


def _from_clock(match: re.Match[str], part: re.Match[str] | None) -> TimeOfDay:
    if match["hour24"] is not None:
        at = time(int(match["hour24"]), int(match["minute24"]))
        return TimeOfDay(at, (), True, *match.span())
    hour, minute = _spoken(match)
    half = match["half"] or _half_of(part)
    if half is not None and hour <= _HALF_DAY:
        return TimeOfDay(time(hour % 12 + 12 * (half == "p"), minute), (), True, *match.span())
    if hour == 0 or hour > _HALF_DAY:
        return TimeOfDay(time(hour, minute), (), True, *match.span())
    early, late = time(hour % 12, minute), time(hour % 12 + 12, minute)
    if hour <= _LAST_HOUR_OF_THE_AFTERNOON or hour == _HALF_DAY:
        early, late = late, early
    return TimeOfDay(early, (late,), True, *match.span())


def _spoken(match: re.Match[str]) -> tuple[int, int]:
    if match["past"] is not None:
        word = match["past_hour"]
        hour = _HOURS.get(word) or int(word) % 24
        if match["past"] == "quarter to":
            return (hour - 1) % 12 or 12, 45
        return hour, 30 if match["past"] == "half past" else 15
    if match["word"] is not None:
        return _HOURS[match["word"]], 0
    if match["bare"] is not None:
        return int(match["bare"]), int(match["bare_minute"] or 0)
    return int(match["hour"]), int(match["minute"] or 0)


def _half_of(part: re.Match[str] | None) -> str | None:
    if part is None:
        return None
    return {"morning": "a", "afternoon": "p", "evening": "p", "night": "p", "tonight": "p"}.get(
        part["part"]
    )
