"""When minds ask: at the right time, seldom enough, once, and never what is over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from genesis import Mind
from genesis_followups.asking import ask_due, question_of
from genesis_followups.listening import Ear, hear, said_in

ANN, BEN = "ann@example.org", "ben@example.org"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MakeEar = Callable[..., Ear]


def care(ear: Ear, name: str, due: datetime, user: str | None = ANN, **metadata: int) -> None:
    ear.concerns.add(
        name, "task", user_email=user, next_check_at=due, metadata=metadata, concern_id=name
    )


def asked(ear: Ear) -> list[tuple[str, str]]:
    """Which concern was asked about when, to the minute in UTC."""
    return [
        (str(message["metadata"]["concern_id"]), str(message["timestamp"])[5:16])
        for message in ear.conversation.iter_messages(role="assistant")
        if isinstance(message["metadata"], dict)
    ]


def pass_time(ear: Ear, start: datetime, hours: float, step: float = 10) -> Iterator[datetime]:
    """Look at what is due every few minutes."""
    now = start
    while now <= start + timedelta(hours=hours):
        ask_due(ear, now)
        yield now
        now += timedelta(minutes=step)


def run(ear: Ear, start: datetime, hours: float) -> list[tuple[str, str]]:
    for _ in pass_time(ear, start, hours):
        pass
    return asked(ear)


def test_what_is_due_is_asked_once_in_the_thread_it_came_from(ear: Ear) -> None:
    message = ear.conversation.add_message(
        "user", "I have a headache.", ANN, "kitchen", timestamp=NOON
    )
    said = said_in(ear.conversation, message.id)
    assert said is not None
    hear(ear, said)
    tomorrow = NOON.replace(hour=10) + timedelta(days=1)
    assert ask_due(ear, tomorrow - timedelta(minutes=1)) == 0
    assert [ask_due(ear, tomorrow), ask_due(ear, tomorrow)] == [1, 0]
    (follow_up,) = ear.conversation.get_messages(role="assistant")
    assert follow_up["content"] == "How are you now? You told me: “I have a headache.”"
    assert (follow_up["user_email"], follow_up["environment_id"]) == (ANN, "kitchen")
    assert follow_up["metadata"] == {
        "follow_up": "health", "number": 1, "concern_id": f"followups-{message.id}-health-1",
    }  # fmt: skip


def test_a_concern_that_something_else_has_made_is_asked_about_too(ear: Ear) -> None:
    care(ear, "Ann looks for a flat", NOON)
    (concern,) = ear.concerns.active()
    assert question_of(concern).startswith("I have been thinking of this: “Ann looks for a flat”")


def test_quiet_hours_go_over_midnight_and_nothing_is_dropped(ear: Ear) -> None:
    care(ear, "late", NOON.replace(hour=22, minute=30))
    care(ear, "at-night", NOON.replace(hour=3) + timedelta(days=1), BEN)
    care(ear, "before", NOON.replace(hour=21, minute=50), None)
    assert run(ear, NOON, 24) == [
        ("before", "03-02T21:50"), ("late", "03-03T08:00"), ("at-night", "03-03T08:00"),
    ]  # fmt: skip


def test_without_quiet_hours_one_asks_at_night(make_ear: MakeEar) -> None:
    ear = make_ear(quiet_from="00:00", quiet_until="00:00")
    care(ear, "late", NOON.replace(hour=23))
    assert run(ear, NOON, 24) == [("late", "03-02T23:00")]


@pytest.mark.parametrize(
    ("zone", "evening", "asked_at"),
    [
        # Clocks go forward at 2:00: the quiet hours are nine hours long.
        ("Europe/Berlin", "2026-03-28T22:00", "03-29T06:00"),
        ("America/New_York", "2026-03-07T22:00", "03-08T12:00"),
        # And back at 3:00: eleven.
        ("Europe/Berlin", "2026-10-24T22:00", "10-25T07:00"),
        ("America/New_York", "2026-10-31T22:00", "11-01T13:00"),
        ("Australia/Lord_Howe", "2026-04-04T22:00", "04-04T21:30"),
    ],
)
def test_quiet_hours_end_at_their_local_time_when_the_clocks_change(
    make_ear: MakeEar, zone: str, evening: str, asked_at: str
) -> None:
    ear = make_ear(time_zone=zone)
    start = datetime.fromisoformat(evening).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    care(ear, "due", start)
    assert run(ear, start, 12) == [("due", asked_at)]


def test_a_user_is_asked_at_most_so_often(make_ear: MakeEar) -> None:
    ear = make_ear(at_most_a_day=3, hours_apart=2)
    for number in range(8):
        care(ear, f"a{number}", NOON + timedelta(minutes=number))
    care(ear, "b0", NOON, BEN)
    ours = [one for one in run(ear, NOON, 50) if one[0] != "b0"]
    assert ours == [
        ("a0", "03-02T12:00"), ("a1", "03-02T14:00"), ("a2", "03-02T16:00"),
        ("a3", "03-03T12:00"), ("a4", "03-03T14:00"), ("a5", "03-03T16:00"),
        ("a6", "03-04T12:00"), ("a7", "03-04T14:00"),
    ]  # fmt: skip
    assert ("b0", "03-02T12:00") in asked(ear)


def test_who_has_no_name_and_who_has_one_are_counted_apart(ear: Ear) -> None:
    care(ear, "of Ann", NOON - timedelta(minutes=1))
    care(ear, "of nobody", NOON, None)
    assert ask_due(ear, NOON) == 2


def test_a_clock_that_is_put_back_silences_nobody(ear: Ear) -> None:
    care(ear, "one", NOON - timedelta(days=400))
    care(ear, "two", NOON - timedelta(days=399))
    assert ask_due(ear, NOON - timedelta(days=398)) == 1
    assert ask_due(ear, NOON - timedelta(days=398, hours=2)) == 1


def test_without_an_answer_one_falls_silent_and_resolves_nothing(make_ear: MakeEar) -> None:
    ear = make_ear(unanswered=2, repeat_days=3)
    care(ear, "thing", NOON)
    assert run(ear, NOON, 24 * 14) == [("thing", "03-02T12:00"), ("thing", "03-05T12:00")]
    (concern,) = ear.concerns.active()
    assert (concern.next_check_at, concern.check_count) == (None, 2)


def tell(ear: Ear, text: str, at: datetime) -> None:
    message = ear.conversation.add_message("user", text, ANN, timestamp=at)
    said = said_in(ear.conversation, message.id)
    assert said is not None
    hear(ear, said)


def test_who_answers_is_asked_again(make_ear: MakeEar) -> None:
    ear = make_ear(unanswered=1)
    tell(ear, "I'm worried about my visa.", NOON)
    at = NOON + timedelta(days=3)
    assert ask_due(ear, at) == 1
    assert run(ear, at, 24 * 4) == asked(ear)[:1]
    tell(ear, "The visa is still nowhere.", at + timedelta(days=5))
    assert len(run(ear, at + timedelta(days=5), 30)) == 2


def test_what_is_resolved_is_never_asked(ear: Ear) -> None:
    tell(ear, "I have a headache.", NOON)
    tell(ear, "The headache is gone.", NOON + timedelta(hours=1))
    assert run(ear, NOON, 72) == []


def test_a_message_that_nobody_has_heard_yet_is_read_before_one_asks(ear: Ear) -> None:
    tell(ear, "I have a headache.", NOON)
    tell(ear, "I have a cold.", NOON)
    # Written, and its event not delivered.
    ear.conversation.add_message("user", "My headache is gone!", ANN, timestamp=NOON)
    assert len(run(ear, NOON, 48)) == 1
    assert {one.content: one.status for one in ear.concerns.by_user(ANN)} == {
        "headache": "resolved", "cold": "active",
    }  # fmt: skip


def test_what_one_talks_about_after_it_came_due_is_not_asked_at_once(ear: Ear) -> None:
    tell(ear, "I have a job interview today at 20:30.", NOON)
    late = NOON.replace(hour=23)
    tell(ear, "The interview was strange, they asked about my cat.", late)
    # A day later it is quiet, so one asks in the morning after.
    assert [at for _, at in run(ear, late, 48)] == ["03-04T08:00"]


def test_talk_before_it_is_due_changes_nothing(ear: Ear) -> None:
    tell(ear, "I have a job interview tomorrow at 9.", NOON)
    tell(ear, "I bought a tie for the interview.", NOON + timedelta(hours=2))
    assert [at for _, at in run(ear, NOON, 24)] == ["03-03T11:00"]


def test_what_was_due_long_ago_is_not_asked_and_stays_open(make_ear: MakeEar) -> None:
    ear = make_ear(stale_days=14)
    care(ear, "old", NOON - timedelta(days=15))
    care(ear, "late", NOON - timedelta(days=13))
    assert [name for name, _ in run(ear, NOON, 24)] == ["late"]
    old = ear.concerns.get("old")
    assert old is not None
    assert (old.status, old.next_check_at) == ("active", None)


def test_of_many_who_ask_at_once_one_does(ear: Ear, mind: Mind) -> None:
    for number in range(20):
        care(ear, f"c{number}", NOON, f"user{number}@example.org")
    counts: list[int] = []
    start = threading.Barrier(4)

    def look() -> None:
        start.wait()
        counts.append(ask_due(ear, NOON))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 20
    assert sorted(name for name, _ in asked(ear)) == sorted(f"c{number}" for number in range(20))


def test_one_can_be_told_to_stop_in_between(ear: Ear) -> None:
    for number in range(3):
        care(ear, f"c{number}", NOON, f"user{number}@example.org")
    answers = iter([True, False])
    assert ask_due(ear, NOON, lambda: next(answers)) == 1
