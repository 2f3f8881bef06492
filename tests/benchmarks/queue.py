"""Claim and complete with one worker, at 0 and at 1,000,000 finished tasks, beside raw sqlite3."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from genesis.storage import queue
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from sqlalchemy import Connection

from tests.benchmarks.figures import Figure, interleaved

ITEMS = 320
ROUNDS = 7
FINISHED = 1_000_000
BATCH = 32


def measure(folder: Path) -> Iterator[Figure]:
    """Both databases hold the same tables and the same finished tasks; both at FULL."""
    path = folder / "queue.db"
    database = Database(path)
    migrate(database, "kernel", KERNEL_REVISIONS)
    raw = _open_raw(folder / "queue-raw.db", path)
    rates: dict[str, float] = {}
    for name, finished in (("0", 0), ("1M", FINISHED)):
        if finished:
            _fill(sqlite3.connect(path), finished)
            _fill(raw, finished)
        one, batch, by_hand = interleaved(
            ROUNDS,
            lambda: _ours(database, 1),
            lambda: _ours(database, BATCH),
            lambda: _raw(raw),
        )
        rates[name] = ITEMS / one
        beside = f"raw sqlite3 {ITEMS / by_hand:,.0f}/s"
        yield Figure(f"queue claim + complete at {name} finished tasks", f"{ITEMS / one:,.0f}/s",
                     beside, by_hand / one, 0.3, at_most=False)  # fmt: skip
        yield Figure(f"the same in batches of {BATCH}", f"{ITEMS / batch:,.0f}/s",
                     beside, by_hand / batch, 1.0, at_most=False)  # fmt: skip
    database.close()
    raw.close()
    spread = max(rates.values()) / min(rates.values())
    yield Figure("queue at 0 against 1M finished tasks", f"{rates['0']:,.0f}/s",
                 f"{rates['1M']:,.0f}/s", spread, 1.3)  # fmt: skip


def _ours(database: Database, batch: int) -> None:
    entries = [queue.QueueEntry(f"i{n}", "bench") for n in range(ITEMS)]
    database.writer.write(lambda connection: queue.enqueue(connection, entries))
    for _ in range(ITEMS // batch):
        leases = database.writer.write(lambda c: queue.claim(c, "bench", "me", batch))

        def complete(connection: Connection, of: list[queue.Lease] = leases) -> None:
            queue.complete(connection, of)

        database.writer.write(complete)


def _raw(connection: sqlite3.Connection) -> None:
    do = connection.execute
    do("BEGIN IMMEDIATE")
    connection.executemany(
        "INSERT INTO queue (lane, item, priority, run_at, status, attempt) "
        "VALUES ('bench', ?, 0, '2026', 'ready', 0)",
        [(f"i{n}",) for n in range(ITEMS)],
    )
    do("COMMIT")
    for _ in range(ITEMS):
        do("BEGIN IMMEDIATE")
        item = do(
            "UPDATE queue SET status = 'leased', owner = 'me', attempt = attempt + 1, "
            "lease_until = '2027' WHERE id = (SELECT id FROM queue WHERE lane = 'bench' "
            "AND status = 'ready' AND run_at <= '2027' ORDER BY priority DESC, run_at, id LIMIT 1) "
            "RETURNING item"
        ).fetchone()[0]
        do("COMMIT")
        do("BEGIN IMMEDIATE")
        do("DELETE FROM queue WHERE item = ? AND owner = 'me' AND attempt = 1 "
           "AND status = 'leased'", (item,))  # fmt: skip
        do("COMMIT")


def _open_raw(path: Path, like: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    source = sqlite3.connect(like)
    rows = source.execute(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
        # The full-text table makes these itself.
        "AND name NOT LIKE 'message_words_%'"
    ).fetchall()
    source.close()
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
    for (sql,) in rows:
        connection.execute(sql)
    return connection


def _fill(connection: sqlite3.Connection, finished: int) -> None:
    """Finished tasks, as the kernel leaves them."""
    columns = ("id, session_id, agent_id, position, key, kind, description, status, priority, "
               "phase, params, time_limit_seconds, waiting_on, dependents, attempt, retry_count, "
               "progress, created_at, completed_at, result")  # fmt: skip
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("BEGIN") if not connection.in_transaction else None
    connection.executemany(
        f"INSERT INTO tasks ({columns}) VALUES (?, 's', 'a', 0, 'k', 'work', 'nothing', "
        "'completed', 'medium', 'run', '{}', 900, 0, 0, 1, 0, 1, '2026', '2026', '{}')",
        ((f"t{n}",) for n in range(finished)),
    )
    connection.execute("COMMIT")
