"""A tool call and its result are one pair, however the program that makes them ends."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from genesis.errors import UsageError
from genesis.minds.conversation import ConversationManager
from genesis.storage.database import Database
from genesis.storage.message_pages import MessageDict
from genesis.storage.tool_calls import open_calls
from sqlalchemy import text

ANNA = "anna@example.org"
CALLER = """
import os, sys
from pathlib import Path
from genesis.minds.conversation import ConversationManager
from genesis.storage.database import Database

conversation = ConversationManager(sys.argv[2], Database(Path(sys.argv[1])))
conversation.add_tool_call("search", {"q": 1}, "c1")
print("called", flush=True)
sys.stdin.readline()
os._exit(9)
"""


@pytest.fixture
def conversation(minds: Database, gmid: str) -> ConversationManager:
    return ConversationManager(gmid, minds)


@pytest.fixture
def other(minds: Database, other_gmid: str) -> ConversationManager:
    return ConversationManager(other_gmid, minds)


def roles(page: list[MessageDict]) -> list[object]:
    return [message["role"] for message in page]


def forget_who_called(database: Database) -> None:
    """As if the program that made the calls had ended."""
    database.writer.write(
        lambda c: c.execute(text("UPDATE conversation_messages SET extra_data = '{}'"))
    )


def test_a_call_and_its_result_name_each_other_and_share_a_thread(
    conversation: ConversationManager,
) -> None:
    call = conversation.add_tool_call("search", {"q": "é"}, user_email=ANNA, environment_id="home")
    described = call.metadata["tool_call"]
    assert isinstance(described, dict)
    assert (described["name"], described["arguments"]) == ("search", {"q": "é"})
    assert (call.role, call.content) == ("assistant", 'search({"q": "\\u00e9"})')
    result = conversation.add_tool_result(str(described["id"]), "")
    assert (result.role, result.user_email, result.environment_id) == ("tool", ANNA, "home")
    assert result.metadata == {"tool_call_id": described["id"]}
    assert roles(conversation.get_recent_messages(user_email=ANNA)) == ["assistant", "tool"]
    (thread,) = conversation.get_conversation_threads()
    assert thread["message_count"] == 2


def test_what_the_assistant_said_with_a_call_is_its_content(
    conversation: ConversationManager,
) -> None:
    assert conversation.add_tool_call("f", {}, content="Let me look.").content == "Let me look."


def test_a_result_needs_its_call_and_a_call_takes_one_result(
    conversation: ConversationManager, other: ConversationManager
) -> None:
    with pytest.raises(UsageError, match="no tool call 'c1'"):
        conversation.add_tool_result("c1", "found")
    conversation.add_tool_call("search", {}, "c1")
    with pytest.raises(UsageError, match="no tool call 'c1'"):
        other.add_tool_result("c1", "found")
    conversation.add_tool_result("c1", "found")
    with pytest.raises(UsageError, match="'c1' has its result"):
        conversation.add_tool_result("c1", "found again")
    with pytest.raises(UsageError, match="already has a tool call 'c1'"):
        conversation.add_tool_call("search", {}, "c1")
    assert other.add_tool_call("search", {}, "c1").id
    assert conversation.get_stats()["total_messages"] == 2


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"name": ""}, "name of a tool is empty"),
        ({"arguments": {"a": {1, 2}}}, "arguments of a tool call cannot be stored"),
        ({"arguments": [1]}, "arguments of a tool call are list"),
        ({"arguments": {"a": "x" * 2_000_000}}, "arguments of a tool call has 2,0"),
        ({"call_id": "a\0"}, "call_id holds a NUL"),
    ],
)
def test_a_call_that_cannot_be_stored_is_refused(
    conversation: ConversationManager, arguments: dict[str, object], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        conversation.add_tool_call(**{"name": "f", "arguments": {}, **arguments})  # type: ignore[arg-type]
    assert conversation.get_recent_messages() == []


def test_a_result_never_lies_before_its_call(conversation: ConversationManager) -> None:
    """Clocks are set back; an order that the caller gives must be right."""
    ahead = datetime.now(UTC) + timedelta(hours=1)
    call = conversation.add_tool_call("f", {}, "c1", timestamp=ahead)
    with pytest.raises(UsageError, match="before its call"):
        conversation.add_tool_result("c1", "x", timestamp=ahead - timedelta(minutes=1))
    assert conversation.add_tool_result("c1", "x").timestamp == call.timestamp
    assert roles(conversation.get_recent_messages()) == ["assistant", "tool"]


def test_a_context_never_begins_with_a_result_and_never_holds_a_call_without_one(
    conversation: ConversationManager,
) -> None:
    conversation.add_message("user", "look")
    conversation.add_tool_call("f", {}, "c1")
    conversation.add_tool_call("g", {}, "c2")
    conversation.add_tool_result("c2", "two")
    conversation.add_tool_result("c1", "one")
    conversation.add_tool_call("h", {}, "c3")
    conversation.add_message("tool", "of no call")
    conversation.add_message("user", "and?")
    context = conversation.get_conversation_context
    assert roles(context()) == ["user", "assistant", "assistant", "tool", "tool", "user"]
    assert roles(context(6)) == ["assistant", "tool", "user"]  # c1's call is cut off
    assert roles(context(5)) == roles(context(4)) == ["user"]
    assert context(8) == [
        m for m in conversation.get_recent_messages(8) if m["role"] != "tool" or
        m["metadata"] != {}
        if m["metadata"].get("tool_call", {}).get("id") != "c3"  # type: ignore[union-attr]
    ]  # fmt: skip


def test_a_half_pair_of_a_program_that_ended_is_repaired_and_only_once(
    conversation: ConversationManager, minds: Database
) -> None:
    call = conversation.add_tool_call("f", {}, "c1", user_email=ANNA)
    conversation.add_message("user", "later", ANNA)
    forget_who_called(minds)
    assert conversation.repair() == 1
    assert conversation.repair() == 0
    context = conversation.get_conversation_context(user_email=ANNA)
    assert roles(context) == ["assistant", "tool", "user"]
    assert context[1]["metadata"] == {"tool_call_id": "c1", "repaired": True}
    assert context[1]["timestamp"] == call.timestamp
    assert "never recorded" in str(context[1]["content"])


def test_a_result_that_comes_while_a_repair_begins_stays(
    conversation: ConversationManager, minds: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation.add_tool_call("f", {}, "c1")
    forget_who_called(minds)
    waiting = open_calls(minds, conversation.mind_gmid)
    conversation.add_tool_result("c1", "found")
    monkeypatch.setattr("genesis.minds.conversation.open_calls", lambda *_: waiting)
    assert conversation.repair() == 0
    assert roles(conversation.get_recent_messages()) == ["assistant", "tool"]


def test_a_result_that_comes_after_the_repair_takes_the_place_of_the_stand_in(
    conversation: ConversationManager, minds: Database
) -> None:
    conversation.add_tool_call("f", {}, "c1")
    forget_who_called(minds)
    conversation.repair()
    assert conversation.search_messages("recorded")
    conversation.add_tool_result("c1", "found after all")
    assert [m["content"] for m in conversation.get_recent_messages(role="tool")] == [
        "found after all"
    ]
    assert conversation.search_messages("recorded") == []
    assert conversation.get_stats()["tool_messages"] == 1
    with pytest.raises(UsageError, match="has its result"):
        conversation.add_tool_result("c1", "once more")


def test_a_call_of_a_living_process_is_not_repaired_before_a_day_has_passed(
    conversation: ConversationManager,
) -> None:
    day = timedelta(hours=24, minutes=1)
    conversation.add_tool_call("f", {}, "young")
    assert conversation.repair() == 0
    conversation.add_tool_call("f", {}, "old", timestamp=datetime.now(UTC) - day)
    assert conversation.repair() == 1
    assert conversation.add_tool_result("young", "found").id


def test_a_call_of_another_process_is_repaired_once_that_process_has_ended(
    conversation: ConversationManager, minds: Database, gmid: str, tmp_path: Path
) -> None:
    arguments = [sys.executable, "-c", CALLER, str(minds.path), gmid]
    caller = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == "called\n"
        assert conversation.repair() == 0
        caller.kill()
    assert conversation.repair() == 1
    assert roles(conversation.get_conversation_context()) == ["assistant", "tool"]


def test_a_minds_repair_leaves_other_minds_alone(
    conversation: ConversationManager, other: ConversationManager, minds: Database
) -> None:
    other.add_tool_call("f", {}, "c1")
    forget_who_called(minds)
    assert conversation.repair() == 0
    assert other.repair() == 1


@pytest.mark.parametrize("half", ["assistant", "tool"])
def test_deleting_one_half_of_a_pair_deletes_the_other(
    conversation: ConversationManager, other: ConversationManager, half: str
) -> None:
    for mind in (conversation, other):
        mind.add_message("user", "before")
        mind.add_tool_call("f", {}, "c1")
        mind.add_tool_result("c1", "found")
    (message,) = conversation.get_recent_messages(role=half)
    assert conversation.delete_message(int(str(message["id"]))) is True
    assert roles(conversation.get_recent_messages()) == ["user"]
    assert conversation.get_stats()["total_messages"] == 1
    assert other.get_stats()["total_messages"] == 3


def test_the_metadata_of_a_call_is_json_as_written(
    conversation: ConversationManager, minds: Database
) -> None:
    conversation.add_tool_call("f", {"deep": [{"a": None}]}, "c1")
    query = text("SELECT extra_data FROM conversation_messages")
    with minds.read() as connection:
        stored = json.loads(str(connection.execute(query).scalar_one()))
    assert stored["tool_call"] == {"id": "c1", "name": "f", "arguments": {"deep": [{"a": None}]}}
