"""Whether what a ledger says is in a home, and the home agrees with itself.

`look` reads the database as any program could; `examine` opens the home as Genesis does. Both
give what is wrong, in words.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from genesis.mind import Mind
from genesis.minds.mind_file import read_mind_file
from genesis.minds.store import MindStore
from genesis.minds.verify import find_problems
from genesis.storage.index_pool import LARGE

from tests.crash.minds_ledger import Key, Told
from tests.crash.minds_writer import SHARED, opened_mind, opened_store

_SAMPLE = 200
# The index begins with the mind.
_OF_CALL = "mind_gmid IN (SELECT gmid FROM minds) AND tool_call_id = ?"
_NOW = {
    "message": "SELECT content FROM conversation_messages WHERE id = ?",
    "call": f"SELECT content FROM conversation_messages WHERE {_OF_CALL} AND role = 'assistant'",
    "memory": "SELECT content FROM memories WHERE memory_id = ?",
    "concern": "SELECT json_array(status, check_count) FROM concerns WHERE concern_id = ?",
}  # fmt: skip
_RESULT = (
    "SELECT content, json_extract(extra_data, '$.repaired') FROM conversation_messages "
    f"WHERE {_OF_CALL} AND role = 'tool'"
)
_MET = (
    "SELECT interaction_count, positive_interactions FROM relationships "
    "WHERE from_gmid = ? AND to_gmid = ?"
)
_STARTED = (
    "CREATE TEMP TABLE started AS SELECT subject AS task, count(*) AS times FROM events "
    "WHERE type = 'background_task.started' GROUP BY subject"
)
# Each has its one event, and no event tells of what is neither there nor deleted.
_AGREES = {
    "messages without their event": "SELECT count(*) FROM conversation_messages WHERE id NOT IN "
    "(SELECT json_extract(payload, '$.message_id') FROM events WHERE type = 'message.added')",
    "events of messages that are not there": "SELECT count(*) - (SELECT count(*) FROM "
    "conversation_messages) - (SELECT coalesce(sum(json_extract(payload, '$.count')), 0) FROM "
    "events WHERE type = 'messages.deleted') FROM events WHERE type = 'message.added'",
    "memories without their event": "SELECT count(*) FROM memories WHERE memory_id NOT IN "
    "(SELECT subject FROM events WHERE type = 'memory.added')",
    "concerns without their event": "SELECT count(*) FROM concerns WHERE concern_id NOT IN "
    "(SELECT subject FROM events WHERE type = 'concern.added')",
    "tasks that ended more than once": "SELECT count(*) FROM (SELECT 1 FROM events WHERE type = "
    "'background_task.finished' GROUP BY subject HAVING count(*) > 1)",
    "tasks that ended without their event": "SELECT count(*) FROM background_tasks WHERE "
    "completed_at IS NOT NULL AND task_id NOT IN "
    "(SELECT subject FROM events WHERE type = 'background_task.finished')",
    "tasks that were started after they had ended": "SELECT count(*) FROM events s JOIN events f "
    "ON f.subject = s.subject AND f.type = 'background_task.finished' AND f.id < s.id "
    "WHERE s.type = 'background_task.started'",
    "calls without a result": "SELECT count(*) FROM conversation_messages c WHERE c.tool_call_id "
    "IS NOT NULL AND c.role = 'assistant' AND NOT EXISTS (SELECT 1 FROM conversation_messages r "
    "WHERE r.mind_gmid = c.mind_gmid AND r.tool_call_id = c.tool_call_id AND r.role = 'tool')",
}  # fmt: skip


def look(database: Path, told: Told, keys: Iterable[Key]) -> list[str]:
    """What of these is not as it was told."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(_STARTED)
        connection.execute("CREATE UNIQUE INDEX temp.ix_started ON started (task)")
        return [wrong for key in keys for wrong in _look_at(connection, told, key)]


def _look_at(connection: sqlite3.Connection, told: Told, key: Key) -> Iterator[str]:
    kind, name = key
    allowed = told.values.get(key, [])
    if kind in _NOW:
        row = connection.execute(_NOW[kind], (name,)).fetchone()
        now = None if row is None else row[0]
        now = json.loads(now) if kind == "concern" and now is not None else now
        # Of a call that was only tried, there may be nothing.
        if now not in allowed and not (now is None and not told.did[key]):
            yield f"{kind} {name} is {now!r:.200}, not one of {allowed!r:.300}"
    elif kind == "result":
        row = connection.execute(_RESULT, (name,)).fetchone()
        is_there = row is not None and not row[1]
        if told.did[key] and not (is_there and row[0] in allowed):
            yield f"the result of {name} is {row!r:.200}, not {allowed!r:.200}"
    elif kind == "meeting":
        yield from _count_met(connection, told, name)
    elif kind == "task":
        yield from _look_at_task(connection, told, name, allowed)


def _count_met(connection: sqlite3.Connection, told: Told, name: str) -> Iterator[str]:
    gmid, whom, which = name.split()
    row = connection.execute(_MET, (gmid, whom)).fetchone() or (0, 0)
    met = row[1] if which == "good" else row[0]
    count = told.count("meeting", name)
    if not count.did <= met <= count.tried:
        yield f"{name}: {met} meetings, of {count.did} to {count.tried}"


def _look_at_task(
    connection: sqlite3.Connection, told: Told, name: str, allowed: list[object]
) -> Iterator[str]:
    row = connection.execute(
        "SELECT status, result, (SELECT times FROM started WHERE task = task_id) "
        "FROM background_tasks WHERE task_id = ?", (name,),
    ).fetchone()  # fmt: skip
    if row is None:
        if told.did["task", name]:
            yield f"task {name} is gone"
        return
    status, result, started = row
    if status in ("failed", "cancelled") and status not in allowed:
        yield f"task {name} is {status}"
    if allowed == ["cancelled"] and status != "cancelled":
        yield f"task {name} was cancelled and is {status}"
    ended = [value for value in allowed if value not in ("accepted", "cancelled")]
    if ended and (status != "completed" or json.loads(result) not in ended):
        yield f"task {name} had ended with {ended} and is {status} with {result}"
    if told.ran[name] > (started or 0):
        yield f"task {name} was worked on {told.ran[name]} times and started {started} times"


def examine(folder: Path, gmids: Iterable[str] = (SHARED,)) -> list[str]:
    """Open the home of a folder and look at everything; nobody else may write meanwhile."""
    told = Told()
    told.read(folder / "ledger.log")
    wrong = [*told.errors, *(f"task {name} ran after its end" for name in told.ran_after_end)]
    with opened_store(folder) as store:
        minds = [opened_mind(store, gmid) for gmid in gmids]
        for mind in minds:
            wrong += _find_again(mind, told, settled=False)
            settled = store.indexes.settle(mind.gmid, 120)
            wrong += [] if settled else [f"the index of {mind.gmid} does not settle"]
            wrong += store.indexes.check(mind.gmid) or []
            wrong += _find_again(mind, told, settled=True)
        wrong += [problem.message for problem in find_problems(store)]
        wrong += look(store.database.path, told, told.values.keys() | told.tried.keys())
        wrong += _disagreements(store)
        wrong += _look_at_files(store, told)
    return wrong


def _disagreements(store: MindStore) -> Iterator[str]:
    with closing(sqlite3.connect(store.database.path)) as connection:
        for what, query in _AGREES.items():
            (count,) = connection.execute(query).fetchone()
            if count:
                yield f"{count} {what}"


def _find_again(mind: Mind, told: Told, *, settled: bool) -> Iterator[str]:
    """A sample of what was acknowledged, by words and by meaning."""
    rng = random.Random(len(told.values))
    mine = f"in {mind.gmid}, {'settled' if settled else 'just opened'}"
    memories = [(n, v[0]) for n, v in told.of("memory").items() if len(v) == 1]
    unfound = []
    for name, content in rng.sample(memories, min(20, len(memories))):
        known = mind.memory.get_memory(name)
        text = str(content) if content is not None else "it was forgotten"
        found = [one.id for one in mind.memory.search_memories(text, limit=5, all_users=True)]
        if content is None and name in found:
            yield f"the memory {name} is found though it was forgotten {mine}"
        if known is not None and name not in found:
            unfound.append(f"the memory {name} ({content!r}) is not found {mine}")
    # The index of a large mind may lose sight of one.
    yield from unfound if len(unfound) > 1 or len(memories) < LARGE else []
    messages = [(n, v[0]) for n, v in told.of("message").items() if len(v) == 1]
    own = {int(str(one["id"])) for one in mind.conversation.iter_messages()}
    for number, content in [] if settled else rng.sample(messages, min(_SAMPLE, len(messages))):
        if content is None or int(number) not in own:
            continue
        word = str(content).split()[0]
        found = [str(one["id"]) for one in mind.conversation.search_messages(word, limit=5)]
        if found != [number]:
            yield f"the message {number} ({word}) is not found: {found} {mine}"


def _look_at_files(store: MindStore, told: Told) -> Iterator[str]:
    for key, allowed in told.of("save").items():
        gmid, name = key.split()
        section = read_mind_file(store.home.minds / f"{gmid}.json").plugins.get("crash")
        saved = section.get(name) if isinstance(section, dict) else None
        # Before the first acknowledgement there need be none.
        if saved not in allowed and told.did["save", key]:
            yield f"{gmid} has {saved} saves of {name}, not {allowed}"
