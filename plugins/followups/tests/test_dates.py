"""Days and times as people say them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from genesis_followups.dates import find_whens, names_past
from genesis_followups.extracting import extract
from genesis_followups.local_time import is_quiet, to_local, to_utc
from genesis_followups.rules import Rules
from hypothesis import given, settings
from hypothesis import strategies as st

MONDAY = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 - local times have no zone here
PHRASES = {
    "today": ("2026-03-02", None),
    "tonight": ("2026-03-02", "21:00"),
    "this afternoon": ("2026-03-02", "15:00"),
    "today at 8": ("2026-03-02", "20:00"),
    "tomorrow": ("2026-03-03", None),
    "tomorrow at 9": ("2026-03-03", "09:00"),
    "at half past three tomorrow": ("2026-03-03", "15:30"),
    "quarter to nine tomorrow": ("2026-03-03", "08:45"),
    "tomorrow morning": ("2026-03-03", "09:00"),
    "tomorrow at 14:30": ("2026-03-03", "14:30"),
    "tomorrow at 9pm": ("2026-03-03", "21:00"),
    "tomorrow at 6 in the morning": ("2026-03-03", "06:00"),
    "tomorrow at noon": ("2026-03-03", "12:00"),
    "the day after tomorrow": ("2026-03-04", None),
    "on Thursday": ("2026-03-05", None),
    "by Friday": ("2026-03-06", None),
    "on fri": ("2026-03-06", None),
    "this Friday at 8:15": ("2026-03-06", "08:15"),
    "Monday": ("2026-03-09", None),
    "next Tuesday": ("2026-03-10", None),
    "next week on Tuesday": ("2026-03-10", None),
    "Wednesday next week": ("2026-03-11", None),
    "a week from Tuesday": ("2026-03-10", None),
    "this weekend": ("2026-03-07", None),
    "next weekend": ("2026-03-14", None),
    "next week": ("2026-03-09", None),
    "next month": ("2026-04-02", None),
    "in two weeks": ("2026-03-16", None),
    "within ten days": ("2026-03-12", None),
    "in a couple of hours": ("2026-03-02", "11:00"),
    "in half an hour": ("2026-03-02", "09:30"),
    "in 3 months": ("2026-06-02", None),
    "three weeks from now": ("2026-03-23", None),
    "on 3 March": ("2026-03-03", None),
    "on the 3rd of March": ("2026-03-03", None),
    "March 5th": ("2026-03-05", None),
    "Feb 3": ("2027-02-03", None),
    "29 February": ("2028-02-29", None),
    "20 March 2027": ("2027-03-20", None),
    "on the 31st": ("2026-03-31", None),
    "on the 1st": ("2026-04-01", None),
    "by the end of the month": ("2026-03-31", None),
    "end of next month": ("2026-04-30", None),
    "the end of the week": ("2026-03-06", None),
    "end of April": ("2026-04-30", None),
    "2026-03-11": ("2026-03-11", None),
    "2026-03-11 16:30": ("2026-03-11", "16:30"),
    "at 3pm": ("2026-03-02", "15:00"),
    "at 8am": ("2026-03-03", "08:00"),
}
NOTHING = [
    "yesterday", "last Friday", "every Friday", "on Fridays", "30 February", "31 April",
    "2020-01-01", "3 March 2020", "2026-13-45", "in 999 years", "the sun sat down", "this is may",
    "today at 8:00", "version 3.11", "100 percent", "two of them", "march on", "2026-03-02 08:00",
]  # fmt: skip
PAST = ["yesterday", "last night", "last Friday", "two days ago", "the other day", "last March"]
FIRST, LAST = datetime(1990, 1, 1), datetime(2090, 1, 1)  # noqa: DTZ001
moments = st.datetimes(FIRST, LAST)
zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])


@pytest.mark.parametrize(("phrase", "expected"), PHRASES.items())
def test_a_phrase_means_a_day_and_a_time(phrase: str, expected: tuple[str, str | None]) -> None:
    (when,) = find_whens(f"Something is {phrase}, I think", MONDAY)
    day, at = expected
    assert when.day == date.fromisoformat(day)
    assert when.at == (None if at is None else time.fromisoformat(at))


@pytest.mark.parametrize("phrase", NOTHING)
def test_what_names_no_moment_to_come_is_not_found(phrase: str) -> None:
    assert find_whens(phrase, MONDAY) == []


@pytest.mark.parametrize("phrase", PAST)
def test_what_is_past_is_told_from_what_lasts(phrase: str) -> None:
    assert names_past(f"it was {phrase}", MONDAY)
    assert not names_past("it has lasted since yesterday", MONDAY)


def test_this_morning_is_past_in_the_afternoon() -> None:
    assert not names_past("this morning", MONDAY)
    assert names_past("this morning", MONDAY.replace(hour=15))
    assert find_whens("this morning", MONDAY.replace(hour=15)) == []


def test_next_tuesday_is_that_of_the_next_calendar_week() -> None:
    sunday = MONDAY + timedelta(days=6)
    assert find_whens("next Tuesday", sunday)[0].day == date(2026, 3, 10)
    assert find_whens("on Sunday", sunday)[0].day == date(2026, 3, 15)


@settings(deadline=None)
@given(moments, st.sampled_from(sorted(PHRASES)), st.sampled_from(["", " at 7", " at 23:59"]))
def test_no_moment_lies_before_the_message(now: datetime, phrase: str, more: str) -> None:
    for when in find_whens(f"it is {phrase}{more}", now):
        assert when.day >= now.date()
        if when.at is not None:
            minute = now.replace(second=0, microsecond=0)
            assert datetime.combine(when.day, when.at) >= minute


@settings(deadline=None)
@given(moments, st.text(max_size=80), st.lists(st.sampled_from(sorted(PHRASES) + NOTHING)))
def test_any_text_can_be_read(now: datetime, text: str, phrases: list[str]) -> None:
    for when in find_whens(" ".join([text, *phrases]), now):
        assert when.day >= now.date()


@settings(deadline=None)
@given(moments, zones, st.sampled_from(sorted(PHRASES)))
def test_one_is_never_asked_before_the_message(
    rules: Rules, now: datetime, zone: str, phrase: str
) -> None:
    for text in (f"I have an exam {phrase}", f"I'm ill and worried about {phrase}"):
        for finding in extract(text, now, rules):
            assert finding.ask_from >= now
            assert to_utc(finding.ask_from, ZoneInfo(zone)).tzinfo is UTC


@settings(deadline=None)
@given(st.datetimes(FIRST, LAST, timezones=st.just(UTC)), zones)
def test_local_time_and_back_is_the_same_but_for_the_hour_that_is_repeated(
    moment: datetime, zone: str
) -> None:
    there = ZoneInfo(zone)
    back = to_utc(to_local(moment, there), there)
    assert back == moment or timedelta(0) < moment - back <= timedelta(hours=1)


@settings(deadline=None)
@given(st.times(), st.times(), st.times())
def test_a_time_is_quiet_or_not_whatever_midnight_does(
    at: time, quiet_from: time, quiet_until: time
) -> None:
    other = is_quiet(at, quiet_until, quiet_from)
    if quiet_from == quiet_until:
        assert not is_quiet(at, quiet_from, quiet_until)
    else:
        assert is_quiet(at, quiet_from, quiet_until) != other
