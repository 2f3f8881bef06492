"""Full-text search: any text is a query, and what it finds is exact however common the words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from genesis.errors import UsageError
from genesis.minds.conversation import ConversationManager
from genesis.minds.message_input import NewMessage
from genesis.storage import message_words
from genesis.storage.database import Database
from genesis.storage.message_pages import MessageDict
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import text

ANNA, BEN = "anna@example.org", "ben@example.org"
START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def conversation(minds: Database, gmid: str) -> ConversationManager:
    return ConversationManager(gmid, minds)


@pytest.fixture(params=["rare", "common"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to search give the same; the second in several stretches and runs of ids."""
    if request.param == "common":
        monkeypatch.setattr(message_words, "RARE", 0)
        monkeypatch.setattr(message_words, "FIRST_STRETCH", 2)
        monkeypatch.setattr(message_words, "LONGEST_STRETCH", 5)
        monkeypatch.setattr(message_words, "_GAP", 2)
    return str(request.param)


def said(page: list[MessageDict]) -> list[object]:
    return [message["content"] for message in page]


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def fed(database: Database) -> int:
    with database.read() as connection:
        query = text("SELECT message_id FROM message_words_progress")
        return int(connection.execute(query).scalar_one())


def test_it_finds_messages_with_every_word_the_newest_first(
    conversation: ConversationManager, way: str
) -> None:
    for minute, words in enumerate(("red fox", "red hen", "quick red Fox", "fox")):
        conversation.add_message("user", words, timestamp=at(minute))
    conversation.add_message("user", "the red fox of long ago", timestamp=at(-9))
    assert said(conversation.search_messages("fox red")) == [
        "quick red Fox", "red fox", "the red fox of long ago",
    ]  # fmt: skip
    assert said(conversation.search_messages("fox", limit=1)) == ["fox"]
    assert conversation.search_messages("wolf") == conversation.search_messages("fox", 0) == []


def test_other_forms_and_accents_of_a_word_are_found(conversation: ConversationManager) -> None:
    conversation.add_message("user", "Der Café öffnet; we were running")
    assert all(map(conversation.search_messages, ("cafe", "OFFNET", "run", "Café!")))


def test_filters_and_ranges_hold_in_a_search(conversation: ConversationManager, way: str) -> None:
    for minute in range(20):
        user, place = (ANNA, BEN)[minute % 2], ("home", "office")[minute % 3 == 0]
        role = ("user", "assistant", "system")[minute % 4 % 3]
        conversation.add_message(role, f"word {minute}", user, place, timestamp=at(minute))
    search = conversation.search_messages
    numbers = [int(str(c).split()[1]) for c in said(search("word", user_email=ANNA))]
    assert numbers == list(range(18, -1, -2))
    assert len(search("word", environment_id="office")) == 7
    assert len(search("word", role="system")) == 5
    assert said(search("word", since=at(3), until=at(6))) == ["word 5", "word 4", "word 3"]
    assert said(search("word", user_email=BEN, environment_id="office", until=at(9))) == ["word 3"]


def test_a_search_never_finds_another_minds_messages(
    conversation: ConversationManager, minds: Database, other_gmid: str, way: str
) -> None:
    other = ConversationManager(other_gmid, minds)
    for n in range(9):
        other.add_message("user", f"shared word {n}")
        conversation.add_message("user", f"shared word of mine {n}")
    found = conversation.search_messages("shared word", limit=100)
    assert said(found) == [f"shared word of mine {n}" for n in range(8, -1, -1)]
    assert conversation.search_messages("shared word 3")[0]["content"] == "shared word of mine 3"
    assert len(other.search_messages("shared word")) == 9


def test_messages_of_one_instant_are_all_found_in_order(
    conversation: ConversationManager, way: str
) -> None:
    for n in range(20):
        conversation.add_message("user", f"word {n}", timestamp=at(0))
    found = conversation.search_messages("word")
    assert said(found) == [f"word {n}" for n in range(19, -1, -1)]


def test_common_words_and_few_messages_of_one_user_find_each_other(
    conversation: ConversationManager, way: str
) -> None:
    conversation.add_message("user", "word from the start", BEN, timestamp=at(0))
    conversation.add_messages(
        NewMessage("user", f"word {n}", ANNA, timestamp=at(n)) for n in range(1, 60)
    )
    assert said(conversation.search_messages("word", user_email=BEN)) == ["word from the start"]
    assert said(conversation.search_messages("word", until=at(1))) == ["word from the start"]


@given(query=st.text() | st.text(alphabet='"*()^:+-{}AND ORNT\0\ud800 é'))
@example(query='"foo" bar*')
@example(query="NEAR(a b)")
@example(query="content : x")
@example(query='"')
@example(query="'; DROP TABLE minds; --")
@example(query="a\0b")
@example(query="\ud83d")
@example(query="word " * 20_000)
@example(query="-word")
def test_any_text_is_a_query(query: str, minds: Database, gmid: str) -> None:
    conversation = ConversationManager(gmid, minds)
    if not conversation.get_recent_messages(1):
        conversation.add_message("user", 'foo bar "word" AND NEAR content')
    assert len(conversation.search_messages(query)) <= 1


def test_what_is_syntax_elsewhere_is_a_word_here(conversation: ConversationManager) -> None:
    conversation.add_message("user", "black and white")
    conversation.add_message("user", "black")
    assert said(conversation.search_messages("black AND")) == ["black and white"]
    assert said(conversation.search_messages('"black" -white*')) == ["black and white"]
    assert conversation.search_messages("bla*") == conversation.search_messages(" \0 ") == []
    with pytest.raises(UsageError, match="query is NoneType"):
        conversation.search_messages(None)  # type: ignore[arg-type]


def test_the_index_is_fed_every_256_messages_and_the_rest_before_a_search(
    conversation: ConversationManager, minds: Database
) -> None:
    for n in range(255):
        conversation.add_message("user", f"word{n}")
    assert fed(minds) == 0
    conversation.add_message("user", "word255")
    conversation.add_message("user", "word256")
    assert fed(minds) == 256
    assert said(conversation.search_messages("word256")) == ["word256"]
    assert fed(minds) == 257


def test_a_backlog_is_fed_in_transactions_of_bounded_size(
    conversation: ConversationManager, minds: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_words, "MOST_FED", 10)
    monkeypatch.setattr(message_words, "MOST_FED_CHARACTERS", 50)
    for size in (1, 1, 1, 60, 60, 1, *([1] * 25)):
        conversation.add_message("user", "x" * size)
    steps = []
    while fed(minds) < 31:
        minds.writer.write(lambda c: message_words.feed_words(c, 31))
        steps.append(fed(minds))
    assert steps == [4, 5, 15, 25, 31]
    assert len(conversation.search_messages("x", 100)) == 29


def test_a_deleted_newest_message_does_not_keep_a_search_waiting(
    conversation: ConversationManager,
) -> None:
    conversation.add_message("user", "word one")
    last = conversation.add_message("user", "word two").id
    conversation.delete_message(last)
    assert said(conversation.search_messages("word")) == ["word one"]
    conversation.add_message("user", "word three")
    assert said(conversation.search_messages("word")) == ["word three", "word one"]


def test_deleted_messages_are_not_found_whether_their_words_were_fed_or_not(
    conversation: ConversationManager, minds: Database
) -> None:
    known = conversation.add_message("user", "word known").id
    kept = conversation.add_message("user", "word kept").id
    assert len(conversation.search_messages("word")) == 2
    unknown = conversation.add_message("user", "word unknown").id
    conversation.delete_message(known)
    conversation.delete_message(unknown)
    assert [m["id"] for m in conversation.search_messages("word")] == [kept]
    # FTS5's own check compares the index with the messages.
    check = "INSERT INTO message_words (message_words, rank) VALUES ('integrity-check', 1)"
    minds.writer.write(lambda c: c.execute(text(check)))
