"""A user's message becomes concerns, and changes those that there are. Once, however often read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from genesis import Concern, Concerns, ConversationManager
from genesis.contracts.models import ChatModel
from genesis.errors import ConflictError, NotFoundError

from genesis_followups.extracting import Finding
from genesis_followups.judging import Effect, Known, is_same, judge
from genesis_followups.keeping import (
    known_before,
    known_of,
    last_heard,
    metadata_of,
    reason_of,
    unanswered,
)
from genesis_followups.local_time import to_local, to_utc
from genesis_followups.model_reading import read_message
from genesis_followups.rules import Rules
from genesis_followups.settings import FollowupsSettings

FOLLOW_UP = "follow_up"
"""The key of a message's metadata that marks it as a follow-up."""
_TALKED_DAYS = 1.0


@dataclass(frozen=True)
class Ear:
    """One mind's conversation and concerns, and what is needed to understand."""

    conversation: ConversationManager
    concerns: Concerns
    rules: Rules
    settings: FollowupsSettings

    @property
    def zone(self) -> tzinfo | None:
        """The users' zone."""
        return self.settings.zone


@dataclass(frozen=True)
class Said:
    """A user's message."""

    id: int
    text: str
    user: str | None
    environment: str | None
    moment: datetime


def said_in(conversation: ConversationManager, message_id: int) -> Said | None:
    """The message of a user; None for any other, and one that is gone."""
    found = conversation.get_message(message_id)
    return None if found is None or found["role"] != "user" else as_said(found)


def as_said(found: Mapping[str, object]) -> Said:
    """A user's message from its page."""
    user, environment = found["user_email"], found["environment_id"]
    return Said(
        id=int(str(found["id"])),
        text=str(found["content"]),
        user=None if user is None else str(user),
        environment=None if environment is None else str(environment),
        moment=datetime.fromisoformat(str(found["timestamp"])),
    )


def hear(ear: Ear, said: Said, model: ChatModel | None = None) -> None:
    """Take a message to heart. Doing it again changes nothing."""
    earlier = known_before(ear.concerns, said.user, said.id)
    known = [known_of(concern) for concern in earlier]
    now = to_local(said.moment, ear.zone)
    reading = read_message(said.text, now, ear.rules, known, model, ear.settings.model_seconds)
    effects = effects_on(ear, said, earlier, reading.over)
    _begin(ear, said, _new(reading.findings, known, effects, ear.rules))
    for concern in earlier:
        if concern.concern_id in effects and last_heard(concern) < said.id:
            apply(ear, said, concern, effects[concern.concern_id])


def effects_on(
    ear: Ear, said: Said, concerns: Sequence[Concern], over: Sequence[str] = ()
) -> dict[str, Effect]:
    """What a message does to concerns that were there before it; `over` is what a model says."""
    now = to_local(said.moment, ear.zone)
    known = [known_of(concern) for concern in concerns]
    effects = judge(said.text, now, known, ear.rules, _asked_before(ear, said))
    for concern_id in over:
        effects[concern_id] = Effect(concern_id, "over", said.text.strip()[:500])
    ids = {one.concern_id for one in known}
    return {of: effect for of, effect in effects.items() if of in ids}


def apply(ear: Ear, said: Said, concern: Concern, effect: Effect) -> None:
    """Write the effect of a message on one concern."""
    of = concern.concern_id
    try:
        if effect.what == "over":
            ear.concerns.resolve(of, reason_of(said.id, effect.sentence))
        elif effect.when is not None:
            _mark(ear, said, concern, moved=effect)
        else:
            _mark(ear, said, concern)
    except (ConflictError, NotFoundError):
        # Somebody has resolved or deleted it meanwhile; there is nothing left to change.
        return


def _mark(ear: Ear, said: Said, concern: Concern, moved: Effect | None = None) -> None:
    """Note that the user talked about it: it is not asked about for a day."""
    then = _next_check(concern, said.moment)
    metadata = {**concern.metadata, "heard": said.id, "answered": concern.check_count}
    if moved is not None and moved.when is not None:
        rule = ear.rules.asking(str(concern.metadata.get("rule")))
        usual = rule.ask_at if rule else datetime.min.time().replace(hour=18)
        hours = rule.after_hours if rule and moved.when.at else 0
        local = moved.when.moment(usual) + timedelta(hours=hours)
        then = max(to_utc(local, ear.zone), said.moment)
        metadata |= {
            "day": moved.when.day.isoformat(),
            "at": None if moved.when.at is None else f"{moved.when.at:%H:%M}",
        }
    ear.concerns.update(concern.concern_id, next_check_at=then, metadata=metadata)


def _next_check(concern: Concern, talked_at: datetime) -> datetime:
    """What is still to come is asked at its time; what was due or asked already, a day later at
    the earliest."""
    later = talked_at + timedelta(days=_TALKED_DAYS)
    if concern.next_check_at is None:
        return later
    due = datetime.fromisoformat(concern.next_check_at)
    return due if due > talked_at and not unanswered(concern) else max(later, due)


def _new(
    findings: Sequence[Finding], known: Sequence[Known], effects: dict[str, Effect], rules: Rules
) -> list[Finding]:  # fmt: skip
    """The findings that are not about something known. What a sentence has ended or moved is not
    begun again by the same sentence."""
    new = []
    for finding in findings:
        about = [one for one in known if is_same(finding, one, rules)]
        told = [
            one for one in known
            if one.concern_id in effects and effects[one.concern_id].what != "talked"
            and effects[one.concern_id].sentence == finding.sentence
        ]  # fmt: skip
        if not about and not told:
            new.append(finding)
    return new


def _begin(ear: Ear, said: Said, findings: Sequence[Finding]) -> None:
    """Write new concerns, each under an id that its message and type give."""
    numbers: Counter[str] = Counter()
    for finding in findings:
        numbers[finding.type] += 1
        concern_id = f"followups-{said.id}-{finding.type}-{numbers[finding.type]}"
        try:
            ear.concerns.add(
                finding.topic,
                finding.type,
                user_email=said.user,
                priority=finding.priority,
                next_check_at=max(to_utc(finding.ask_from, ear.zone), said.moment),
                metadata=metadata_of(finding, said.id, said.environment),
                concern_id=concern_id,
            )
        except ConflictError:
            # The message is read again.
            continue


def _asked_before(ear: Ear, said: Said) -> str | None:
    """The concern that the message right before asked about."""
    before = ear.conversation.get_messages_before(
        said.id, 1, user_email=said.user, environment_id=said.environment
    )
    if not before or before[0]["role"] != "assistant":
        return None
    about = before[0]["metadata"]
    if not isinstance(about, dict) or FOLLOW_UP not in about:
        return None
    return str(about.get("concern_id"))
