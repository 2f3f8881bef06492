"""A message in clauses, with what keeps one from being about the user's own life."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from genesis_followups.dates import names_past
from genesis_followups.rules import Rules
from genesis_followups.words import plain

MOST_CHARACTERS = 4_000
"""Of a message that are read: what is longer was pasted, not told."""
_MOST_IN_A_CLAUSE = 400

_QUOTED = re.compile(
    r"```.*?```|`[^`]*`|^\s*>[^\n]*$|https?://\S+|[\u201c\"][^\u201d\"]*[\u201d\"]",
    re.DOTALL | re.MULTILINE,
)
_SENTENCE = re.compile(r"(?<=[.!?;\u2026])\s+|\n+|(?<=[)])\s+(?=[A-Z])")
_ABBREVIATED = re.compile(r"\b(?:[ap]\.m|e\.g|i\.e|dr|mr|mrs|ms|prof|approx)\.$", re.IGNORECASE)
_CLAUSE = re.compile(
    r",(?!\d| \d{4}\b)|;|:(?!\d)| [-\u2013\u2014] |\bbut\b"
    r"|\band (?=(?:i|my|we|on|it|everything|all)\b)"
)
_STATEMENT = re.compile(r"\b(?:i|i'm|i've|i'll|my|we|we're|our)\b")
_AUXILIARY_FIRST = re.compile(r"^(?:is|are|am|do|does|did|can|could|will|would|should|have|has) ")


@dataclass(frozen=True)
class Clause:
    """A clause in small letters, its sentence as it was written, and what is known of it.

    `is_told`: it is a statement about what is, not a question, a story or a mere thought.
    """

    text: str
    sentence: str
    is_told: bool
    is_past: bool


def clauses_of(message: str, now: datetime, rules: Rules) -> list[Clause]:
    """The clauses of a message, in its order; what it quotes is left out."""
    text = _QUOTED.sub(" ", plain(message[:MOST_CHARACTERS]))
    return [
        clause for sentence in _sentences(text) for clause in _clauses(sentence.strip(), now, rules)
    ]


def _sentences(text: str) -> Iterator[str]:
    held = ""
    for part in _SENTENCE.split(text):
        held = f"{held} {part}".strip()
        if held and not _ABBREVIATED.search(held):
            yield held
            held = ""
    if held:
        yield held


def _clauses(sentence: str, now: datetime, rules: Rules) -> Iterator[Clause]:
    guards, patterns = rules.guards, rules.patterns
    lowered = sentence.lower()
    lowered = patterns.one(guards.openers).sub("", lowered, count=1)
    is_story = patterns.any(guards.story, lowered) is not None
    asks = sentence.rstrip(" )!").endswith("?") and not lowered.startswith("remind me")
    parts = [part.strip(" .!?…()*\"'") for part in _CLAUSE.split(lowered)]
    parts = [part[:_MOST_IN_A_CLAUSE] for part in parts if part]
    thought = False
    for place, part in enumerate(parts):
        # What follows an "if" depends on it, and so does what comes before a "would".
        thought = thought or patterns.any(guards.not_real, part) is not None
        is_asked = (asks and _is_asked(part, last=place == len(parts) - 1)) or (
            place == 0 and patterns.one(guards.question).search(part) is not None
        )
        told = not (is_story or thought or is_asked)
        yield Clause(part, sentence, told, names_past(part, now))


def _is_asked(part: str, *, last: bool) -> bool:
    """Of a sentence that ends with a question mark, an earlier clause may still tell something."""
    return last or _STATEMENT.search(part) is None or _AUXILIARY_FIRST.search(part) is not None
