"""Background tasks accepted, run and completed, beside the same rows written by raw sqlite3, and
with 100,000 finished tasks in the table. Beside huey and DBOS: `tests.benchmarks.peers`.

The task does nothing, so this is the cost of keeping it: its record, its place in the queue, and
its events. Both sides write with synchronous=FULL, one commit to accept and one to go on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from genesis.clock import utc_now
from genesis.minds.background import BackgroundTasks
from genesis.minds.background_handlers import Handlers
from genesis.minds.background_runner import BackgroundRunner
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.storage.minds import MindRecord, register_mind

from tests.benchmarks.figures import Figure, interleaved

TASKS = 200
ROUNDS = 7
FINISHED = 100_000
GMID = "GMD-2026-AAAA-0001"
_COLUMNS = (
    "task_id, mind_gmid, user_request, handler, status, progress, priority, created_at, "
    "retry_count, max_retries, notify_on_complete, cancel_requested, context, attachments, "
    "extra_data, completed_at"
)
_VALUES = f"'{GMID}', 'nothing', 'request', ?, 0, 0, '2026', 0, 2, 1, 0, '{{}}', '[]', '{{}}', ?"
_TELL = (
    "INSERT INTO events (type, subject, payload, created_at) "
    'VALUES (\'background_task.\', ?, \'{"mind": "m", "handler": "request"}\', \'2026\')'
)


def measure(folder: Path) -> Iterator[Figure]:
    """Each round gives TASKS tasks one after another and then works until all are done."""
    new, old = _open(folder / "new.db"), _open(folder / "old.db")
    _fill(folder / "old.db")
    _open(folder / "raw.db").close()
    raw = sqlite3.connect(folder / "raw.db", isolation_level=None)
    raw.execute("PRAGMA synchronous=FULL")
    one, two, after_many, by_hand = interleaved(
        ROUNDS, lambda: _ours(new, 1), lambda: _ours(new, 2), lambda: _ours(old, 2),
        lambda: _raw(raw),
    )  # fmt: skip
    for database in (new, old, raw):
        database.close()
    for workers, seconds in ((1, one), (2, two)):
        yield Figure(f"background tasks, {workers} worker(s)", f"{TASKS / seconds:,.0f}/s",
                     f"raw sqlite3 {TASKS / by_hand:,.0f}/s", by_hand / seconds, None)  # fmt: skip
    yield Figure("background tasks after 100k that ended", f"{TASKS / after_many:,.0f}/s",
                 f"after none {TASKS / two:,.0f}/s", after_many / two, 1.3)  # fmt: skip


def _open(path: Path) -> Database:
    database = Database(path)
    migrate(database, "kernel", KERNEL_REVISIONS)
    mind = MindRecord(GMID, "Atlas", "bench", None, "", None, None, "active", utc_now(), utc_now(),
                      f"{GMID}.json")  # fmt: skip
    database.writer.write(lambda connection: register_mind(connection, mind))
    return database


def _ours(database: Database, workers: int) -> None:
    handlers = Handlers()
    handlers.register("request", lambda _context: None)
    tasks = BackgroundTasks(GMID, database, handlers=handlers)
    last = [tasks.submit("nothing") for _ in range(TASKS)][-1]
    runner = BackgroundRunner(
        database, handlers, owner="bench", is_alive=lambda _owner: True, workers=workers
    )
    runner.run_until_idle()
    ended = tasks.get_task(last.task_id)
    assert ended is not None
    assert ended.status == "completed"
    assert tasks.get_active_tasks() == []


def _raw(connection: sqlite3.Connection) -> None:
    do = connection.execute
    first = do("SELECT count(*) FROM background_tasks").fetchone()[0]
    for number in range(first, first + TASKS):
        task = f"task-{number:020}"
        do("BEGIN IMMEDIATE")
        do(f"INSERT INTO background_tasks ({_COLUMNS}) VALUES (?, {_VALUES})",
           (task, "pending", None))  # fmt: skip
        do("INSERT INTO queue (lane, item, priority, run_at, status, attempt) "
           "VALUES ('bench', ?, 0, '', 'ready', 0)", (task,))  # fmt: skip
        do(_TELL, (task,))
        do("COMMIT")
    ended = None
    while True:
        do("BEGIN IMMEDIATE")
        if ended is not None:
            do("DELETE FROM queue WHERE item = ? AND owner = 'me' AND attempt = 1", (ended,))
            do("UPDATE background_tasks SET status = 'completed', completed_at = '2026', "
               "result = 'null', progress = 1 WHERE task_id = ?", (ended,))  # fmt: skip
            do(_TELL, (ended,))
        row = do(
            "UPDATE queue SET status = 'leased', owner = 'me', attempt = attempt + 1, "
            "lease_until = '2027' WHERE id = (SELECT id FROM queue WHERE lane = 'bench' "
            "AND status = 'ready' AND run_at <= '2027' ORDER BY priority DESC, run_at, id LIMIT 1) "
            "RETURNING item"
        ).fetchone()
        if row is not None:
            do("UPDATE background_tasks SET status = 'running', started_at = '2026' "
               "WHERE task_id = ?", row)  # fmt: skip
            do(_TELL, row)
        do("COMMIT")
        if row is None:
            return
        ended = row[0]


def _fill(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(
        f"INSERT INTO background_tasks ({_COLUMNS}) VALUES (?, {_VALUES})",
        ((f"task-{-number:020}", "completed", "2026") for number in range(1, FINISHED + 1)),
    )
    connection.execute("COMMIT")
    connection.close()
