"""Retention deletes by age and by count, in short steps, and never half of a pair."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from genesis.errors import UsageError
from genesis.minds.conversation import ConversationManager
from genesis.minds.message_input import NewMessage
from genesis.minds.retention import RetentionPolicy
from genesis.storage import messages, pruning
from genesis.storage.database import Database
from genesis.storage.message_pages import MessageDict
from pydantic import ValidationError
from sqlalchemy import text


@pytest.fixture
def conversation(minds: Database, gmid: str) -> ConversationManager:
    return ConversationManager(gmid, minds)


def ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def fill(conversation: ConversationManager, count: int, oldest_days: float = 100) -> None:
    """Messages an hour apart from so many days ago on."""
    conversation.add_messages(
        NewMessage("user", f"m{n}", "anna@example.org", timestamp=ago(oldest_days - n / 24))
        for n in range(count)
    )


def said(page: list[MessageDict]) -> list[object]:
    return [message["content"] for message in page]


def test_old_messages_go_and_the_kept_minimum_stays(conversation: ConversationManager) -> None:
    fill(conversation, 508)
    assert conversation.delete_old_messages(older_than_days=1, keep_minimum=100) == 408
    assert said(conversation.get_recent_messages(1000)) == [f"m{n}" for n in range(408, 508)]
    assert conversation.delete_old_messages(older_than_days=1, keep_minimum=100) == 0
    assert conversation.get_conversation_threads()[0]["message_count"] == 100


def test_a_kept_minimum_beyond_the_limit_of_bound_variables_works(
    conversation: ConversationManager,
) -> None:
    fill(conversation, 33_500, oldest_days=2000)
    assert conversation.delete_old_messages(older_than_days=1, keep_minimum=33_000) == 500


def test_the_newest_by_count_are_kept_whatever_their_age(
    conversation: ConversationManager,
) -> None:
    fill(conversation, 30)
    assert conversation.prune(RetentionPolicy(max_count=12, keep_minimum=5)) == 18
    assert said(conversation.get_recent_messages()) == [f"m{n}" for n in range(18, 30)]
    assert conversation.prune(RetentionPolicy(max_count=3, keep_minimum=5)) == 7


def test_a_policy_without_limits_deletes_nothing(conversation: ConversationManager) -> None:
    fill(conversation, 5)
    assert conversation.prune(RetentionPolicy(keep_minimum=0)) == 0


def test_a_pair_stays_until_both_halves_may_go(conversation: ConversationManager) -> None:
    conversation.add_tool_call("f", {}, "c1", timestamp=ago(50))
    conversation.add_message("user", "between", timestamp=ago(40))
    conversation.add_tool_result("c1", "found", timestamp=ago(30))
    conversation.add_tool_call("f", {}, "c2", timestamp=ago(60))
    conversation.add_message("user", "new")
    prune = conversation.prune
    assert prune(RetentionPolicy(max_age_days=35, keep_minimum=0)) == 1
    assert [m["role"] for m in conversation.get_recent_messages()] == [
        "assistant", "assistant", "tool", "user",
    ]  # fmt: skip
    assert prune(RetentionPolicy(max_age_days=25, keep_minimum=0)) == 2
    conversation.add_tool_result("c2", "late", timestamp=ago(26))
    assert prune(RetentionPolicy(max_age_days=25, keep_minimum=0)) == 2
    assert said(conversation.get_recent_messages()) == ["new"]


def test_a_pair_goes_in_one_transaction_even_where_a_step_ends_between_its_halves(
    conversation: ConversationManager, minds: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(1200):
        conversation.add_message("user", f"m{n}", timestamp=ago(50))
        if n == 498:  # the 500th message; its result is the last one
            conversation.add_tool_call("f", {}, "c1", timestamp=ago(50))
    conversation.add_tool_result("c1", "found", timestamp=ago(49))
    seen: list[tuple[int, int]] = []
    halves = text("SELECT count(*), count(tool_call_id) FROM conversation_messages")

    def look(statement: str) -> None:
        if statement != "BEGIN IMMEDIATE":
            return
        with minds.read() as connection:
            total, half = connection.execute(halves).one()
            seen.append((int(total), int(half)))

    driver = minds.writer._connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.set_trace_callback(look)
    assert conversation.prune(RetentionPolicy(max_age_days=1, keep_minimum=0)) == 1202
    assert seen == [(1202, 2), (701, 0), (201, 0)]


def test_each_step_is_an_event_with_its_count(
    conversation: ConversationManager, minds: Database
) -> None:
    fill(conversation, 1100)
    conversation.prune(RetentionPolicy(max_age_days=1, keep_minimum=0))
    with minds.read() as connection:
        query = text("SELECT payload FROM events WHERE type = 'messages.pruned' ORDER BY id")
        payloads = list(connection.execute(query).scalars())
    assert payloads == ['{"count": 500}', '{"count": 500}', '{"count": 100}']
    assert messages.DELETED_AT_ONCE == 500


def test_other_minds_keep_their_messages(
    conversation: ConversationManager, minds: Database, other_gmid: str
) -> None:
    other = ConversationManager(other_gmid, minds)
    fill(other, 10)
    fill(conversation, 10)
    assert conversation.prune(RetentionPolicy(max_age_days=0, keep_minimum=0)) == 10
    assert other.get_stats()["total_messages"] == 10


def test_messages_written_while_it_runs_are_not_deleted(
    conversation: ConversationManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(conversation, 600)
    delete = pruning.delete_with_event

    def delete_and_go_on(*arguments: object) -> int:
        conversation.add_message("user", "meanwhile")
        return delete(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pruning, "delete_with_event", delete_and_go_on)
    assert conversation.prune(RetentionPolicy(max_count=0, keep_minimum=0)) == 600
    assert said(conversation.get_recent_messages()) == ["meanwhile", "meanwhile"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"older_than_days": -1},
        {"older_than_days": float("nan")},
        {"older_than_days": 1e12},
        {"keep_minimum": -1},
        {"keep_minimum": "many"},
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(
    conversation: ConversationManager, arguments: dict[str, float]
) -> None:
    fill(conversation, 3)
    with pytest.raises(UsageError, match="Old messages cannot be deleted so"):
        conversation.delete_old_messages(**arguments)  # type: ignore[arg-type]
    assert conversation.get_stats()["total_messages"] == 3


def test_a_policy_is_frozen_and_knows_its_keys() -> None:
    with pytest.raises(ValidationError, match="max_days"):
        RetentionPolicy.model_validate({"max_days": 3})
    with pytest.raises(ValidationError, match="frozen"):
        RetentionPolicy().keep_minimum = 3  # type: ignore[misc]
