"""What a message does to concerns that there are: of the right user, and once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from genesis import Concern
from genesis_followups.asking import ask_due
from genesis_followups.listening import Ear, hear, said_in

ANN, BEN = "ann@example.org", "ben@example.org"
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def tell(ear: Ear, text: str, at: datetime = MONDAY, user: str | None = ANN, **more: str) -> int:
    message = ear.conversation.add_message("user", text, user, timestamp=at, **more)
    said = said_in(ear.conversation, message.id)
    assert said is not None
    hear(ear, said)
    return message.id


def concerns(ear: Ear, user: str = ANN) -> list[Concern]:
    """All of a user's, oldest first."""
    return ear.concerns.by_user(user)[::-1]


def test_a_concern_says_why_it_is_there(ear: Ear) -> None:
    text = "Good morning! I have a dentist appointment tomorrow at 9. Bye!"
    number = tell(ear, text, environment_id="kitchen")
    (concern,) = concerns(ear)
    assert concern.concern_id == f"followups-{number}-appointment-1"
    assert (concern.content, concern.concern_type) == ("dentist appointment", "appointment")
    assert concern.next_check_at == "2026-03-03T11:00:00.000000Z"
    assert concern.metadata == {
        "rule": "occasion",
        "message_id": number,
        "sentence": "I have a dentist appointment tomorrow at 9.",
        "topic": "dentist appointment",
        "day": "2026-03-03",
        "at": "09:00",
        "question": "How did it go with the dentist appointment?",
        "environment_id": "kitchen",
    }


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("I have a headache.", "2026-03-03T10:00"),
        ("I'm worried about my visa.", "2026-03-04T18:00"),
        ("My essay is due on Friday.", "2026-03-06T17:00"),
        ("I have a meeting in an hour.", "2026-03-02T12:00"),
        ("I'll call my mum tonight.", "2026-03-02T23:00"),
        ("I'll call my mum today.", "2026-03-02T18:00"),
    ],
)
def test_one_asks_after_what_is_to_happen(ear: Ear, text: str, due: str) -> None:
    tell(ear, text)
    (concern,) = concerns(ear)
    assert concern.next_check_at == f"{due}:00.000000Z"


def test_a_day_is_that_of_the_users_zone(make_ear) -> None:  # type: ignore[no-untyped-def]
    ear = make_ear(time_zone="Pacific/Auckland")
    # There it is the third of March already, and 13 hours later than in UTC.
    tell(ear, "I have an exam tomorrow at 9.", MONDAY.replace(hour=20))
    (concern,) = concerns(ear)
    assert concern.metadata["day"] == "2026-03-04"
    assert concern.next_check_at == "2026-03-03T22:00:00.000000Z"


def test_users_and_those_without_a_name_are_not_mixed_up(ear: Ear) -> None:
    for user in (ANN, BEN, None):
        tell(ear, "I have a headache.", user=user)
    tell(ear, "The headache is gone.", MONDAY + timedelta(hours=1), BEN)
    assert [one.status for one in concerns(ear)] == ["active"]
    assert [one.status for one in concerns(ear, BEN)] == ["resolved"]
    (nobodys,) = [one for one in ear.concerns.active() if one.user_email is None]
    tell(ear, "I feel much better now.", MONDAY + timedelta(hours=2), None)
    resolved = ear.concerns.get(nobodys.concern_id)
    assert resolved is not None
    assert resolved.status == "resolved"


def test_what_is_resolved_names_the_message(ear: Ear) -> None:
    tell(ear, "I have a headache.")
    number = tell(ear, "The headache is gone. What a day!", MONDAY + timedelta(hours=1))
    (concern,) = concerns(ear)
    assert concern.metadata["resolution"] == f"message {number}: The headache is gone."


def test_what_is_known_is_not_begun_again(ear: Ear) -> None:
    tell(ear, "I have a dentist appointment on Friday.")
    tell(ear, "I'm dreading the dentist on Friday.", MONDAY + timedelta(days=1))
    tell(ear, "I have a dentist appointment on Friday at 9!", MONDAY + timedelta(days=2))
    tell(ear, "I have another dentist appointment on Monday.", MONDAY + timedelta(days=3))
    assert [one.metadata["day"] for one in concerns(ear)] == ["2026-03-06", "2026-03-09"]


@pytest.mark.parametrize("whose", ["the", "my"])
def test_what_is_moved_is_asked_about_at_its_new_time(ear: Ear, whose: str) -> None:
    tell(ear, "I have a job interview tomorrow at 9.")
    tell(ear, f"They moved {whose} interview to Thursday at 14:00.", MONDAY + timedelta(hours=3))
    (concern,) = concerns(ear)
    assert (concern.metadata["day"], concern.metadata["at"]) == ("2026-03-05", "14:00")
    assert concern.next_check_at == "2026-03-05T16:00:00.000000Z"
    tell(ear, "The interview was cancelled.", MONDAY + timedelta(hours=4))
    assert [one.status for one in concerns(ear)] == ["resolved"]


@pytest.mark.parametrize(
    "text",
    [
        "The interview will be over soon.", "I hope the interview went well for the others.",
        "Is the interview over?", "The interview hasn't been cancelled.", "The soup went well.",
        "If the interview is cancelled I'll cry.", "I can't wait until the interview is over",
    ],
)  # fmt: skip
def test_what_is_not_over_stays_open(ear: Ear, text: str) -> None:
    tell(ear, "I have a job interview today at 10.")
    tell(ear, text, MONDAY + timedelta(hours=4))
    assert "resolved" not in [one.status for one in concerns(ear)]


@pytest.mark.parametrize(
    "text",
    [
        "I don't have an exam tomorrow.", "There's no meeting tomorrow, so we sleep.",
        "I have no appointment on Friday.", "Nobody told me that I'm ill.",
        "I am not in pain.", "I never promised to help on Friday.",
        "It isn't my birthday tomorrow.",
    ],
)  # fmt: skip
def test_what_is_denied_is_no_concern(ear: Ear, text: str) -> None:
    tell(ear, text)
    assert concerns(ear) == []


def test_an_interview_to_come_has_not_gone_well(ear: Ear) -> None:
    tell(ear, "I have a job interview on Friday.")
    tell(ear, "Preparing for the interview went well.", MONDAY + timedelta(hours=1))
    assert [one.status for one in concerns(ear)] == ["active"]


def asked(ear: Ear, text: str) -> datetime:
    """Tell something, and let the mind ask about it two days later; gives when."""
    tell(ear, text)
    at = MONDAY + timedelta(days=2, hours=10)
    assert ask_due(ear, at) == 1
    return at


@pytest.mark.parametrize(
    "answer",
    ["It went really well, thanks!", "Yes!", "all good", "Much better", "It was fine.", "done"],
)
def test_an_answer_need_not_name_what_is_over(ear: Ear, answer: str) -> None:
    at = asked(ear, "I have a job interview tomorrow.")
    tell(ear, answer, at + timedelta(minutes=5))
    assert [one.status for one in concerns(ear)] == ["resolved"]


@pytest.mark.parametrize("answer", ["Not yet.", "No, it's next week", "still nervous", "hm"])
def test_an_answer_that_ends_nothing_is_an_answer(ear: Ear, answer: str) -> None:
    at = asked(ear, "I have a job interview tomorrow.")
    tell(ear, answer, at + timedelta(minutes=5))
    (concern,) = concerns(ear)
    assert concern.status == "active"
    assert concern.metadata["answered"] == 1


def test_only_what_was_asked_right_before_is_answered(ear: Ear) -> None:
    at = asked(ear, "I have a job interview tomorrow.")
    ear.conversation.add_message("assistant", "By the way, tea?", ANN, timestamp=at)
    tell(ear, "Yes!", at + timedelta(minutes=5))
    (concern,) = concerns(ear)
    assert (concern.status, "answered" in concern.metadata) == ("active", False)


def test_a_reopened_concern_is_not_ended_by_an_old_message(ear: Ear) -> None:
    tell(ear, "I have a headache.")
    number = tell(ear, "The headache is gone.", MONDAY + timedelta(hours=1))
    (concern,) = concerns(ear)
    ear.concerns.reopen(concern.concern_id, MONDAY)
    said = said_in(ear.conversation, number)
    assert said is not None
    hear(ear, said)
    assert [one.status for one in concerns(ear)] == ["active"]


def test_messages_of_others_and_gone_ones_are_no_users_messages(ear: Ear) -> None:
    answer = ear.conversation.add_message("assistant", "I have a headache.", ANN)
    gone = ear.conversation.add_message("user", "I have a headache.", ANN)
    ear.conversation.delete_message(gone.id)
    assert said_in(ear.conversation, answer.id) is None
    assert said_in(ear.conversation, gone.id) is None


@pytest.mark.parametrize(
    "text",
    [
        "> I have a headache.", "She wrote “I have a headache.”", "```\nI have a headache.\n```",
        "x" * 4000 + ". I have a headache.", "", "?", "…", "\U0001f600 " * 50, "I have " * 900,
    ],
)  # fmt: skip
def test_what_is_quoted_or_pasted_is_not_told(ear: Ear, text: str) -> None:
    if text.strip():
        tell(ear, text)
    assert concerns(ear) == []
