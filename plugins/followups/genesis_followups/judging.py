"""What a message says of what a mind is already concerned about: over, moved, or talked about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from genesis_followups.clauses import Clause, clauses_of
from genesis_followups.dates import When, find_whens
from genesis_followups.extracting import Finding
from genesis_followups.rules import Rules
from genesis_followups.words import is_past_form, plain, stem, stems, telling, words_of

# "The meeting", and not "the meeting with Ben".
_THE_THING = re.compile(
    r"\b(?:the|my|our|that|this|today's|yesterday's) "
    r"(?P<noun>appointment|meeting|event|visit|results?|session|trip|party)\b"
    r"(?! (?:with|at|about|for))"
)
_SHORT_REPLY = 12
_STRENGTH = {"talked": 0, "moved": 1, "over": 2}


@dataclass(frozen=True)
class Known:
    """An open concern as it is compared with what is said. `day` is that which it is about."""

    concern_id: str
    type: str
    topic: str
    sentence: str
    day: date | None


@dataclass(frozen=True)
class Effect:
    """What became of a concern, by which sentence; `when` is the new moment of what was moved."""

    concern_id: str
    what: Literal["over", "moved", "talked"]
    sentence: str
    when: When | None = None


def judge(
    message: str, now: datetime, known: Sequence[Known], rules: Rules, asked: str | None = None
) -> dict[str, Effect]:
    """The effects of a message, by concern id. `asked` is the concern that was asked about right
    before it: an answer need not name it."""
    found: dict[str, Effect] = {}
    last: list[Known] = []
    for clause in clauses_of(message, now, rules) if known else ():
        meant = _meant(clause, known)
        if not meant and rules.patterns.one(rules.over.goes_on).search(clause.text):
            meant = last
        for one in meant:
            _keep(found, _effect(clause, one, now, rules))
        if clause.is_told and _is_well(clause.text, rules):
            for one in known:
                if one.type == "health" and not _is_of_others(one, rules):
                    _keep(found, Effect(one.concern_id, "over", clause.sentence))
        last = meant
    if asked is not None and found.get(asked, _NOTHING).what != "over":
        answer = _answer(message, asked, rules)
        if answer is not None:
            _keep(found, answer)
    return found


def is_same(finding: Finding, known: Known, rules: Rules) -> bool:
    """Whether what was found is what is known: words in common, and no two different days."""
    if finding.day is not None and known.day is not None and finding.day != known.day:
        return False
    mine, other = telling(stems(finding.topic)), telling(stems(known.topic))
    if mine & other:
        return True
    # "I still feel sick" names nothing of its own.
    return (
        not mine
        and known.type == finding.type
        and (
            stems(finding.topic) == stems(known.topic)
            or (known.type == "health" and not _is_of_others(known, rules))
        )
    )


_NOTHING = Effect("", "talked", "")


def _keep(found: dict[str, Effect], effect: Effect) -> None:
    before = found.get(effect.concern_id)
    if before is None or _STRENGTH[effect.what] > _STRENGTH[before.what]:
        found[effect.concern_id] = effect


def _meant(clause: Clause, known: Sequence[Known]) -> list[Known]:
    """The concerns that a clause names: those with most words in common."""
    said = stems(clause.text)
    shared = {one: len(telling(stems(one.topic)) & said) for one in known}
    most = max(shared.values(), default=0)
    if most:
        return [one for one, count in shared.items() if count == most]
    thing = _THE_THING.search(clause.text)
    if thing is not None:
        noun = stem(thing["noun"])
        named = [one for one in known if noun in stems(one.topic)]
        return named if len(named) == 1 else []
    plain = [one for one in known if not telling(stems(one.topic)) and stems(one.topic) & said]
    return plain if len(plain) == 1 else []


def _effect(clause: Clause, one: Known, now: datetime, rules: Rules) -> Effect:
    if not clause.is_told:
        return Effect(one.concern_id, "talked", clause.sentence)
    later = [when for when in find_whens(clause.text, now) if when.day > now.date()]
    if later and rules.patterns.one(rules.over.moved).search(clause.text):
        return Effect(one.concern_id, "moved", clause.sentence, later[-1])
    if _is_over(clause.text, one, now, rules, is_later=bool(later)):
        return Effect(one.concern_id, "over", clause.sentence)
    return Effect(one.concern_id, "talked", clause.sentence)


def _is_over(text: str, one: Known, now: datetime, rules: Rules, *, is_later: bool) -> bool:
    over = rules.over
    if _says(over.every, text, rules):
        return True
    if is_later:
        return False
    if one.type == "appointment":
        has_come = one.day is None or one.day <= now.date()
        return has_come and _says(over.appointment, text, rules)
    if one.type == "health":
        return _says(over.health, text, rules)
    if one.type == "worry":
        return _says(over.worry, text, rules)
    return _says(over.deed, text, rules) or _was_done(text, one, rules)


def _says(patterns: Sequence[str], text: str, rules: Rules) -> bool:
    for pattern in patterns:
        match = rules.patterns.one(pattern).search(text)
        if match is not None and not _is_not_yet(text[: match.start()], rules):
            return True
    return False


def _was_done(text: str, one: Known, rules: Rules) -> bool:
    """Whether a verb of the topic stands there in its past form: "call mum", "I called mum"."""
    topic = stems(one.topic)
    for word in words_of(text):
        if is_past_form(word) and stem(word) in topic:
            return not _is_not_yet(text[: text.index(word)], rules)
    return False


def _is_not_yet(before: str, rules: Rules) -> bool:
    return rules.patterns.one(rules.over.not_yet).search(before) is not None


def _is_well(text: str, rules: Rules) -> bool:
    return _says(rules.over.well, text, rules)


def _is_of_others(one: Known, rules: Rules) -> bool:
    pattern = rules.patterns.one(r"\bmy (?:{close})\b")
    return pattern.search(one.sentence.lower()) is not None


def _answer(message: str, asked: str, rules: Rules) -> Effect | None:
    first = plain(message.strip().lower()[:200].split("\n")[0])
    sentence = message.strip()[:500]
    if rules.patterns.one(rules.reply.open).search(first):
        return Effect(asked, "talked", sentence)
    if rules.patterns.any(rules.reply.over, first):
        return Effect(asked, "over", sentence)
    is_short = len(first.split()) <= _SHORT_REPLY and "?" not in first
    return Effect(asked, "talked", sentence) if is_short else None
