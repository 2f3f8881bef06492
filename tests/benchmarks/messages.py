"""Messages of one mind at 0 to 1,000,000 held: append, last ten, pages, search, statistics.

The baseline is sqlite3 by hand on a copy of the file: the same table and indexes, synchronous=FULL,
without counters, events and full-text search. Sizes are measured in turns, so that "flat" compares
what was measured side by side.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from genesis.clock import utc_now
from genesis.minds.conversation import ConversationManager
from genesis.storage.database import Database
from genesis.storage.message_words import feed_backlog
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.storage.minds import MindRecord, register_mind

from tests.benchmarks.figures import Figure, interleaved

GMID = "GMD-2026-AAAA-0001"
SIZES = {"0": 0, "10k": 10_000, "100k": 100_000, "1M": 1_000_000}
ROUNDS = 7
APPENDS = 256  # as many as are fed to the search index at once
THREADS, EACH = 64, 8
READS = 200
TALKING = ("user7@example.org", "place1")
TEXT = "everywhere " + "the quick brown fox jumps over the lazy dog and so on " * 5
COLUMNS = "id, role, content, user_email, environment_id, timestamp, extra_data"
INSERT = (
    "INSERT INTO conversation_messages (mind_gmid, user_email, environment_id, role, content, "
    "timestamp, awaits_result) VALUES (?, ?, ?, ?, ?, ?, 0)"
)


@dataclass
class Held:
    """One size: a conversation and the same file opened by hand."""

    conversation: ConversationManager
    database: Database
    raw: sqlite3.Connection


def measure(folder: Path) -> Iterator[Figure]:
    """Everything of the targets, each size beside its own baseline."""
    held = {name: _open(folder / name, size) for name, size in SIZES.items()}
    yield from _appends({name: held[name] for name in ("0", "100k", "1M")})
    yield _together(held["100k"])
    large = {name: held[name] for name in ("10k", "100k", "1M")}
    yield from _reads("last 10 messages", large, _last_ten, _raw_last_ten)
    yield from _reads("10 from the middle", large, _middle, _raw_middle)
    yield from _reads("last 10 of one user and place", large, _of_one, _raw_of_one)
    yield from _searches(held["1M"])
    yield _statistics(held["1M"])
    for one in held.values():
        one.raw.close()
        one.database.close()


def _appends(sizes: dict[str, Held]) -> Iterator[Figure]:
    calls: list[Callable[[], object]] = []
    for one in sizes.values():
        calls += [lambda one=one: _append(one), lambda one=one: _raw_append(one, APPENDS)]  # type: ignore[misc]
    taken = [seconds / APPENDS * 1e6 for seconds in interleaved(ROUNDS, *calls)]
    for name, ours, raw in zip(sizes, taken[::2], taken[1::2], strict=True):
        yield Figure(f"append a message at {name}", f"{ours:,.0f} us", f"raw sqlite3 {raw:,.0f} us",
                     ours / raw, 2.5)  # fmt: skip
    yield _flat("append", taken[::2], taken[1::2])


def _append(one: Held) -> None:
    """One user's conversation goes on, as most do."""
    for _ in range(APPENDS):
        one.conversation.add_message("user", TEXT, *TALKING)


def _raw_append(one: Held, count: int) -> None:
    for _ in range(count):
        row = (GMID, *TALKING, "user", TEXT, utc_now())
        one.raw.execute(INSERT, row)


def _together(one: Held) -> Figure:
    with ThreadPoolExecutor(THREADS) as pool:

        def ours() -> None:
            def work(_: int) -> None:
                for _ in range(EACH):
                    one.conversation.add_message("user", TEXT, *TALKING)

            list(pool.map(work, range(THREADS)))

        together, by_hand = interleaved(ROUNDS, ours, lambda: _raw_append(one, THREADS * EACH))
    count = THREADS * EACH
    return Figure(f"append with {THREADS} callers at once", f"{together / count * 1e6:,.0f} us",
                  f"raw sqlite3, one by one {by_hand / count * 1e6:,.0f} us",
                  together / by_hand, 1.0)  # fmt: skip


def _reads(
    name: str,
    sizes: dict[str, Held],
    ours: Callable[[Held], object],
    by_hand: Callable[[Held], object],
) -> Iterator[Figure]:
    calls: list[Callable[[], object]] = []
    for one in sizes.values():
        assert len(ours(one)) == len(by_hand(one)) == 10  # type: ignore[arg-type]  # lists
        calls += [lambda one=one: _often(ours, one), lambda one=one: _often(by_hand, one)]  # type: ignore[misc]
    taken = [seconds / READS * 1e6 for seconds in interleaved(ROUNDS, *calls)]
    for size, mine, raw in zip(sizes, taken[::2], taken[1::2], strict=True):
        yield Figure(f"{name} at {size}", f"{mine:,.0f} us", f"raw sqlite3 {raw:,.0f} us",
                     mine / raw, 4)  # fmt: skip
    yield _flat(name, taken[::2], taken[1::2])


def _often(call: Callable[[Held], object], one: Held) -> None:
    for _ in range(READS):
        call(one)


def _last_ten(one: Held) -> list[object]:
    return list(one.conversation.get_recent_messages(10))


def _raw_last_ten(one: Held) -> list[object]:
    return one.raw.execute(
        f"SELECT {COLUMNS} FROM conversation_messages WHERE mind_gmid = ? "
        "ORDER BY timestamp DESC, id DESC LIMIT 10", (GMID,)
    ).fetchall()  # fmt: skip


def _middle(one: Held) -> list[object]:
    return list(one.conversation.get_messages_before(_middle_id(one), 10))


def _raw_middle(one: Held) -> list[object]:
    middle = _middle_id(one)
    return one.raw.execute(
        f"SELECT {COLUMNS} FROM conversation_messages WHERE mind_gmid = ? "
        "AND (timestamp, id) < (?, ?) ORDER BY timestamp DESC, id DESC LIMIT 10",
        (GMID, _time(middle - 1), middle),
    ).fetchall()


def _middle_id(one: Held) -> int:
    return {"10k": 5_000, "100k": 50_000, "1M": 500_000}[one.database.path.parent.name]


def _of_one(one: Held) -> list[object]:
    return list(one.conversation.get_recent_messages(10, *TALKING))


def _raw_of_one(one: Held) -> list[object]:
    return one.raw.execute(
        f"SELECT {COLUMNS} FROM conversation_messages WHERE mind_gmid = ? AND user_email = ? "
        "AND environment_id = ? ORDER BY timestamp DESC, id DESC LIMIT 10",
        (GMID, *TALKING),
    ).fetchall()


def _searches(one: Held) -> Iterator[Figure]:
    """No target names a figure; the baseline does not order by time, and has no filters."""
    for what, query, more in (
        ("a rare word", "needle500000", {}),
        ("a word of 1 in 1000", "thousandth", {}),
        ("a word of every message", "everywhere", {}),
        ("the same of one user", "everywhere", {"user_email": TALKING[0]}),
        ("the same long ago", "everywhere", {"until": _time(1000)}),
    ):
        assert one.conversation.search_messages(query, **more)
        mine, raw = interleaved(
            ROUNDS,
            lambda q=query, m=more: one.conversation.search_messages(q, **m),  # type: ignore[misc]
            lambda q=query: _raw_search(one, q),  # type: ignore[misc]
        )
        yield Figure(f"search {what} at 1M", f"{mine * 1e6:,.0f} us",
                     f"raw FTS5, newest 20 {raw * 1e6:,.0f} us", mine / raw, None)  # fmt: skip


def _raw_search(one: Held, word: str) -> list[object]:
    return one.raw.execute(
        "SELECT m.* FROM message_words w JOIN conversation_messages m ON m.id = w.rowid "
        "WHERE w.message_words MATCH ? AND m.mind_gmid = ? ORDER BY w.rowid DESC LIMIT 20",
        (word, GMID),
    ).fetchall()


def _statistics(one: Held) -> Figure:
    count = "SELECT role, count(*) FROM conversation_messages WHERE mind_gmid = ? GROUP BY role"
    mine, raw = interleaved(
        5, one.conversation.get_stats, lambda: one.raw.execute(count, (GMID,)).fetchall()
    )
    return Figure("statistics at 1M", f"{mine * 1e6:,.0f} us", f"raw count by role {raw * 1e6:,.0f}"
                  " us", mine / raw, 0.1)  # fmt: skip


def _flat(name: str, taken: list[float], raw: list[float]) -> Figure:
    beside = f"{min(taken):,.0f} us (raw differs {max(raw) / min(raw):.2f} times)"
    return Figure(f"{name}, slowest to fastest", f"{max(taken):,.0f} us", beside,
                  max(taken) / min(taken), 1.3)  # fmt: skip


def _open(folder: Path, size: int) -> Held:
    folder.mkdir()
    path = folder / "genesis.db"
    database = Database(path)
    migrate(database, "kernel", KERNEL_REVISIONS)
    mind = MindRecord(GMID, "A", "t", None, "", None, None, "active", utc_now(), utc_now(), "")
    database.writer.write(lambda connection: register_mind(connection, mind))
    seed(path, size)
    feed_backlog(database)
    database.close()
    shutil.copy(path, folder / "raw.db")
    raw = sqlite3.connect(folder / "raw.db", isolation_level=None)
    raw.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; "
        "PRAGMA temp_store=MEMORY;"
    )
    database = Database(path)
    return Held(ConversationManager(GMID, database), database, raw)


def seed(path: Path, size: int) -> None:
    """Messages as the kernel leaves them, with the counters of their threads."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA synchronous=OFF; BEGIN")
    connection.executemany(INSERT, (_row(n) for n in range(size)))
    connection.execute(
        "INSERT INTO conversation_threads SELECT mind_gmid, user_email, environment_id, count(*), "
        "sum(role = 'user'), sum(role = 'assistant'), 0, 0, max(id), max(timestamp) "
        "FROM conversation_messages GROUP BY mind_gmid, user_email, environment_id"
    )
    connection.execute(
        "UPDATE conversation_progress SET counted_id = "
        "(SELECT coalesce(max(id), 0) FROM conversation_messages)"
    )
    connection.execute("COMMIT")
    connection.close()


def _row(n: int) -> tuple[str, ...]:
    more = " thousandth" * (n % 1000 == 0) + f" needle{n}" * (n % 100_000 == 0)
    role = ("user", "assistant")[n % 2]
    return GMID, f"user{n % 50}@example.org", f"place{n % 3}", role, TEXT + more, _time(n)


def _time(n: int) -> str:
    return f"2025-01-01T00:{n // 60_000_000:02}:{n // 1_000_000 % 60:02}.{n % 1_000_000:06}Z"
