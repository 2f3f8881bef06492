"""Look whether a database agrees with itself, and mend what is made from other rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from genesis.storage.database import Database
from genesis.storage.statements import Statement

# The counters of a thread are made from its messages; both are grouped the same way.
_TRUE_COUNTS = """
SELECT mind_gmid, coalesce(user_email, '') AS user_email,
       coalesce(environment_id, '') AS environment_id, count(*) AS message_count,
       sum(role = 'user') AS user_messages, sum(role = 'assistant') AS assistant_messages,
       sum(role = 'system') AS system_messages, sum(role = 'tool') AS tool_messages
FROM conversation_messages GROUP BY 1, 2, 3
"""
_KEPT_COUNTS = """
SELECT mind_gmid, user_email, environment_id, message_count, user_messages, assistant_messages,
       system_messages, tool_messages FROM conversation_threads
"""
_WRONG_COUNTS = Statement(
    f"SELECT DISTINCT mind_gmid FROM (SELECT * FROM ({_TRUE_COUNTS} EXCEPT {_KEPT_COUNTS}) "  # noqa: S608
    f"UNION SELECT * FROM ({_KEPT_COUNTS} EXCEPT {_TRUE_COUNTS}))"
)
_COUNT_AGAIN = Statement(
    "INSERT INTO conversation_threads (mind_gmid, user_email, environment_id, message_count, "  # noqa: S608
    "user_messages, assistant_messages, system_messages, tool_messages, last_message_time, "
    f"last_message_id) SELECT t.*, m.timestamp, m.id FROM ({_TRUE_COUNTS}) t "
    "JOIN conversation_messages m ON m.id = (SELECT id FROM conversation_messages n "
    "WHERE n.mind_gmid = t.mind_gmid AND coalesce(n.user_email, '') = t.user_email "
    "AND coalesce(n.environment_id, '') = t.environment_id "
    "ORDER BY n.timestamp DESC, n.id DESC LIMIT 1) WHERE t.mind_gmid = :mind"
)
_FORGET_COUNTS = Statement("DELETE FROM conversation_threads WHERE mind_gmid = :mind")
_INTEGRITY = Statement("PRAGMA integrity_check(10)")
_FOREIGN_KEYS = Statement("PRAGMA foreign_key_check")
_CHECK_WORDS = Statement("INSERT INTO message_words (message_words) VALUES ('integrity-check')")
_REBUILD_WORDS = Statement("INSERT INTO message_words (message_words) VALUES ('rebuild')")
_WORDS_ARE_FED = Statement(
    "UPDATE message_words_progress SET message_id = "
    "(SELECT coalesce(max(id), 0) FROM conversation_messages)"
)
_STRAY_QUEUE = Statement(
    "SELECT item FROM queue WHERE lane LIKE 'background:%' AND item NOT IN "
    "(SELECT task_id FROM background_tasks WHERE completed_at IS NULL)"
)
_FORGOTTEN_TASKS = Statement(
    "SELECT task_id FROM background_tasks WHERE completed_at IS NULL AND task_id NOT IN "
    "(SELECT item FROM queue)"
)


@dataclass(frozen=True)
class Problem:
    """Something that does not agree. `mend` makes it right from other rows; None: a person must."""

    what: str
    message: str
    mend: Callable[[], None] | None = None


def database_problems(database: Database) -> Iterator[Problem]:
    """Everything in a database that contradicts something else in it."""
    for (verdict,) in database.fetch(_INTEGRITY, {}):
        if verdict != "ok":
            told = f"{database.path} is damaged: {verdict!s}. Restore a backup."
            yield Problem("database", told)
            return
    for table, row, parent, _ in database.fetch(_FOREIGN_KEYS, {})[:10]:
        yield Problem("database", f"row {row!s} of {table!s} refers to a row of {parent!s} that is gone")
    for (mind,) in database.fetch(_WRONG_COUNTS, {}):
        yield Problem(
            "conversations",
            f"the counters of {mind!s} are not those of its messages",
            lambda mind=str(mind): database.writer.write(lambda c: _count_again(c, mind)),  # type: ignore[misc]
        )
    if not _words_are_sound(database):
        yield Problem(
            "conversations",
            "the full-text index of messages is damaged",
            lambda: database.writer.write(_rebuild_words),
        )
    yield from _queue_problems(database)


def _queue_problems(database: Database) -> Iterator[Problem]:
    for (item,) in database.fetch(_STRAY_QUEUE, {}):
        yield Problem("tasks", f"the queue holds {item!s}, which is no open background task")
    for (task,) in database.fetch(_FORGOTTEN_TASKS, {}):
        yield Problem("tasks", f"the background task {task!s} is open and not in the queue")


def _count_again(connection: Connection, mind: str) -> None:
    _FORGET_COUNTS.run(connection, {"mind": mind})
    _COUNT_AGAIN.run(connection, {"mind": mind})


def _words_are_sound(database: Database) -> bool:
    def operation(connection: Connection) -> bool:
        try:
            _CHECK_WORDS.run(connection, {})
        except connection.dialect.loaded_dbapi.DatabaseError:
            return False
        return True

    return database.writer.write(operation)


def _rebuild_words(connection: Connection) -> None:
    _REBUILD_WORDS.run(connection, {})
    _WORDS_ARE_FED.run(connection, {})
