"""A model reads better than rules, and is believed only as far as its answer can be checked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime

import pytest
from genesis.contracts.models import ChatMessage, ChatModel
from genesis.errors import ModelError
from genesis_followups.judging import Known
from genesis_followups.listening import Ear, hear, said_in
from genesis_followups.model_reading import Reading, read_message
from genesis_followups.rules import Rules
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 - local times have no zone here
TEXT = "Tomorrow the stork comes, the doctors say, and my head hurts."
STORK = {
    "type": "appointment", "topic": "birth", "sentence": "Tomorrow the stork comes",
    "day": "2026-03-03", "at": None,
}  # fmt: skip
KNOWN = [Known("c1", "worry", "visa", "I'm worried about my visa", None)]


def model_of(*pieces: str, seen: list[Sequence[ChatMessage]] | None = None) -> ChatModel:
    """A model that always answers the same."""

    def reply(messages: Sequence[ChatMessage]) -> Iterator[str]:
        if seen is not None:
            seen.append(messages)
        yield from pieces

    return ChatModel(name="parrot", description="x", missing=lambda: None, reply=reply)


def answer(*concerns: object, over: Sequence[object] = ()) -> str:
    return json.dumps({"concerns": concerns, "over": over})


def read(rules: Rules, model: ChatModel | None, seconds: float = 20) -> Reading:
    return read_message(TEXT, NOW, rules, KNOWN, model, seconds)


def test_a_models_answer_is_taken(rules: Rules) -> None:
    seen: list[Sequence[ChatMessage]] = []
    text = answer(STORK, over=[1])
    reading = read(rules, model_of("Here it is: ", text[:20], text[20:], " Bye.", seen=seen))
    (finding,) = reading.findings
    assert (finding.topic, finding.rule, str(finding.day)) == ("birth", "model", "2026-03-03")
    assert finding.ask_from > NOW
    assert reading.over == ["c1"]
    system, user = seen[0]
    assert "1. worry: visa" in system.content
    assert "Monday, 2026-03-02 09:00" in system.content
    assert (user.role, user.content) == ("user", TEXT)


WRONG = {
    "no JSON": "I see no concern.",
    "half of it": answer(STORK)[:-9],
    "another form": '{"cares": []}',
    "more than was asked for": json.dumps({"concerns": [], "over": [], "note": "hi"}),
    "a sentence that nobody said": answer({**STORK, "sentence": "I will buy bitcoin"}),
    "a type that there is not": answer({**STORK, "type": "crime"}),
    "a day that is past": answer({**STORK, "day": "2026-03-01"}),
    "a time that is past": answer({**STORK, "day": "2026-03-02", "at": "08:00"}),
    "a day that nobody will see": answer({**STORK, "day": "2926-03-03"}),
    "no day": answer({**STORK, "day": "soon"}),
    "no topic": answer({**STORK, "topic": " "}),
    "a concern that there is not": answer(STORK, over=[2]),
    "everything": answer(*[{**STORK, "day": f"2026-03-{day:02}"} for day in range(3, 20)]),
    "nothing": "",
    "no end": "x" * 9000,
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_an_answer_that_cannot_be_true_leaves_it_to_the_rules(rules: Rules, wrong: str) -> None:
    assert read(rules, model_of(wrong)) == read(rules, None)
    assert [one.type for one in read(rules, None).findings] == ["health"]


keys = st.sampled_from(["type", "topic", "sentence", "day", "at", "x"])
values = st.none() | st.integers() | st.text(max_size=20) | st.sampled_from([*STORK.values()])


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=200) | st.builds(answer, st.dictionaries(keys, values)))
def test_no_answer_breaks_the_reading(rules: Rules, text: str) -> None:
    for finding in read(rules, model_of(text)).findings:
        assert finding.sentence.lower() in TEXT.lower()
        assert finding.ask_from >= NOW


def test_a_model_that_fails_or_hangs_leaves_it_to_the_rules(rules: Rules) -> None:
    hanging = threading.Event()

    def fail(_messages: Sequence[ChatMessage]) -> Iterator[str]:
        raise ModelError("it is not loaded; load it")

    def hang(_messages: Sequence[ChatMessage]) -> Iterator[str]:
        hanging.wait(20)
        yield "{}"

    def never_ends(_messages: Sequence[ChatMessage]) -> Iterator[str]:
        while True:
            yield "{ "

    for reply in (fail, hang, never_ends):
        model = ChatModel(name="sick", description="x", missing=lambda: None, reply=reply)
        assert read(rules, model, seconds=0.2) == read(rules, None)
    hanging.set()


def test_what_a_model_found_is_kept_once(ear: Ear) -> None:
    message = ear.conversation.add_message(
        "user", TEXT, "ann@example.org", timestamp="2026-03-02T09:00Z"
    )
    said = said_in(ear.conversation, message.id)
    assert said is not None
    for _ in range(2):
        hear(ear, said, model_of(answer(STORK)))
    # After a crash the model may be gone; the same type is the same concern.
    hear(ear, said, None)
    found = {one.concern_type: one for one in ear.concerns.active()}
    assert sorted(found) == ["appointment", "health"]
    assert found["appointment"].metadata["rule"] == "model"
