"""Several processes in one conversation: nothing is lost, and the counters are exact."""

from __future__ import annotations

import subprocess
import sys

from genesis.minds.conversation import ConversationManager
from genesis.storage.database import Database
from sqlalchemy import text

EACH = 500
WRITER = """
import sys
from pathlib import Path
from genesis.minds.conversation import ConversationManager
from genesis.minds.retention import RetentionPolicy
from genesis.storage.database import Database

path, gmid, name, each = sys.argv[1:]
database = Database(Path(path), durability="normal")
conversation = ConversationManager(gmid, database)
sys.stdin.readline()
if name == "pruner":
    print(sum(conversation.prune(RetentionPolicy(max_count=50, keep_minimum=0)) for _ in range(40)))
else:
    for n in range(int(each)):
        role = ("user", "assistant")[n % 2]
        conversation.add_message(role, f"word {name} {n}", "anna@example.org", "home")
        if n % 100 == 0:
            conversation.search_messages("word")
    print(0)
database.close()
"""


def write_together(database: Database, gmid: str, *names: str) -> int:
    """Run a process for each name, all at once; gives how many messages they pruned."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(database.path), gmid, name, str(EACH)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for name in names
    ]  # fmt: skip
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=60) for process in processes]
    assert [errors for _, errors in ends] == ["" for _ in names]
    return sum(int(output) for output, _ in ends)


def test_two_processes_append_to_one_mind_and_the_counters_are_exact(
    minds: Database, gmid: str
) -> None:
    write_together(minds, gmid, "one", "two")
    conversation = ConversationManager(gmid, minds)
    stats = conversation.get_stats()
    assert (stats["total_messages"], stats["user_messages"]) == (2 * EACH, EACH)
    (thread,) = conversation.get_conversation_threads()
    assert thread["message_count"] == 2 * EACH
    (newest,) = conversation.get_recent_messages(1)
    assert thread["last_message_preview"] == newest["content"]
    found = [m["content"] for m in conversation.search_messages("word", limit=10_000)]
    assert sorted(map(str, found)) == sorted(
        f"word {name} {n}" for name in ("one", "two") for n in range(EACH)
    )
    with minds.read() as connection:
        events = text("SELECT count(*) FROM events WHERE type = 'message.added'")
        assert connection.execute(events).scalar_one() == 2 * EACH


def test_pruning_beside_writers_keeps_counters_and_words_right(minds: Database, gmid: str) -> None:
    pruned = write_together(minds, gmid, "one", "two", "pruner")
    conversation = ConversationManager(gmid, minds)
    left = 2 * EACH - pruned
    assert conversation.get_stats()["total_messages"] == left
    assert len(list(conversation.iter_messages())) == left
    assert len(conversation.search_messages("word", limit=10_000)) == left
    check = "INSERT INTO message_words (message_words, rank) VALUES ('integrity-check', 1)"
    minds.writer.write(lambda c: c.execute(text(check)))
