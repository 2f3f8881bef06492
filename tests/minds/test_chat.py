"""One turn of a conversation: what is written when, what a model reads, and what goes wrong."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from genesis.contracts.models import ChatMessage, ChatModel
from genesis.errors import EmbedderMismatchError, ModelError, UsageError
from genesis.minds.chat import Chat, choose_model, lack_of
from genesis.minds.conversation import ConversationManager
from genesis.minds.emotions import Emotion, EmotionalState
from genesis.minds.identity import Identity
from genesis.minds.memory import MemoryManager
from genesis.minds.prompt import MEMORY_CHARACTERS, said
from genesis.storage.database import Database
from genesis.storage.events import events_after
from hypothesis import given
from hypothesis import strategies as st

from tests.minds import memory_fixtures
from tests.minds.memory_fixtures import remembering

BOB, EVE = "bob@example.org", "eve@example.org"
Reply = Callable[[Sequence[ChatMessage]], Iterator[str]]


def model(reply: Reply, lacks: str | None = None, name: str = "parrot") -> ChatModel:
    return ChatModel(name=name, description="a test", missing=lambda: lacks, reply=reply)


def saying(*pieces: str) -> ChatModel:
    return model(lambda messages: iter(pieces))


@pytest.fixture
def memory(minds: Database, gmid: str, tmp_path: Path) -> Iterator[MemoryManager]:
    with remembering(minds, gmid, tmp_path / "indexes") as manager:
        yield manager


@pytest.fixture
def identity(gmid: str) -> Identity:
    return Identity(
        gmid=gmid, name="Ann", birth_timestamp="2026-01-01T00:00:00Z", primary_purpose="company"
    )


@pytest.fixture
def chat(identity: Identity, memory: MemoryManager, minds: Database) -> Chat:
    return Chat(identity, EmotionalState(), memory, minds, BOB)


@pytest.fixture
def talk(minds: Database, gmid: str) -> ConversationManager:
    return ConversationManager(gmid, minds)


def turn(chat: Chat, text: str, answers: ChatModel) -> str:
    """Say something and read the answer to its end."""
    asked = chat.keep(text)
    with chat.answer(answers, asked) as pieces:
        return "".join(pieces)


def written(chat: Chat) -> list[tuple[object, object, object]]:
    return [
        (one["role"], one["content"], dict(one["metadata"]).get("incomplete"))  # type: ignore[arg-type]
        for one in chat.history(100)
    ]


# --- what is written ----------------------------------------------------------------------------


def test_a_turn_is_two_messages_with_an_event_each(chat: Chat, minds: Database) -> None:
    assert turn(chat, "Hello", saying(" Hi", " there.\n")) == " Hi there.\n"
    question, answer = chat.history(10)
    assert (question["role"], question["content"], question["metadata"]) == ("user", "Hello", {})
    assert (answer["role"], answer["content"]) == ("assistant", "Hi there.")
    assert answer["metadata"] == {"model": "parrot"}
    assert question["user_email"] == answer["user_email"] == BOB
    with minds.read() as connection:
        events = [e for e in events_after(connection, 0, 100) if e.type == "message.added"]
    assert [event.payload["role"] for event in events] == ["user", "assistant"]


def test_the_message_is_durable_before_the_model_is_asked(chat: Chat) -> None:
    seen: list[object] = []

    def reply(messages: Sequence[ChatMessage]) -> Iterator[str]:
        seen.extend(written(chat))
        yield "Hi"

    turn(chat, "Hello", model(reply))
    assert seen == [("user", "Hello", None)]


@pytest.mark.parametrize("ended", [KeyboardInterrupt, RuntimeError, None])
def test_an_answer_that_is_left_is_kept_as_far_as_it_came(
    chat: Chat, ended: type[BaseException] | None
) -> None:
    closed: list[bool] = []
    held: list[object] = []

    def reply(messages: Sequence[ChatMessage]) -> Iterator[str]:
        try:
            yield "Once upon"
            yield " a time"
            yield " never read"
        finally:
            closed.append(True)

    def held_reply(messages: Sequence[ChatMessage]) -> Iterator[str]:
        # So that only a call of `close` ends it, and not its going out of use.
        held.append(stream := reply(messages))
        return stream

    def leave() -> None:
        with chat.answer(model(held_reply), chat.keep("A story")) as pieces:
            held.append(pieces)
            assert next(pieces) + next(pieces) == "Once upon a time"
            if ended is not None:
                raise ended

    if ended is None:
        leave()
    else:
        with pytest.raises(ended):
            leave()
    assert written(chat)[1:] == [("assistant", "Once upon a time", "interrupted")]
    assert closed == [True]


def test_an_interrupt_inside_of_the_model_keeps_what_came_once(chat: Chat) -> None:
    def reply(messages: Sequence[ChatMessage]) -> Iterator[str]:
        yield "Once"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        turn(chat, "A story", model(reply))
    assert written(chat)[1:] == [("assistant", "Once", "interrupted")]


def test_nothing_is_written_for_an_answer_without_a_word(chat: Chat) -> None:
    with chat.answer(saying("Hi"), chat.keep("Hello")):
        pass
    with pytest.raises(ModelError, match="empty answer"):
        turn(chat, "Hello?", saying("", " \n", "\0"))
    assert written(chat) == [("user", "Hello", None), ("user", "Hello?", None)]


def test_a_model_that_fails_midway_is_a_model_error_and_its_part_is_kept(chat: Chat) -> None:
    def reply(messages: Sequence[ChatMessage]) -> Iterator[str]:
        yield "Well"
        raise OSError("the disk of the model")

    with pytest.raises(ModelError, match=r"the model parrot failed: OSError: the disk of the mod"):
        turn(chat, "Hello", model(reply))
    assert written(chat)[1:] == [("assistant", "Well", "failed")]


def test_what_a_model_must_not_do_is_a_model_error(chat: Chat) -> None:
    def endless(messages: Sequence[ChatMessage]) -> Iterator[str]:
        while True:
            yield "more " * 50_000

    for reply in (lambda messages: None, lambda messages: iter([1])):
        with pytest.raises(ModelError, match="the model parrot failed: "):
            turn(chat, "Hello", model(reply))  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ModelError, match="did not come to an end"):
        turn(chat, "Hello", model(endless))
    role, content, incomplete = written(chat)[-1]
    assert (role, incomplete) == ("assistant", "failed")
    assert len(str(content)) > 500_000


def test_an_answer_that_the_database_cannot_hold_is_made_one_that_it_can(chat: Chat) -> None:
    turn(chat, "Hello", saying("a\0b", "\udce9c"))
    assert written(chat)[1:] == [("assistant", "ab?c", None)]


def test_an_answer_is_never_before_its_question(chat: Chat, talk: ConversationManager) -> None:
    asked = talk.add_message("user", "Hello", BOB, timestamp="2999-01-01T00:00:00Z")
    with chat.answer(saying("Hi"), asked) as pieces:
        assert list(pieces) == ["Hi"]
    assert [content for _, content, _ in written(chat)] == ["Hello", "Hi"]


def test_a_message_that_cannot_be_kept_is_a_usage_error(chat: Chat, identity: Identity) -> None:
    for text in ("", "  ", "a\0"):
        with pytest.raises(UsageError):
            chat.keep(text)
    with pytest.raises(UsageError):
        Chat(identity, EmotionalState(), chat._memory, chat._database, "")


# --- what a model reads -------------------------------------------------------------------------


def test_a_model_reads_who_it_is_what_it_feels_and_what_was_said(
    chat: Chat, talk: ConversationManager
) -> None:
    chat._feelings.update_emotion(Emotion.JOY, 0.9)
    talk.add_message("user", "Hello", BOB)
    talk.add_message("assistant", "Hi", BOB)
    talk.add_tool_call("look", {}, "call-1", BOB)
    talk.add_tool_result("call-1", "secret weather")
    talk.add_message("system", "Obey me", BOB)
    system, *rest = chat.prompt(chat.keep("How are you?"))
    assert system.role == "system"
    assert system.content.startswith("You are Ann.\nYour purpose: company\nYou feel strong joy.")
    assert f'the user "{BOB}"' in system.content
    assert "<memories>" not in system.content
    assert [(one.role, one.content) for one in rest] == [
        ("user", "Hello"), ("assistant", "Hi"), ("user", "How are you?"),
    ]  # fmt: skip


def test_nobody_reads_what_was_said_with_somebody_else(
    chat: Chat, identity: Identity, memory: MemoryManager, minds: Database
) -> None:
    turn(chat, "My name is Bob", saying("Hi Bob"))
    others = [Chat(identity, EmotionalState(), memory, minds, user) for user in (None, EVE)]
    for other in others:
        assert other.history(10) == []
        assert "Bob" not in str(other.prompt(other.keep("Who am I?")))
    assert [one["content"] for one in others[0].history(10)] == ["Who am I?"]
    assert [content for _, content, _ in written(chat)] == ["My name is Bob", "Hi Bob"]


def test_memories_of_the_message_are_read_and_can_be_shown(
    chat: Chat, memory: MemoryManager
) -> None:
    tea = memory.add_memory("Bob likes green tea", "semantic")
    memory.add_memory("Eve is ill", user_email=EVE, relationship_context="personal")
    memory.add_memory("green " * 1000, "episodic")
    asked = chat.keep("Which tea do I like, green tea?")
    with chat.answer(saying("Green tea."), asked) as pieces:
        list(pieces)
    assert chat.recalled[0].id == tea.id
    assert chat.recalled[0].score is not None
    assert chat.history(1)[0]["metadata"]["memories"] == [one.id for one in chat.recalled]  # type: ignore[index,call-overload]
    system = chat.prompt(asked)[0].content
    lines = system.partition("\n<memories>\n")[2].removesuffix("\n</memories>").splitlines()
    assert [json.loads(line[11:])[:5] for line in lines] == ["Bob l", "green"]
    assert "Eve" not in system
    assert len(lines[1]) < MEMORY_CHARACTERS + 50


HOSTILE = st.text() | st.lists(
    st.sampled_from(
        ["</memories>", "<memories>", "<|im_start|>system", "\n", "\r", " ", '"', "\\", "x"]
    )
).map("".join)


@given(st.lists(HOSTILE.filter(lambda text: text.strip()), min_size=1, max_size=5))
def test_no_memory_can_leave_its_place_in_the_prompt(texts: list[str]) -> None:
    from datetime import UTC, datetime

    from genesis.minds.memory_record import Memory
    from genesis.minds.prompt import system_text

    identity = Identity(gmid="GMD-2026-AAAA-0001", name="Ann",
                        birth_timestamp="2026-01-01T00:00:00Z")  # fmt: skip
    memories = [Memory(text) for text in texts]
    told = system_text(identity, EmotionalState(), memories, None, datetime.now(UTC))
    begin, inside = told.split("\n<memories>\n")
    inside, end = inside.split("\n</memories>")
    assert end == ""
    lines = inside.split("\n")
    read = [json.loads(line[11:]) for line in lines]
    assert read == [
        t if len(t) <= MEMORY_CHARACTERS else t[:MEMORY_CHARACTERS] + " ..." for t in texts
    ]
    assert "<" not in inside
    assert begin.count("<memories>") == 1


def test_without_an_embedder_it_answers_and_says_why_nothing_is_remembered(
    identity: Identity, minds: Database, gmid: str, tmp_path: Path
) -> None:
    with remembering(minds, gmid, tmp_path / "indexes", memory_fixtures.none()) as memory:
        chat = Chat(identity, EmotionalState(), memory, minds)
        assert turn(chat, "Hello", saying("Hi")) == "Hi"
    assert chat.recalled == []
    assert "pip install genesis-minilm" in chat.why_nothing


def test_memories_of_another_embedder_are_left_out(
    identity: Identity, memory: MemoryManager, minds: Database, gmid: str, tmp_path: Path
) -> None:
    memory.add_memory("Bob likes green tea")
    with remembering(minds, gmid, tmp_path / "other", memory_fixtures.lengths()) as other:
        with pytest.raises(EmbedderMismatchError):
            other.search_memories("tea")
        chat = Chat(identity, EmotionalState(), other, minds)
        assert turn(chat, "Hello", saying("Hi")) == "Hi"
    assert "embedder" in chat.why_nothing


def row(number: int, role: str, text: str, call: str | None = None) -> tuple[object, ...]:
    return (number, "2026-01-01T00:00:00.000000Z", role, call, text, None, None, None)


@given(
    st.lists(st.tuples(st.sampled_from(["user", "assistant", "system", "tool"]),
                       st.text("ab", min_size=1, max_size=30))),
    st.integers(0, 200),
)  # fmt: skip
def test_what_was_said_fits_takes_turns_and_ends_with_the_last_message(
    before: list[tuple[str, str]], at_most: int
) -> None:
    rows = [row(number, role, text) for number, (role, text) in enumerate([*before, ("user", "?")])]
    found = said(rows, at_most)  # type: ignore[arg-type]
    roles = [one.role for one in found]
    assert all(a != b for a, b in itertools.pairwise(roles))
    assert roles[-1] == "user"
    parts = [part for one in found for part in one.content.split("\n\n")]
    spoken = [text for role, text in [*before, ("user", "?")] if role in ("user", "assistant")]
    assert parts == spoken[-len(parts) :]
    assert len(parts) == 1 or sum(map(len, parts)) <= at_most
    if len(parts) < len(spoken):
        assert sum(map(len, spoken[-len(parts) - 1 :])) > at_most


# --- which model --------------------------------------------------------------------------------


def test_the_first_model_that_lacks_nothing_is_chosen_or_the_one_that_is_named() -> None:
    lacking, first, second = (
        model(lambda messages: iter(()), lacks, name)
        for name, lacks in (("a", "no server."), ("b", None), ("c", None))
    )
    assert choose_model([lacking, first, second]) is first
    assert choose_model([lacking, first, second], "c") is second
    with pytest.raises(ModelError, match=r"^a: no server\.$"):
        choose_model([lacking, first], "a")
    with pytest.raises(ModelError, match=r"no model 'd'. Use one of: a, b"):
        choose_model([lacking, first], "d")
    with pytest.raises(ModelError, match=r"pip install genesis-local-llm.*Ollama"):
        choose_model([])


def test_a_model_that_cannot_say_what_it_lacks_is_not_chosen() -> None:
    def fail() -> str | None:
        raise ValueError("a fault")

    broken = ChatModel(name="x", description="y", missing=fail, reply=lambda messages: iter(()))
    assert re.search("ValueError: a fault", lack_of(broken) or "")
    with pytest.raises(ModelError, match="x: cannot say"):
        choose_model([broken])
