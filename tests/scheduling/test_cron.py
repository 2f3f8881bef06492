"""Which moments a cron expression means, over changes of the clocks, beside an oracle that looks at
every minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from genesis.errors import UsageError
from genesis.scheduling.cron import parse_cron
from genesis.scheduling.zones import find_zone, local_zone
from hypothesis import example, given
from hypothesis import strategies as st

STOCKHOLM, NEW_YORK, LORD_HOWE = "Europe/Stockholm", "America/New_York", "Australia/Lord_Howe"


def at(text: str) -> datetime:
    """`03-29 01:00` of 2026, in UTC."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def times(expression: str, zone: str, since: str, until: str) -> list[str]:
    found = parse_cron(expression, ZoneInfo(zone)).after(at(since))
    return [f"{time:%m-%d %H:%M}" for time in takewhile(lambda time: time <= at(until), found)]


@pytest.mark.parametrize(
    ("zone", "since", "until", "expected"),
    [
        (STOCKHOLM, "03-27 12:00", "03-30 12:00", ["03-28 01:30", "03-29 01:00", "03-30 00:30"]),
        (STOCKHOLM, "10-23 12:00", "10-26 12:00", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),
        (NEW_YORK, "03-06 12:00", "03-09 12:00", ["03-07 07:30", "03-08 07:00", "03-09 06:30"]),
        (NEW_YORK, "10-31 12:00", "11-02 12:00", ["11-01 07:30", "11-02 07:30"]),
        (LORD_HOWE, "10-01 20:00", "10-04 20:00", ["10-02 16:00", "10-03 15:30", "10-04 15:30"]),
        (LORD_HOWE, "04-02 20:00", "04-05 20:00", ["04-03 15:30", "04-04 16:00", "04-05 16:00"]),
    ],
)
def test_a_daily_time_runs_once_on_the_day_on_which_clocks_change(
    zone: str, since: str, until: str, expected: list[str]
) -> None:
    assert times("30 2 * * *", zone, since, until) == expected


@pytest.mark.parametrize(
    ("zone", "since", "until", "expected"),
    [
        (NEW_YORK, "10-30 12:00", "11-02 12:00", ["10-31 05:45", "11-01 05:45", "11-02 06:45"]),
        (LORD_HOWE, "04-02 20:00", "04-05 20:00", ["04-03 14:45", "04-04 14:45", "04-05 15:15"]),
    ],
)
def test_a_time_that_the_clock_repeats_runs_the_first_time(
    zone: str, since: str, until: str, expected: list[str]
) -> None:
    assert times("45 1 * * *", zone, since, until) == expected


@pytest.mark.parametrize(
    ("expression", "zone", "since", "until", "expected"),
    [
        ("0 * * * *", STOCKHOLM, "03-28 23:30", "03-29 02:30",
         ["03-29 00:00", "03-29 01:00", "03-29 02:00"]),
        ("0 * * * *", STOCKHOLM, "10-24 23:30", "10-25 02:30",
         ["10-25 00:00", "10-25 01:00", "10-25 02:00"]),
        ("*/30 2 * * *", STOCKHOLM, "03-28 12:00", "03-29 12:00", []),
        ("*/30 2 * * *", STOCKHOLM, "10-24 12:00", "10-25 12:00",
         ["10-25 00:00", "10-25 00:30", "10-25 01:00", "10-25 01:30"]),
        ("*/15 2 * * *", LORD_HOWE, "04-04 14:00", "04-04 17:00",
         ["04-04 15:30", "04-04 15:45", "04-04 16:00", "04-04 16:15"]),
        ("*/15 1 * * *", LORD_HOWE, "04-04 13:00", "04-04 17:00",
         ["04-04 14:00", "04-04 14:15", "04-04 14:30", "04-04 14:45", "04-04 15:00",
          "04-04 15:15"]),
        ("*/15 2-3 * * *", LORD_HOWE, "10-03 14:00", "10-03 17:00",
         ["10-03 15:30", "10-03 15:45", "10-03 16:00", "10-03 16:15", "10-03 16:30",
          "10-03 16:45"]),
        ("0 * * * *", LORD_HOWE, "04-04 13:30", "04-04 17:00",
         ["04-04 14:00", "04-04 15:30", "04-04 16:30"]),
    ],
)  # fmt: skip
def test_with_an_asterisk_in_minute_or_hour_it_runs_in_real_time(
    expression: str, zone: str, since: str, until: str, expected: list[str]
) -> None:
    assert times(expression, zone, since, until) == expected


def test_times_in_one_gap_become_one_and_the_next_day_is_as_ever() -> None:
    found = times("15,45 2 * * *", STOCKHOLM, "03-28 12:00", "03-30 12:00")
    assert found == ["03-29 01:00", "03-30 00:15", "03-30 00:45"]


def test_nothing_is_given_again_to_who_asks_within_a_repeated_hour() -> None:
    assert times("0,30 1-3 * * *", STOCKHOLM, "10-25 01:10", "10-25 03:00") == [
        "10-25 02:00", "10-25 02:30",
    ]  # fmt: skip


FIELDS = st.tuples(
    st.sampled_from(["*", "*/7", "*/15", "0", "30", "5,45", "0-59/20", "59"]),
    st.sampled_from(["*", "*/2", "2", "1-3", "0,2,23", "3", "*/5"]),
    st.sampled_from(["*", "*/2", "1-15"]),
    st.sampled_from(["*", "3,4,10,11"]),
    st.sampled_from(["*", "SUN", "6,7"]),
)
CHANGES = {
    STOCKHOLM: ("03-29 01:00", "10-25 01:00"),
    NEW_YORK: ("03-08 07:00", "11-01 06:00"),
    LORD_HOWE: ("10-03 15:30", "04-04 15:00"),
    "Antarctica/Troll": ("03-29 01:00", "10-25 01:00"),
    "Asia/Kolkata": ("03-08 07:00", "11-01 06:00"),
}


def matches(expression: str, wall: datetime) -> bool:
    return next(CronSim(expression, wall - timedelta(seconds=1))) == wall


def oracle(expression: str, zone: ZoneInfo, since: datetime, until: datetime) -> list[datetime]:
    """Every minute looked at."""
    minute, hour, *_ = expression.split()
    in_real_time = "*" in (minute[0], hour[0])
    found: set[datetime] = set()
    earlier: set[datetime] = set()
    moment = since.replace(second=0) - timedelta(hours=4)
    last_wall = moment.astimezone(zone).replace(tzinfo=None) - timedelta(minutes=1)
    while moment <= until:
        wall = moment.astimezone(zone).replace(tzinfo=None)
        passed = last_wall + timedelta(minutes=1)
        while not in_real_time and passed < wall:  # minutes that the clock left out
            if matches(expression, passed):
                found.add(moment)
            passed += timedelta(minutes=1)
        if matches(expression, wall) and (in_real_time or wall not in earlier):
            found.add(moment)
        earlier.add(wall)
        last_wall = max(wall, last_wall)
        moment += timedelta(minutes=1)
    return sorted(time for time in found if since < time <= until)


@given(
    FIELDS.map(" ".join),
    st.sampled_from(sorted(CHANGES)),
    st.booleans(),
    st.integers(-6 * 3600, 3 * 3600),
    st.integers(1, 8 * 60),
)
@example("*/15 2 * * *", LORD_HOWE, True, -3600, 300)
@example("0,30 1-3 * * *", STOCKHOLM, True, 600, 300)
def test_the_times_are_those_that_an_oracle_finds_minute_by_minute(
    expression: str, zone: str, second: bool, seconds: int, minutes: int
) -> None:
    since = at(CHANGES[zone][second]) + timedelta(seconds=seconds)
    until = since + timedelta(minutes=minutes)
    found = parse_cron(expression, ZoneInfo(zone)).after(since)
    expected = oracle(expression, ZoneInfo(zone), since, until)
    assert list(takewhile(lambda time: time <= until, found)) == expected


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("", "0 fields, not 5"),
        ("30 22 * *", "4 fields, not 5"),
        ("0 30 22 * * *", "6 fields, not 5"),
        ("61 * * * *", "bad minute"),
        ("0 24 * * *", "bad hour"),
        ("0 0 0 * *", "bad day-of-month"),
        ("0 0 * 13 *", "bad month"),
        ("0 0 * * 8", "bad day-of-week"),
        ("0 0 30 2 *", "bad day-of-month, or one that its months never have"),
        ("nightly", "1 fields, not 5"),
        ("x" * 1000, "too long"),
        ("٣ * * * *", "bad minute"),
        ("0 0 * * ²L", "bad day-of-week"),
    ],
)
def test_an_expression_that_is_wrong_is_refused_with_what_and_an_example(
    expression: str, told: str
) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        parse_cron(expression, ZoneInfo("UTC"))
    assert '"30 22 * * *"' in str(caught.value)


@given(st.lists(st.text("0123456789*/,-#LW MONÅ٣²", max_size=8), min_size=5, max_size=5))
def test_any_text_is_read_or_refused(fields: list[str]) -> None:
    try:
        cron = parse_cron(" ".join(fields), ZoneInfo(STOCKHOLM))
    except UsageError:
        return
    found = list(islice(cron.after(at("03-28 12:00")), 3))
    assert found == sorted(set(found))


def test_an_expression_that_never_comes_round_has_no_times() -> None:
    assert list(parse_cron("0 0 */29 2 MON#5", ZoneInfo("UTC")).after(at("01-01 00:00"))) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Europe/Stokholm", "Did you mean 'Europe/Stockholm'"),
        ("europe/stockholm", "Did you mean 'Europe/Stockholm'"),
        ("Europe", "There is no time zone 'Europe'"),
        ("", "There is no time zone ''"),
        ("../../etc/passwd", "There is no time zone"),
        ("/etc/localtime", "There is no time zone"),
        ("posixrules", "There is no time zone"),
        ("posix/Europe/Stockholm", "There is no time zone"),
        ("\0", "There is no time zone"),
        ("x" * 5000, "There is no time zone"),
    ],
)
def test_a_zone_that_is_not_there_is_refused_with_one_that_is(name: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_zone(name)
    assert told in str(caught.value)


def test_the_machines_zone_comes_from_tz_or_the_link_and_is_utc_without_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "localtime"
    monkeypatch.delenv("TZ", raising=False)
    assert local_zone(link) == "UTC"
    link.symlink_to("/usr/share/zoneinfo/Asia/Kolkata")
    assert local_zone(link) == "Asia/Kolkata"
    monkeypatch.setenv("TZ", ":America/New_York")
    assert local_zone(link) == "America/New_York"
    monkeypatch.setenv("TZ", "CET-1CEST")
    assert local_zone(link) == "Asia/Kolkata"
