"""A follow-up: the message and the mark that it was sent are one transaction."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from genesis.errors import UsageError
from genesis.minds.concerns import Concerns
from genesis.minds.conversation import ConversationManager
from genesis.storage.database import Database
from genesis.storage.events import events_after
from genesis.storage.statements import Statement

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=3)


@pytest.fixture
def concerns(minds: Database, gmid: str) -> Concerns:
    return Concerns(gmid, minds)


@pytest.fixture
def talk(minds: Database, gmid: str) -> ConversationManager:
    return ConversationManager(gmid, minds)


def care(concerns: Concerns, name: str = "c", due: datetime | None = NOW) -> None:
    concerns.add("a cold", "health", user_email="a@x", next_check_at=due, concern_id=name)


def told(database: Database) -> list[tuple[str, str]]:
    with database.read() as connection:
        return [(event.type, event.subject) for event in events_after(connection, 0)]


def test_a_follow_up_is_a_message_a_check_and_their_events(
    concerns: Concerns, talk: ConversationManager, minds: Database, gmid: str
) -> None:
    care(concerns)
    before = len(told(minds))
    number = concerns.follow_up(
        "c", "How are you?", next_check_at=LATER, environment_id="room", now=NOW,
        metadata={"kind": "test", "concern_id": "forged"},
    )  # fmt: skip
    assert number is not None
    assert talk.get_message(number) == {
        "id": number, "role": "assistant", "content": "How are you?", "user_email": "a@x",
        "environment_id": "room", "timestamp": "2026-03-02T12:00:00.000000Z",
        "metadata": {"kind": "test", "concern_id": "c"},
    }  # fmt: skip
    concern = concerns.get("c")
    assert concern is not None
    assert (concern.check_count, concern.follow_up_message) == (1, "How are you?")
    assert concern.last_checked_at == "2026-03-02T12:00:00.000000Z"
    assert concern.next_check_at == "2026-03-05T12:00:00.000000Z"
    assert told(minds)[before:] == [("concern.checked", "c"), ("message.added", gmid)]
    assert talk.get_stats()["assistant_messages"] == 1


def test_what_is_not_due_or_resolved_or_gone_gets_none(
    concerns: Concerns, talk: ConversationManager, minds: Database
) -> None:
    care(concerns, "later", LATER)
    care(concerns, "never", None)
    care(concerns, "over")
    concerns.resolve("over")
    before = told(minds)
    for name in ("later", "never", "over", "gone"):
        assert concerns.follow_up(name, "Well?", next_check_at=None, now=NOW) is None
    assert talk.get_messages() == []
    assert told(minds) == before


def test_a_monitored_concern_gets_one_and_then_no_more(concerns: Concerns) -> None:
    care(concerns)
    concerns.monitor("c")
    assert concerns.follow_up("c", "Well?", next_check_at=None, now=NOW) is not None
    assert concerns.follow_up("c", "Well?", next_check_at=None, now=LATER) is None


def test_of_many_at_once_one_sends_it(concerns: Concerns, talk: ConversationManager) -> None:
    care(concerns)
    start = threading.Barrier(8)
    sent: list[int | None] = []

    def send() -> None:
        start.wait()
        sent.append(concerns.follow_up("c", "Well?", next_check_at=LATER, now=NOW))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([number for number in sent if number is not None]) == 1
    assert len(talk.get_messages()) == 1


def test_a_message_that_cannot_be_written_marks_nothing(
    concerns: Concerns, talk: ConversationManager, minds: Database
) -> None:
    care(concerns)
    for wrong in ("", " ", "a\0b", "x" * 2_000_000):
        with pytest.raises(UsageError):
            concerns.follow_up("c", wrong, next_check_at=LATER, now=NOW)
    # Where the message fails inside the transaction, the mark goes with it.
    forbid = (
        "CREATE TRIGGER no BEFORE INSERT ON conversation_messages "
        "BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    minds.writer.write(lambda connection: Statement(forbid).run(connection, {}))
    with pytest.raises(Exception, match="no"):
        concerns.follow_up("c", "Well?", next_check_at=LATER, now=NOW)
    concern = concerns.get("c")
    assert concern is not None
    assert (concern.check_count, concern.next_check_at) == (0, "2026-03-02T12:00:00.000000Z")
    assert talk.get_messages() == []


def test_the_minds_that_have_something_due_come_from_one_query(
    concerns: Concerns, minds: Database, gmid: str, other_gmid: str
) -> None:
    other = Concerns(other_gmid, minds)
    assert Concerns.minds_with_due(minds, NOW) == []
    care(concerns)
    other.add("x", "task", next_check_at=LATER, concern_id="later")
    assert Concerns.minds_with_due(minds, NOW) == [gmid]
    assert Concerns.minds_with_due(minds, LATER) == [gmid, other_gmid]
    concerns.resolve("c")
    assert Concerns.minds_with_due(minds, LATER) == [other_gmid]
    assert Concerns.minds_with_due(minds) == [other_gmid] * (datetime.now(UTC) > LATER)


def test_what_is_due_is_found_by_index(minds: Database) -> None:
    from genesis.storage import concerns as rows

    query = f"EXPLAIN QUERY PLAN {rows._MINDS_DUE.text}"
    plan = " ".join(str(row[3]) for row in minds.fetch(Statement(query), {"now": "x"}))
    assert "ix_concerns_due (mind_gmid=? AND next_check_at<?)" in plan
    assert "SCAN concerns" not in plan


def test_one_message_is_read_by_its_id(
    talk: ConversationManager, minds: Database, other_gmid: str
) -> None:
    number = talk.add_message("user", "hello").id
    found = talk.get_message(number)
    assert found is not None
    assert found["content"] == "hello"
    assert [talk.get_message(other) for other in (number + 1, 0, -1, 2**70)] == [None] * 4
    assert ConversationManager(other_gmid, minds).get_message(number) is None
