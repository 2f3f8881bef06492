"""What is due is asked: in nobody's quiet hours, not too often, once, and never what is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from genesis import Concern, Concerns
from genesis.errors import ConflictError, NotFoundError

from genesis_followups.keeping import known_of, last_heard, text_of, unanswered
from genesis_followups.listening import FOLLOW_UP, Ear, apply, as_said, effects_on
from genesis_followups.local_time import is_quiet, to_local

MOST_DUE = 1_000
_LAST_MESSAGES = 20
_MOST_IN_A_DAY = 10_000
_MOST_SENTENCE = 300


def ask_due(ear: Ear, now: datetime, going_on: Callable[[], bool] = lambda: True) -> int:
    """Ask what is due in one mind at the aware moment `now`; gives how many follow-ups it wrote.

    `going_on` is asked in between whether to go on.
    """
    local = to_local(now, ear.zone).time()
    if is_quiet(local, ear.settings.quiet_from, ear.settings.quiet_until):
        # It stays due: the first look after the quiet hours asks.
        return 0
    asked = 0
    full: set[str | None] = set()
    for concern in ear.concerns.due(now, MOST_DUE):
        if not going_on():
            break
        user = concern.user_email
        if user in full:
            continue
        if not _is_free(ear, user, now):
            full.add(user)
        elif _is_worth_asking(ear, concern, now) and _ask(ear, concern, now):
            asked += 1
    return asked


def _is_free(ear: Ear, user: str | None, now: datetime) -> bool:
    """Whether the user can be asked again: not too many in 24 hours, not too soon after another.

    What stands in the future, because the clock was put back, does not count.
    """
    settings = ear.settings
    page = ear.conversation.get_messages(
        now - timedelta(hours=24), now + timedelta(microseconds=1), user_email=user,
        role="assistant", limit=_MOST_IN_A_DAY,
    )  # fmt: skip
    times = [
        datetime.fromisoformat(str(message["timestamp"]))
        for message in page
        if message["user_email"] == user and _is_follow_up(message["metadata"])
    ]
    if len([at for at in times if at > now - timedelta(hours=24)]) >= settings.at_most_a_day:
        return False
    return not times or max(times) + timedelta(hours=settings.hours_apart) <= now


def _is_follow_up(metadata: object) -> bool:
    return isinstance(metadata, dict) and FOLLOW_UP in metadata


def _is_worth_asking(ear: Ear, concern: Concern, now: datetime) -> bool:
    """Whether a concern is to be asked about; if not, it is put off or left silent."""
    due = datetime.fromisoformat(str(concern.next_check_at))
    if due + timedelta(days=ear.settings.stale_days) < now:
        _leave_silent(ear.concerns, concern)
        return False
    return not _was_talked_about(ear, concern)


def _leave_silent(concerns: Concerns, concern: Concern) -> None:
    try:
        concerns.update(concern.concern_id, next_check_at=None)
    except (ConflictError, NotFoundError):
        return


def _was_talked_about(ear: Ear, concern: Concern) -> bool:
    """Whether newer messages than those that were heard have an effect on it, which is written:
    the log of events may be behind."""
    newest = ear.conversation.get_recent_messages(
        _LAST_MESSAGES, user_email=concern.user_email, role="user"
    )
    first = last_heard(concern)
    for message in newest:
        said = as_said(message)
        if said.id <= first or said.user != concern.user_email:
            continue
        if said.moment < datetime.fromisoformat(concern.created_at) and not first:
            continue
        effect = effects_on(ear, said, [concern]).get(concern.concern_id)
        if effect is not None:
            apply(ear, said, concern, effect)
            return True
    return False


def _ask(ear: Ear, concern: Concern, now: datetime) -> bool:
    number = unanswered(concern) + 1
    settings = ear.settings
    again = now + timedelta(days=settings.repeat_days) if number < settings.unanswered else None
    written = ear.concerns.follow_up(
        concern.concern_id,
        question_of(concern),
        next_check_at=again,
        environment_id=text_of(concern, "environment_id"),
        metadata={FOLLOW_UP: concern.concern_type, "number": number},
        now=now,
    )
    return written is not None


def question_of(concern: Concern) -> str:
    """What is asked: what the rule says, or for what something else has made, its content."""
    question = text_of(concern, "question")
    if question is not None:
        return question
    sentence = known_of(concern).sentence[:_MOST_SENTENCE]
    return f"I have been thinking of this: “{sentence}” How is it now?"
