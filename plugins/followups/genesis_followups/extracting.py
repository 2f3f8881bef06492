"""What a message gives a mind to care about, by the rules alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from genesis_followups.clauses import Clause, clauses_of
from genesis_followups.dates import When, find_whens
from genesis_followups.rules import Rule, Rules
from genesis_followups.words import phrase_around, words_of

_OWN = re.compile(r"\b(?:i|i'm|i've|i'll|i'd|my|we|we're|we've|our|us)\b")
_PAST_VERB = re.compile(
    r"(?<!have )(?<!'ve )(?<!has )\bhad\b|\b(?:was|were|went|did|attended|got back|came back)\b"
)
_LEADING = re.compile(r"^(?:by|on|at|until|the|a|an|my|our|that|to) ")
_TRAILING = re.compile(r"\b(?:by|on|at|until|before|for|in|from|the|a|an|my|our)\s*$")
_MOST_TOPIC = 100
_NEGATED_WITHIN = 3


@dataclass(frozen=True)
class Finding:
    """Something to care about. `day` and `at` are local; `rule` says how it was found, `ask_from`
    is the local moment from which one may ask about it."""

    type: str
    topic: str
    sentence: str
    rule: str
    priority: str
    day: date | None
    at: time | None
    ask_from: datetime
    question: str


def extract(message: str, now: datetime, rules: Rules) -> list[Finding]:
    """The findings of a message that was said at the local time `now`, one for each type and
    day."""
    found: dict[tuple[str, date | None], Finding] = {}
    clauses = clauses_of(message, now, rules)
    for clause in clauses:
        finding = find_in(clause, now, rules)
        if finding is not None:
            found.setdefault((finding.type, finding.day), finding)
    return list(found.values())


def find_in(clause: Clause, now: datetime, rules: Rules) -> Finding | None:
    """The finding of one clause, by the first rule that fits."""
    if not clause.is_told or not clause.text:
        return None
    whens: list[When] | None = None
    for rule in rules.rules:
        match = _match(rule, clause, rules)
        if match is None:
            continue
        if whens is None:
            # Most clauses match nothing, and looking for dates takes longer than that.
            whens = find_whens(clause.text, now) or _elsewhere(clause, now)
        if rule.date == "needed" and not whens:
            continue
        when = whens[0] if whens and rule.date != "ignored" else None
        return _finding(rule, match, clause, when, now)
    return None


def ask_from(rule: Rule, when: When | None, now: datetime) -> datetime:
    """When to ask about it at the earliest; never before what is to happen, nor at once."""
    if when is None:
        return datetime.combine(now.date() + timedelta(days=rule.days), rule.ask_at)
    if when.at is not None:
        return when.moment(when.at) + timedelta(hours=rule.after_hours)
    return max(when.moment(rule.ask_at), now + timedelta(hours=rule.after_hours))


def _elsewhere(clause: Clause, now: datetime) -> list[When]:
    """ "On Friday, at last, my exam": the only day of the sentence is meant for each clause."""
    whens = find_whens(clause.sentence, now)
    return whens if len(whens) == 1 else []


def _match(rule: Rule, clause: Clause, rules: Rules) -> re.Match[str] | None:
    if rule.own and (_OWN.search(clause.text) is None and not _own_sentence(clause)):
        return None
    if not rule.past and (clause.is_past or _PAST_VERB.search(clause.text)):
        return None
    if rule.needs and rules.patterns.one(rule.needs).search(clause.text) is None:
        return None
    match = rules.patterns.any(rule.patterns, clause.text)
    if match is None or _is_denied(clause.text[: match.start()], rules):
        return None
    return None if _is_about_others(clause.text, rules) else match


def _own_sentence(clause: Clause) -> bool:
    return clause.text.startswith("there's") or (
        len(words_of(clause.text)) <= 3 and _OWN.search(clause.sentence.lower()) is not None
    )


def _is_denied(before: str, rules: Rules) -> bool:
    near = " ".join(before.split()[-_NEGATED_WITHIN:])
    return rules.patterns.one(rules.guards.negation).search(near) is not None


def _is_about_others(text: str, rules: Rules) -> bool:
    subject = rules.patterns.one(r"^(?:(?:my|our|the|a|an|one of my|that) )?(?:{distant})\b")
    return subject.search(text) is not None


def _finding(
    rule: Rule, match: re.Match[str], clause: Clause, when: When | None, now: datetime
) -> Finding:
    topic = _topic(match, clause.text, now)
    return Finding(
        type=rule.type,
        topic=topic,
        sentence=clause.sentence[:500],
        rule=rule.name,
        priority=rule.priority,
        day=None if when is None else when.day,
        at=None if when is None else when.at,
        ask_from=ask_from(rule, when, now),
        question=rule.ask.format(topic=topic, sentence=clause.sentence[:500]),
    )


def _topic(match: re.Match[str], text: str, now: datetime) -> str:
    groups = match.groupdict()
    if groups.get("noun") is not None:
        topic = phrase_around(text, match.start("noun"), match.end("noun"))
    else:
        topic = groups.get("topic") or match.group()
    for when in reversed(find_whens(topic, now)):
        topic = topic[: when.start] + topic[when.end :]
    topic = re.sub(
        r"\b(?:by|on|at|until|before|for|in|from|the|a|an|my|our)\s*$", "", topic.strip()
    )
    topic = re.sub(r"^(?:by|on|at|until|the|a|an|my|our|that|to) ", "", topic.strip(" ,.-"))
    return " ".join(topic.split())[:_MOST_TOPIC].strip(" ,.-") or match.group()[:_MOST_TOPIC]
