"""Messages are written and read by pages; what does not fit is refused and nothing is written."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from genesis.clock import as_datetime, parse_time
from genesis.errors import UsageError
from genesis.minds.conversation import ConversationManager
from genesis.minds.message_input import MOST_CHARACTERS, MOST_ON_A_PAGE, NewMessage
from genesis.storage.database import Database
from genesis.storage.message_pages import MessageDict
from genesis.storage.message_words import FEED_EVERY
from genesis.storage.statements import Statement
from genesis.storage.threads import count_new_messages
from sqlalchemy import text

ANNA, BEN = "anna@example.org", "ben@example.org"
START = datetime(2026, 3, 1, tzinfo=UTC)
EAST = timezone(timedelta(hours=2))


@pytest.fixture
def conversation(minds: Database, gmid: str) -> ConversationManager:
    return ConversationManager(gmid, minds)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def said(page: list[MessageDict]) -> list[object]:
    return [message["content"] for message in page]


def say(conversation: ConversationManager, *words: str, user: str | None = None) -> list[int]:
    """One message a minute from START on; gives their ids."""
    return [
        conversation.add_message("user", word, user, timestamp=at(minute)).id
        for minute, word in enumerate(words)
    ]


def events(database: Database) -> list[tuple[str, str, str]]:
    query = "SELECT type, subject, payload FROM events WHERE type LIKE 'message%' ORDER BY id"
    with database.read() as connection:
        return [(str(a), str(b), str(c)) for a, b, c in connection.execute(text(query))]


# --- writing ------------------------------------------------------------------------------------


def test_a_message_is_a_whole_record_that_needs_no_session(
    conversation: ConversationManager,
) -> None:
    metadata = {"mood": ["curious", 0.5, None]}
    message = conversation.add_message("user", "hello", ANNA, "home", metadata, at(0))
    metadata["mood"] = []
    assert message.to_dict() == conversation.get_recent_messages()[0] == {
        "id": 1, "role": "user", "content": "hello", "user_email": ANNA, "environment_id": "home",
        "timestamp": "2026-03-01T00:00:00.000000Z",
        "metadata": {"mood": ["curious", 0.5, None]},
    }  # fmt: skip


def test_a_message_without_anything_else_has_empty_metadata_and_no_user(
    conversation: ConversationManager,
) -> None:
    conversation.add_message("system", "wake up", "", "")
    (message,) = conversation.get_recent_messages()
    assert (message["user_email"], message["environment_id"], message["metadata"]) == (
        None,
        None,
        {},
    )


def test_a_message_and_its_event_are_written_together_and_the_event_names_no_user(
    conversation: ConversationManager, minds: Database, gmid: str
) -> None:
    conversation.add_message("user", "a secret", ANNA)
    assert events(minds) == [("message.added", gmid, '{"message_id": 1, "role": "user"}')]


def test_imported_messages_are_one_event_a_transaction_and_counted(
    conversation: ConversationManager, minds: Database
) -> None:
    count = conversation.add_messages(
        NewMessage("assistant" if n % 2 else "user", f"m{n}", ANNA, timestamp=at(n))
        for n in range(1100)
    )
    assert count == 1100
    assert [payload for _, _, payload in events(minds)] == [
        '{"count": 500}', '{"count": 500}', '{"count": 100}',
    ]  # fmt: skip
    assert conversation.get_stats()["assistant_messages"] == 550
    assert conversation.add_messages([]) == 0


@pytest.mark.parametrize(
    ("moment", "stored"),
    [
        ("2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00.000000Z"),
        (datetime(2026, 3, 1, 12, tzinfo=EAST), "2026-03-01T10:00:00.000000Z"),
        (datetime(2026, 3, 1, 12), parse_time(datetime(2026, 3, 1, 12).astimezone())),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_naive_and_aware_times_become_utc(
    conversation: ConversationManager, moment: datetime | str, stored: str
) -> None:
    assert conversation.add_message("user", "x", timestamp=moment).timestamp == stored


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"role": "banana"}, "'banana' is no role; give one of user, assistant, system, tool"),
        ({"role": ["user"]}, "is no role"),
        ({"content": ""}, "is empty"),
        ({"content": None}, "not text"),
        ({"content": "x" * (MOST_CHARACTERS + 1)}, "1,048,577 characters, 1,048,576 are allowed"),
        ({"content": "x" * 10_000_000}, "10,000,000 characters"),
        ({"content": "ab\0c"}, "NUL character at position 2"),
        ({"content": "abc\ud83d"}, "half of a surrogate pair at position 3"),
        ({"user_email": "a\0"}, "user_email holds a NUL"),
        ({"user_email": 7}, "user_email is int"),
        ({"environment_id": "\udc00"}, "environment_id holds half"),
        ({"metadata": {"a": object()}}, "metadata"),
        ({"metadata": {"a": float("nan")}}, "metadata"),
        ({"metadata": [1]}, "metadata"),
        ({"timestamp": "yesterday"}, "'yesterday' is no time"),
        ({"timestamp": 17}, "timestamp is int"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_the_reason_and_nothing_is_written(
    conversation: ConversationManager, arguments: dict[str, object], reason: str
) -> None:
    given = {"role": "user", "content": "fine", **arguments}
    with pytest.raises(UsageError, match=reason.replace("(", r"\(")):
        conversation.add_message(**given)  # type: ignore[arg-type]
    assert conversation.get_stats()["total_messages"] == 0


def test_the_longest_message_is_stored_whole(conversation: ConversationManager) -> None:
    conversation.add_message("user", "é" * MOST_CHARACTERS)
    assert conversation.get_recent_messages()[0]["content"] == "é" * MOST_CHARACTERS


def test_a_mind_that_the_home_does_not_know_is_a_clear_error(minds: Database) -> None:
    with pytest.raises(UsageError, match="GMD-2026-FFFF-FFFF is not known in this home"):
        ConversationManager("GMD-2026-FFFF-FFFF", minds).add_message("user", "hello")


def test_one_message_that_is_refused_does_not_take_others_with_it(
    conversation: ConversationManager, minds: Database
) -> None:
    """They may share a group commit."""
    refused: list[Exception] = []

    def write(n: int) -> None:
        try:
            target = ConversationManager("GMID-UNKNOWN1", minds) if n % 4 == 0 else conversation
            target.add_message("user", f"m{n}")
        except UsageError as error:
            refused.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), conversation.get_stats()["total_messages"]) == (8, 24)


# --- pages --------------------------------------------------------------------------------------


def test_recent_messages_are_the_newest_in_chronological_order(
    conversation: ConversationManager,
) -> None:
    conversation.add_message("user", "second", timestamp=at(1))
    conversation.add_message("user", "third", timestamp=at(2))
    conversation.add_message("user", "first", timestamp=at(0))
    assert said(conversation.get_recent_messages()) == ["first", "second", "third"]
    assert said(conversation.get_recent_messages(limit=2)) == ["second", "third"]
    assert conversation.get_recent_messages(limit=0) == []


def test_messages_of_one_instant_are_in_the_order_in_which_they_were_written(
    conversation: ConversationManager,
) -> None:
    for n in range(9):
        conversation.add_message("user", str(n), timestamp=at(0))
    assert said(conversation.get_recent_messages(4)) == ["5", "6", "7", "8"]
    assert said(conversation.get_messages_before(6, 3)) == ["2", "3", "4"]
    assert said(conversation.get_messages_after(6, 2)) == ["6", "7"]


def test_pages_go_on_before_and_after_a_message(conversation: ConversationManager) -> None:
    ids = say(conversation, *"abcdefg")
    assert said(conversation.get_messages_before(ids[4], 2)) == ["c", "d"]
    assert said(conversation.get_messages_after(ids[4], 1)) == ["f"]
    assert conversation.get_messages_before(ids[0]) == conversation.get_messages_after(ids[6]) == []


@pytest.mark.parametrize("unknown", [0, -1, 99, 2**63, 2**80])
def test_a_page_beside_an_unknown_message_is_empty(
    conversation: ConversationManager, unknown: int
) -> None:
    say(conversation, "a", "b")
    assert conversation.get_messages_before(unknown) == []
    assert conversation.get_messages_after(unknown) == []


def test_a_message_of_another_mind_is_unknown(
    conversation: ConversationManager, minds: Database, other_gmid: str
) -> None:
    say(conversation, "a")
    foreign = ConversationManager(other_gmid, minds).add_message("user", "x", timestamp=at(9)).id
    assert conversation.get_messages_before(foreign) == []
    other = ConversationManager(other_gmid, minds)
    assert said(other.search_messages("x")) == ["x"]
    assert conversation.delete_message(foreign) is False
    assert said(other.get_recent_messages()) == said(other.search_messages("x")) == ["x"]


def test_filters_work_alone_and_together(conversation: ConversationManager) -> None:
    places = [(ANNA, "home"), (ANNA, "office"), (BEN, "home"), (None, None)]
    for n, role in enumerate(("user", "assistant", "system")):
        for user, place in places:
            content = f"{role} {user} {place}"
            conversation.add_message(role, content, user, place, timestamp=at(n))
    recent = conversation.get_recent_messages
    assert len(recent(user_email=ANNA)) == 6
    assert len(recent(environment_id="home")) == 6
    assert len(recent(role="system")) == len(recent(role="user")) == 4
    assert said(recent(role="system", user_email=BEN)) == [f"system {BEN} home"]
    assert len(recent(user_email=ANNA, environment_id="office")) == 3
    assert said(recent(50, ANNA, "home", "assistant")) == [f"assistant {ANNA} home"]
    assert recent(user_email="nobody@example.org") == []


def test_ranges_have_their_first_moment_and_not_their_last(
    conversation: ConversationManager,
) -> None:
    say(conversation, *"abcdef")
    assert said(conversation.get_messages_since(at(3))) == ["d", "e", "f"]
    assert said(conversation.get_messages_since(at(1), until=at(4), limit=2)) == ["b", "c"]
    assert said(conversation.get_messages(since=at(1), until=at(4), limit=2)) == ["c", "d"]
    assert said(conversation.get_messages(until=at(2))) == ["a", "b"]
    local = as_datetime(at(4)).astimezone().replace(tzinfo=None)
    assert said(conversation.get_messages_since(local)) == ["e", "f"]
    assert list(said(list(conversation.iter_messages(since=at(2), until=at(5))))) == ["c", "d", "e"]


def test_since_never_gives_a_part_that_looks_like_all(conversation: ConversationManager) -> None:
    conversation.add_messages(
        NewMessage("user", f"m{n}", timestamp=at(n)) for n in range(MOST_ON_A_PAGE)
    )
    assert len(conversation.get_messages_since(START)) == MOST_ON_A_PAGE
    conversation.add_message("user", "one more")
    with pytest.raises(UsageError, match=r"more than 10,000 messages .* iter_messages"):
        conversation.get_messages_since(START)
    assert len(conversation.get_messages_since(START, limit=10)) == 10
    contents = said(list(conversation.iter_messages()))
    assert contents == [f"m{n}" for n in range(MOST_ON_A_PAGE)] + ["one more"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"limit": -1}, "cannot be read at once"),
        ({"limit": 1_000_000}, "cannot be read at once.*iter_messages"),
        ({"limit": "5"}, "cannot be read at once"),
        ({"user_email": ""}, "user_email is empty"),
        ({"environment_id": " "}, "environment_id is empty"),
        ({"role": "banana"}, "is no role"),
    ],
)
def test_a_filter_that_does_not_fit_never_means_everything(
    conversation: ConversationManager, arguments: dict[str, object], reason: str
) -> None:
    say(conversation, "private", user=ANNA)
    with pytest.raises(UsageError, match=reason):
        conversation.get_recent_messages(**arguments)  # type: ignore[arg-type]


# --- threads and statistics -----------------------------------------------------------------------


def test_statistics_count_by_role_and_name_the_outermost_times(
    conversation: ConversationManager,
) -> None:
    nothing = conversation.get_stats()
    assert (nothing["total_messages"], nothing["oldest_message"]) == (0, None)
    for minute, role in ((5, "user"), (1, "assistant"), (9, "assistant"), (4, "system")):
        conversation.add_message(role, "x", timestamp=at(minute))
    assert conversation.get_stats() == {
        "total_messages": 4, "user_messages": 1, "assistant_messages": 2, "system_messages": 1,
        "tool_messages": 0, "oldest_message": parse_time(at(1)),
        "newest_message": parse_time(at(9)),
    }  # fmt: skip


def test_threads_show_their_latest_message_and_the_latest_thread_first(
    conversation: ConversationManager,
) -> None:
    conversation.add_message("user", "late " + "x" * 200, ANNA, "home", timestamp=at(8))
    conversation.add_message("assistant", "written last, said first", ANNA, "home", timestamp=at(1))
    conversation.add_message("assistant", "alone", timestamp=at(3))
    first, second = conversation.get_conversation_threads()
    assert first == {
        "user_email": ANNA, "environment_id": "home", "last_message_time": parse_time(at(8)),
        "message_count": 2, "last_message_preview": "late " + "x" * 95, "last_message_role": "user",
    }  # fmt: skip
    assert (second["user_email"], second["environment_id"]) == (None, None)
    assert second["last_message_preview"] == "alone"
    assert conversation.get_conversation_threads(user_email=ANNA) == [first]
    assert conversation.get_conversation_threads(user_email=BEN) == []


def test_deleting_a_threads_latest_message_shows_the_one_before(
    conversation: ConversationManager, minds: Database
) -> None:
    for user, place in ((ANNA, "home"), (ANNA, None), (None, "home"), (None, None)):
        older = conversation.add_message("user", "older", user, place, timestamp=at(0)).id
        newer = conversation.add_message("user", "newer", user, place, timestamp=at(1)).id
        assert conversation.delete_message(newer) is True
        (thread,) = (
            t for t in conversation.get_conversation_threads()
            if (t["user_email"], t["environment_id"]) == (user, place)
        )  # fmt: skip
        assert (thread["last_message_preview"], thread["message_count"]) == ("older", 1)
        conversation.delete_message(older)
        assert conversation.delete_message(older) is False
    assert conversation.get_conversation_threads() == []
    assert events(minds)[-1][::2] == ("messages.deleted", '{"count": 1}')


def test_clearing_leaves_neither_messages_nor_counters_nor_words_and_no_other_mind_is_touched(
    conversation: ConversationManager, minds: Database, other_gmid: str
) -> None:
    other = ConversationManager(other_gmid, minds)
    conversation.add_messages(
        NewMessage("user", f"zanzibar{n} secretword", ANNA) for n in range(1300)
    )
    other.add_message("user", "visible otherword")
    assert conversation.search_messages("secretword")
    conversation.add_tool_call("search", {"q": "secretword"})
    assert conversation.clear_all() == 1301
    assert conversation.get_recent_messages() == conversation.get_conversation_threads() == []
    assert conversation.get_stats()["total_messages"] == 0
    assert said(other.search_messages("otherword")) == ["visible otherword"]
    with minds.read() as connection:
        blocks = connection.execute(text("SELECT block FROM message_words_data")).scalars().all()
    assert not [block for block in blocks if b"zanzibar" in block or b"secretword" in block]
    assert conversation.clear_all() == 0


def test_threads_are_the_same_whether_their_messages_are_counted_yet_or_not(
    conversation: ConversationManager, minds: Database
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(2 * FEED_EVERY + 40):
        conversation.add_message(
            "user" if number % 3 else "assistant", f"m{number}", f"user{number % 7}@example.org",
            # Not in the order in which they are written.
            timestamp=start + timedelta(minutes=number * 37 % 1000),
        )  # fmt: skip
    counted = Statement("SELECT counted_id FROM conversation_progress")
    assert minds.fetch(counted, {}) == [(2 * FEED_EVERY,)]
    before = conversation.get_conversation_threads(), conversation.get_stats()
    minds.writer.write(count_new_messages)
    assert minds.fetch(counted, {}) == [(2 * FEED_EVERY + 40,)]
    assert (conversation.get_conversation_threads(), conversation.get_stats()) == before
    everything = conversation.get_messages(limit=1000)
    for thread in before[0]:
        (*_, last) = messages = [m for m in everything if m["user_email"] == thread["user_email"]]
        assert thread["message_count"] == len(messages)
        assert thread["last_message_preview"] == last["content"]
    assert before[1]["total_messages"] == len(everything)
    assert before[1]["assistant_messages"] == sum(m["role"] == "assistant" for m in everything)


def test_the_id_of_a_deleted_message_is_not_given_again(
    conversation: ConversationManager,
) -> None:
    last = [conversation.add_message("user", text).id for text in "abc"][-1]
    conversation.delete_message(last)
    conversation.clear_all()
    assert conversation.add_message("user", "d").id == last + 1
