"""Look whether a database agrees with itself, and mend what is made from other rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from genesis.errors import StorageError
from genesis.storage import queue
from genesis.storage.background_tasks import LANES, lanes_of
from genesis.storage.database import Database
from genesis.storage.statements import Statement
from genesis.storage.threads import COUNTED_MESSAGES, LAST_MESSAGE, THREAD_COLUMNS, counts_of

# The counters of a thread are made from its messages; both are grouped the same way.
_TRUE_COUNTS = counts_of(COUNTED_MESSAGES)
_KEPT_COUNTS = """
SELECT mind_gmid, user_email, environment_id, message_count, user_messages, assistant_messages,
       system_messages, tool_messages, printf('%s %019d', last_message_time, last_message_id)
FROM conversation_threads
"""
_WRONG_COUNTS = Statement(
    f"SELECT DISTINCT mind_gmid FROM (SELECT * FROM ({_TRUE_COUNTS} EXCEPT {_KEPT_COUNTS}) "  # noqa: S608
    f"UNION SELECT * FROM ({_KEPT_COUNTS} EXCEPT {_TRUE_COUNTS}))"
)
_COUNT_AGAIN = Statement(
    f"INSERT INTO conversation_threads ({THREAD_COLUMNS}) SELECT mind_gmid, user_email, "  # noqa: S608
    "environment_id, message_count, user_messages, assistant_messages, system_messages, "
    f"tool_messages, {LAST_MESSAGE} FROM ({_TRUE_COUNTS}) WHERE mind_gmid = :mind"
)
_PROGRESS_ROW = Statement(
    "INSERT OR IGNORE INTO conversation_progress (id, counted_id) VALUES (1, 0)"
)
_FORGET_COUNTS = Statement("DELETE FROM conversation_threads WHERE mind_gmid = :mind")
_INTEGRITY = Statement("PRAGMA integrity_check(10)")
_FOREIGN_KEYS = Statement("PRAGMA foreign_key_check")
_CHECK_WORDS = Statement("INSERT INTO message_words (message_words) VALUES ('integrity-check')")
# What is in the index, whatever the messages say; and what has been fed to it.
_COUNT_WORDS = Statement(
    "SELECT (SELECT count(*) FROM message_words_docsize), (SELECT count(*) FROM "
    "conversation_messages WHERE id <= (SELECT message_id FROM message_words_progress))"
)
# FTS5's records of an empty index: without any, not even `rebuild` opens the table.
_HEADS = Statement(
    "INSERT OR REPLACE INTO message_words_data (id, block) VALUES (1, x''), (10, x'00000000000000')"
)
_REBUILD_WORDS = Statement("INSERT INTO message_words (message_words) VALUES ('rebuild')")
_FORGET_PROGRESS = Statement("DELETE FROM message_words_progress")
_WORDS_ARE_FED = Statement(
    "INSERT INTO message_words_progress (id, message_id) SELECT 1, coalesce(max(id), 0) "
    "FROM conversation_messages"
)
_OPEN_TASKS = "SELECT task_id FROM background_tasks WHERE completed_at IS NULL"
_STRAY_QUEUE = Statement(
    f"SELECT item FROM queue WHERE substr(lane, 1, length(:lanes)) = :lanes "  # noqa: S608
    f"AND item NOT IN ({_OPEN_TASKS})"
)
_DROP_STRAY = Statement(f"DELETE FROM queue WHERE item = :item AND item NOT IN ({_OPEN_TASKS})")  # noqa: S608
_FORGOTTEN_TASKS = Statement(f"{_OPEN_TASKS} AND task_id NOT IN (SELECT item FROM queue)")  # noqa: S608
_BEGIN_AGAIN = Statement(
    "UPDATE background_tasks SET status = 'pending' WHERE task_id = :task "
    "AND completed_at IS NULL AND task_id NOT IN (SELECT item FROM queue) "
    "RETURNING handler, priority, coalesce(run_at, '')"
)


@dataclass(frozen=True)
class Problem:
    """Something that does not agree. `mend` makes it right from other rows, and may raise a
    GenesisError; None: a person must."""

    what: str
    message: str
    mend: Callable[[], None] | None = None


def database_problems(database: Database) -> Iterator[Problem]:
    """Everything in a database that contradicts something else in it."""
    try:
        verdicts = [str(verdict) for (verdict,) in database.fetch(_INTEGRITY, {})]
    except StorageError as error:
        verdicts = [str(error)]
    # The words have a check of their own, since they can be made anew.
    damage = [verdict for verdict in verdicts if verdict != "ok" and "message_words" not in verdict]
    if damage:
        told = f"{database.path} is damaged: {damage[0]}. Restore a backup."
        yield Problem("database", told)
        return
    for table, row, parent, _ in database.fetch(_FOREIGN_KEYS, {})[:10]:
        told = f"row {row!s} of {table!s} refers to a row of {parent!s} that is gone"
        yield Problem("database", f"{told}; restore a backup, or ask who changed it")
    for (mind,) in database.fetch(_WRONG_COUNTS, {}):
        told = f"the counters of {mind!s} are not those of its messages"
        yield Problem(
            "conversations", told, partial(_write, database, partial(_count_again, mind=str(mind)))
        )
    if not _words_are_sound(database):
        yield Problem(
            "conversations",
            "the full-text index of messages is damaged",
            partial(_write, database, _rebuild_words),
        )
    yield from _queue_problems(database)


def _queue_problems(database: Database) -> Iterator[Problem]:
    for (item,) in database.fetch(_STRAY_QUEUE, {"lanes": LANES}):
        told = f"the queue holds {item!s}, which is no open background task"
        yield Problem(
            "tasks", told, partial(_write, database, partial(_drop_stray, item=str(item)))
        )
    for (task,) in database.fetch(_FORGOTTEN_TASKS, {}):
        told = f"the background task {task!s} is open and not in the queue"
        yield Problem(
            "tasks", told, partial(_write, database, partial(_begin_again, task=str(task)))
        )


def _write(database: Database, operation: Callable[[Connection], None]) -> None:
    database.writer.write(operation)


def _count_again(connection: Connection, mind: str) -> None:
    _PROGRESS_ROW.run(connection, {})
    _FORGET_COUNTS.run(connection, {"mind": mind})
    _COUNT_AGAIN.run(connection, {"mind": mind})


def _words_are_sound(database: Database) -> bool:
    """Whether the words can be read, and are of as many messages as were fed."""

    def look(connection: Connection) -> bool:
        try:
            _CHECK_WORDS.run(connection, {})
            ((indexed, fed),) = _COUNT_WORDS.run(connection, {}).fetchall()
        except connection.dialect.loaded_dbapi.DatabaseError:
            return False
        return bool(indexed == fed)

    return database.writer.write(look)


def _rebuild_words(connection: Connection) -> None:
    _HEADS.run(connection, {})
    _REBUILD_WORDS.run(connection, {})
    _FORGET_PROGRESS.run(connection, {})
    _WORDS_ARE_FED.run(connection, {})


def _drop_stray(connection: Connection, item: str) -> None:
    _DROP_STRAY.run(connection, {"item": item})


def _begin_again(connection: Connection, task: str) -> None:
    for handler, priority, run_at in _BEGIN_AGAIN.run(connection, {"task": task}).fetchall():
        now, later = lanes_of(str(handler))
        lane = later if run_at else now
        queue.enqueue(connection, [queue.QueueEntry(task, lane, int(priority), str(run_at))])
