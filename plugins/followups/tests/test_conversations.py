"""Conversations with known answers: what is understood without a model."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import pytest
import yaml
from genesis_followups.listening import Ear, hear, said_in

TUNED_WITH, HELD_OUT = "conversations.yaml", "held_out.yaml"
RECALL, PRECISION = 0.85, 0.90
Fact = tuple[str, ...]


class Conversation(TypedDict, total=False):
    """What was said by whom, with each message's time, and what one cares about in the end."""

    says: dict[str, str]
    cares: list[dict[str, object]]


@dataclass
class Score:
    """Facts that were found and that were there: each concern with its type and day is one, and
    that it is over is another."""

    right: int = 0
    found: int = 0
    wanted: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.right / self.wanted

    @property
    def precision(self) -> float:
        return self.right / self.found


def read_conversations(name: str) -> list[Conversation]:
    """The conversations of a file beside this one."""
    found: list[Conversation] = yaml.safe_load((Path(__file__).parent / name).read_text())
    return found


def play(ear: Ear, conversation: Conversation, user: str) -> Counter[Fact]:
    """Let a user say it all; gives the facts that the mind has then."""
    for moment, text in conversation["says"].items():
        message = ear.conversation.add_message("user", text, user, timestamp=f"{moment}Z")
        said = said_in(ear.conversation, message.id)
        assert said is not None
        hear(ear, said)
    facts: Counter[Fact] = Counter()
    for concern in ear.concerns.by_user(user):
        facts[concern.concern_type, str(concern.metadata["day"])] += 1
        facts["over", concern.concern_type] += concern.status == "resolved"
    return +facts


def wanted(conversation: Conversation) -> Counter[Fact]:
    """The facts that a conversation is known to give."""
    facts: Counter[Fact] = Counter()
    for one in conversation.get("cares", []):
        facts[str(one["type"]), str(one.get("day"))] += 1
        facts["over", str(one["type"])] += bool(one.get("over"))
    return +facts


def score(ear: Ear, conversations: list[Conversation]) -> Score:
    """Play all of them, each with a user of its own."""
    total = Score()
    for number, conversation in enumerate(conversations):
        found, expected = play(ear, conversation, f"user{number}@example.org"), wanted(conversation)
        total.right += (found & expected).total()
        total.found += found.total()
        total.wanted += expected.total()
        if found != expected:
            said = " / ".join(conversation["says"].values())
            missed, extra = dict(expected - found), dict(found - expected)
            total.faults.append(f"{said}\n    missed {missed}, not meant {extra}")
    return total


def test_there_are_enough_conversations_and_a_third_teaches_nothing() -> None:
    tuned, held_out = (read_conversations(name) for name in (TUNED_WITH, HELD_OUT))
    for conversations in (tuned, held_out):
        empty = [one for one in conversations if not one.get("cares")]
        assert len(empty) > len(conversations) / 3, "too few that must leave nothing behind"
    assert len(tuned) >= 60
    assert len(held_out) >= 30


@pytest.mark.parametrize("name", [TUNED_WITH, HELD_OUT])
def test_the_rules_understand_conversations(ear: Ear, name: str) -> None:
    found = score(ear, read_conversations(name))
    told = f"{name}: recall {found.recall:.0%}, precision {found.precision:.0%}"
    faults = "\n".join([told, *found.faults])
    assert found.recall >= RECALL, faults
    assert found.precision >= PRECISION, faults


def test_conversations_heard_twice_give_the_same(ear: Ear) -> None:
    for number, conversation in enumerate(read_conversations(TUNED_WITH)):
        user = f"user{number}@example.org"
        once = play(ear, conversation, user)
        before = ear.concerns.by_user(user)
        # As after a crash: the log of events is read again from an earlier place.
        for message in ear.conversation.get_recent_messages(100, user):
            said = said_in(ear.conversation, int(str(message["id"])))
            assert said is not None
            hear(ear, said)
        assert ear.concerns.by_user(user) == before, (conversation, once)


def test_the_scoring_sees_what_is_missed_and_what_is_too_much(ear: Ear) -> None:
    says = {"2026-03-02T09:00": "I have a headache."}
    wrong = score(ear, [{"says": says, "cares": [{"type": "worry"}]}])
    assert (wrong.right, wrong.found, wrong.wanted, len(wrong.faults)) == (0, 1, 1, 1)
    assert wanted({"says": says, "cares": [{"type": "health", "over": True}]}).total() == 2
