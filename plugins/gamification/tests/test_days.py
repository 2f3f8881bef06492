"""Days in the user's own zone: both changes of the clocks, travellers, and odd calendars."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from genesis_gamification.days import is_night, local_day
from genesis_gamification.streaks import Streak, StreakRules, count_task
from hypothesis import example, given
from hypothesis import strategies as st

FOUR, MIDNIGHT = time(4), time(0)
SECOND = timedelta(seconds=1)
BREAK = StreakRules(idle_days="break")
# Zone, the day on which clocks are put forwards, the day on which they are put back.
CHANGES = [
    ("Europe/Stockholm", "2026-03-29", "2026-10-25"),
    ("Europe/London", "2026-03-29", "2026-10-25"),
    ("America/New_York", "2026-03-08", "2026-11-01"),
    ("America/St_Johns", "2026-03-08", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-10-04", "2026-04-05"),
    ("Pacific/Auckland", "2026-09-27", "2026-04-05"),
    ("Pacific/Apia", "2020-09-27", "2021-04-04"),
    ("America/Sao_Paulo", "2018-11-04", "2018-02-18"),
    ("America/Havana", "2026-03-08", "2026-11-01"),
    ("Africa/Casablanca", "2026-03-22", "2026-02-15"),
]
ZONES = [*(zone for zone, _, _ in CHANGES), "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "UTC"]
DAY_STARTS = [MIDNIGHT, time(1, 30), time(2), time(2, 30), time(3), FOUR, time(12), time(23, 59)]


def wall(zone: str, text: str, fold: int = 0) -> datetime:
    """The moment at which a clock on the wall of a zone shows a time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def days_of(zone: str, moments: list[datetime], start: time = FOUR) -> list[str]:
    return [local_day(moment, ZoneInfo(zone), start) for moment in moments]


def streak_of(days: list[str]) -> Streak:
    streak = Streak()
    for one in days:
        count_task(streak, one, True, BREAK)
    return streak


@pytest.mark.parametrize(("zone", "forwards", "back"), CHANGES)
def test_clocks_change_on_the_days_that_this_suite_says(
    zone: str, forwards: str, back: str
) -> None:
    for text, longer in ((forwards, False), (back, True)):
        # A zone that changes at midnight does so at the end of the day before.
        first = datetime.fromisoformat(f"{text}T12:00") - timedelta(days=1)
        noon, next_noon = (
            (first + timedelta(days=n)).replace(tzinfo=ZoneInfo(zone)).timestamp() for n in (0, 1)
        )
        assert (next_noon - noon > 86_400) is longer
        assert next_noon - noon != 86_400


@pytest.mark.parametrize("start", DAY_STARTS, ids=str)
@pytest.mark.parametrize(("zone", "forwards", "back"), CHANGES)
def test_a_streak_counts_every_day_once_over_both_changes_of_the_clocks(
    zone: str, forwards: str, back: str, start: time
) -> None:
    for change in (forwards, back):
        first = datetime.fromisoformat(change) - timedelta(days=3)
        # Half an hour before and after the day begins, and in the middle of it.
        walls = [
            datetime.combine(first + timedelta(days=n), start) + timedelta(minutes=m)
            for n in range(7)
            for m in (30, 720, 1409)
        ]
        moments = [one.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for one in walls]
        days = days_of(zone, moments, start)
        assert days == sorted(days)
        assert len(set(days)) in (7, 8)
        assert streak_of(days).current == len(set(days))


@pytest.mark.parametrize("start", DAY_STARTS, ids=str)
@pytest.mark.parametrize(("zone", "forwards", "back"), CHANGES)
def test_days_never_go_back_while_the_clocks_are_put_back(
    zone: str, forwards: str, back: str, start: time
) -> None:
    for change in (forwards, back):
        first = wall(zone, f"{change}T00:00").astimezone(UTC) - timedelta(hours=26)
        days = days_of(zone, [first + timedelta(minutes=5 * n) for n in range(12 * 52)], start)
        assert days == sorted(days)
        assert 3 <= len(set(days)) <= 4


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(1971, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.timedeltas(timedelta(0), timedelta(days=2)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)
@example("America/Havana", datetime(2026, 11, 1, 4, 59, tzinfo=UTC), timedelta(hours=1), MIDNIGHT)
@example(
    "Europe/Stockholm", datetime(2026, 10, 25, 0, 40, tzinfo=UTC), 30 * 60 * SECOND, time(2, 30)
)
def test_a_later_moment_has_no_earlier_day(
    zone: str, moment: datetime, later: timedelta, start: time
) -> None:
    earlier_day, later_day = days_of(zone, [moment, moment + later], start)
    assert earlier_day <= later_day
    # At most two days begin in two; the date line takes one away at a stroke.
    assert date.fromisoformat(later_day) - date.fromisoformat(earlier_day) <= timedelta(days=4)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(1971, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(DAY_STARTS),
)
def test_a_day_holds_what_the_wall_shows_from_its_start_to_the_next(
    zone: str, moment: datetime, start: time
) -> None:
    shown = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    day = date.fromisoformat(local_day(moment, ZoneInfo(zone), start))
    begins = datetime.combine(day, start)
    put_back = moment.astimezone(ZoneInfo(zone)).fold
    assert begins - timedelta(hours=put_back) <= shown < begins + timedelta(days=1)


@pytest.mark.parametrize("zone", ZONES)
def test_one_second_decides_at_the_start_of_a_day_and_midnight_does_not(zone: str) -> None:
    before, after = wall(zone, "2026-06-10T23:59:59"), wall(zone, "2026-06-11T00:00:01")
    assert days_of(zone, [before, after]) == ["2026-06-10", "2026-06-10"]
    assert days_of(zone, [before, after], MIDNIGHT) == ["2026-06-10", "2026-06-11"]
    four = wall(zone, "2026-06-11T04:00:00")
    around = [wall(zone, "2026-06-11T03:59:59"), four, wall(zone, "2026-06-11T04:00:01")]
    assert days_of(zone, around) == ["2026-06-10", "2026-06-11", "2026-06-11"]


def test_a_night_in_stockholm_is_one_day_and_not_cut_at_midnight_of_utc() -> None:
    """The older system counted days of UTC: a night was cut in two at 01:00 or 02:00 local."""
    zone = "Europe/Stockholm"
    night = [wall(zone, f"2026-07-{text}") for text in ("14T22:30", "15T01:59", "15T02:01")]
    assert days_of(zone, night) == ["2026-07-14"] * 3
    assert days_of("UTC", night, MIDNIGHT) == ["2026-07-14", "2026-07-14", "2026-07-15"]


def test_text_of_events_and_moments_with_any_offset_are_read() -> None:
    zone = ZoneInfo("Europe/Stockholm")
    assert local_day("2026-07-15T01:59:59.999999Z", zone, FOUR) == "2026-07-14"
    assert local_day("2026-07-15T02:00:00.000000Z", zone, FOUR) == "2026-07-15"
    assert local_day("2026-07-14T22:00:00-04:00", zone, FOUR) == "2026-07-15"
    with pytest.raises(ValueError, match="is no time"):
        local_day("yesterday", zone, FOUR)


def test_the_day_that_apia_never_had_is_idle_to_no_streak() -> None:
    """Samoa went from 29 to 31 December 2011; even so no day of work was missed there."""
    zone = "Pacific/Apia"
    moments = [wall(zone, f"2011-12-{day}T12:00") for day in (28, 29, 31)]
    days = days_of(zone, [*moments, wall(zone, "2012-01-01T12:00")])
    assert days == ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01"]
    assert moments[2] - moments[1] == timedelta(days=2)
    assert moments[2].timestamp() - moments[1].timestamp() == 86_400
    streak = Streak()
    for one in days:
        count_task(streak, one, True, StreakRules())
    assert streak.current == 4


def test_a_leap_day_is_a_day_of_its_own() -> None:
    zone = "Asia/Kolkata"
    moments = [wall(zone, f"2028-{text}T03:59:59") for text in ("02-29", "03-01", "03-02")]
    assert days_of(zone, moments) == ["2028-02-28", "2028-02-29", "2028-03-01"]
    assert streak_of(days_of(zone, moments)).current == 3


def test_a_traveller_going_west_repeats_a_day_and_keeps_the_streak() -> None:
    days = [
        *days_of("Asia/Tokyo", [wall("Asia/Tokyo", f"2026-05-{n}T10:00") for n in (11, 12, 13)]),
        # Twenty hours later, but the same morning at the other end of the flight.
        *days_of("Pacific/Apia", [wall("Pacific/Apia", "2026-05-13T10:00")]),
        *days_of("America/Adak", [wall("America/Adak", "2026-05-12T23:00")]),
        *days_of("America/Adak", [wall("America/Adak", f"2026-05-{n}T10:00") for n in (13, 14)]),
    ]
    assert days[3:5] == ["2026-05-13", "2026-05-12"]
    assert streak_of(days).current == 4


def test_a_traveller_going_east_has_a_day_fewer_and_keeps_the_streak() -> None:
    start = wall("America/New_York", "2026-05-11T20:00")
    moments = [start + timedelta(hours=24 * n) for n in range(3)]
    days = days_of("America/New_York", moments)
    flown = [moments[-1] + timedelta(hours=12 + 24 * n) for n in range(3)]
    days += days_of("Australia/Lord_Howe", flown)
    assert days[2:4] == ["2026-05-13", "2026-05-14"]
    assert streak_of(days).current == 6


def test_a_traveller_who_jumps_over_a_date_loses_a_day_only_where_idle_days_break() -> None:
    before = days_of("Pacific/Pago_Pago", [wall("Pacific/Pago_Pago", "2026-05-11T20:00")])
    after = days_of("Pacific/Kiritimati", [wall("Pacific/Kiritimati", "2026-05-13T10:00")])
    assert [*before, *after] == ["2026-05-11", "2026-05-13"]
    assert streak_of([*before, *after]).current == 1
    streak = Streak()
    for one in (*before, *after):
        count_task(streak, one, True, StreakRules())
    assert streak.current == 2


@pytest.mark.parametrize(
    ("text", "night"),
    [("21:59:59", False), ("22:00:00", True), ("00:00:00", True), ("05:59:59", True),
     ("06:00:00", False), ("12:00:00", False)],
)  # fmt: skip
@pytest.mark.parametrize("zone", ZONES)
def test_night_is_from_ten_to_six_on_the_wall(zone: str, text: str, night: bool) -> None:
    assert is_night(wall(zone, f"2026-06-10T{text}"), ZoneInfo(zone)) is night
