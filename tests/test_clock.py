"""Times of other programs, and of older files, become one format."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from genesis.clock import as_datetime, growing_pause, parse_time, seconds_between, utc_now
from hypothesis import given
from hypothesis import strategies as st

NOON = "2026-11-22T12:00:00.000000Z"
AWARE = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23))),
)


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        "2026-11-22T12:00:00Z",
        "2026-11-22 12:00:00+00:00",
        "2026-11-22T17:30:00+05:30",
        "2026-11-21T23:00:00.000-13:00",
        datetime(2026, 11, 22, 12, tzinfo=UTC),
        datetime(2026, 11, 22, 8, tzinfo=timezone(timedelta(hours=-4))),
    ],
)
def test_every_way_to_write_a_moment_becomes_the_same_text(moment: str | datetime) -> None:
    assert parse_time(moment) == NOON
    assert as_datetime(moment) == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert as_datetime(moment).tzinfo is UTC


def in_zone(zone: str, moment: str) -> str:
    """What `parse_time` says on a machine that stands in that zone."""
    code = f"from genesis.clock import parse_time; print(parse_time({moment!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"TZ": zone}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("zone", "moment", "expected"),
    [
        ("UTC", "2026-01-05T12:00:00", "2026-01-05T12:00:00.000000Z"),
        ("America/New_York", "2026-01-05T12:00:00.5", "2026-01-05T17:00:00.500000Z"),
        ("America/New_York", "2026-07-05T12:00:00", "2026-07-05T16:00:00.000000Z"),
        ("Asia/Kolkata", "2026-01-05", "2026-01-04T18:30:00.000000Z"),
        # 01:30 happens twice in the night in which the clocks go back.
        ("America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00.000000Z"),
    ],
)
def test_a_time_without_an_offset_is_the_local_time_of_the_machine(
    zone: str, moment: str, expected: str
) -> None:
    assert in_zone(zone, moment) == expected


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-13-01T00:00:00Z", "2026-11-22T25:00:00Z", "1790000000.5", "\ud800",
     "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", NOON + "\n", "\0"],
)  # fmt: skip
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is no time; write it as 2026"):
        parse_time(text)


def test_a_long_text_that_is_no_time_is_not_repeated_as_a_whole() -> None:
    with pytest.raises(ValueError, match="is no time") as caught:
        parse_time("x" * 100_000)
    assert len(str(caught.value)) < 200


@given(AWARE)
def test_a_moment_survives_as_text_and_stays_the_same_when_read_again(moment: datetime) -> None:
    text = parse_time(moment)
    assert as_datetime(text) == moment
    assert parse_time(text) == text
    assert len(text) == len(NOON)


@given(AWARE, AWARE)
def test_comparing_texts_compares_times(one: datetime, other: datetime) -> None:
    assert (parse_time(one) < parse_time(other)) == (one < other)
    assert seconds_between(parse_time(one), parse_time(other)) == (other - one).total_seconds()


def test_the_present_is_in_the_same_format() -> None:
    now = utc_now()
    assert parse_time(now) == now


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 2.0), (2, 4.0), (5, 32.0), (6, 60.0), (10**9, 60.0)]
)
def test_a_pause_doubles_with_each_failure_up_to_the_longest(failures: int, seconds: float) -> None:
    assert growing_pause(failures, 2.0, 60.0) == seconds
