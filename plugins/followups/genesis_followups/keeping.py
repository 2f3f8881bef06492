"""What the plugin writes into a concern, and reads out of it again."""

from __future__ import annotations

import re
from datetime import date

from genesis import Concern, Concerns
from pydantic import JsonValue

from genesis_followups.extracting import Finding
from genesis_followups.judging import Known

MOST_KNOWN = 200
_REASON = re.compile(r"message (\d{1,18}): ")
_STATUSES = ("active", "monitoring", "resolved")


def known_before(concerns: Concerns, user: str | None, message_id: int) -> list[Concern]:
    """The concerns about a user that were open when a message was said, the newest 200 of each
    status: those that it, or a later one, resolved are among them, so that a message that is read
    again finds what it found before."""
    found: list[Concern] = []
    for status in _STATUSES:
        if user is not None:
            found += concerns.by_user(user, status, limit=MOST_KNOWN)
        else:
            listed = concerns.by_status(status, limit=MOST_KNOWN)
            found += [concern for concern in listed if concern.user_email is None]
    return [one for one in found if _was_open(one, message_id)]


def known_of(concern: Concern) -> Known:
    """A concern as it is compared; one that something else has made is its content only."""
    day = concern.metadata.get("day")
    return Known(
        concern_id=concern.concern_id,
        type=concern.concern_type,
        topic=text_of(concern, "topic") or concern.content,
        sentence=text_of(concern, "sentence") or concern.content,
        day=date.fromisoformat(day) if isinstance(day, str) and _is_day(day) else None,
    )


def metadata_of(finding: Finding, message_id: int, environment: str | None) -> dict[str, JsonValue]:
    """Why there is this concern: the rule, the message and its sentence, what was understood."""
    return {
        "rule": finding.rule,
        "message_id": message_id,
        "sentence": finding.sentence,
        "topic": finding.topic,
        "day": None if finding.day is None else finding.day.isoformat(),
        "at": None if finding.at is None else f"{finding.at:%H:%M}",
        "question": finding.question,
        "environment_id": environment,
    }


def reason_of(message_id: int, sentence: str) -> str:
    """Why a concern is resolved."""
    return f"message {message_id}: {sentence}"


def last_heard(concern: Concern) -> int:
    """The id of the last message that had an effect on it; 0 for none.

    The one that resolved it stands in the reason, so that both are written at once.
    """
    heard = [concern.metadata.get(name) for name in ("message_id", "heard")]
    reason = _REASON.match(text_of(concern, "resolution") or "")
    ended = int(reason[1]) if reason else 0
    return max(ended, *(number for number in heard if isinstance(number, int)), 0)


def _was_open(concern: Concern, message_id: int) -> bool:
    began = concern.metadata.get("message_id")
    if isinstance(began, int) and began >= message_id:
        return False
    return concern.status != "resolved" or last_heard(concern) >= message_id


def unanswered(concern: Concern) -> int:
    """How many follow-ups have come since the user last talked about it."""
    answered = concern.metadata.get("answered")
    return concern.check_count - (answered if isinstance(answered, int) else 0)


def text_of(concern: Concern, name: str) -> str | None:
    """A text of its metadata, or None."""
    value = concern.metadata.get(name)
    return value if isinstance(value, str) and value else None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
