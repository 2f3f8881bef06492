"""Concerns at 0 and at 1,000,000: adding, checking, and what is due, beside raw sqlite3 and JSON.

The JSON list is what the first seed kept: one file, read whole, then scanned. Both are printed,
the file read and scanned and the list scanned when it is in memory already. The seed's claim (at
least 1000 times) is about the file: a table in a file takes the place of a list in a file.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

from genesis.clock import parse_time, utc_now
from genesis.minds.concerns import Concerns
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.storage.minds import MindRecord, register_mind

from tests.benchmarks.figures import Figure, interleaved

MIND = "GMD-2026-AAAA-0001"
MANY = 1_000_000
ROUNDS = 7
CALLS = 40
DUE = {10: "2025-01-01T00:00:00Z", 100: "2025-02-01T00:00:00Z"}
COLUMNS = (
    "concern_id", "concern_type", "content", "user_email", "context", "priority", "confidence",
    "status", "created_at", "last_checked_at", "next_check_at", "resolved_at", "check_count",
    "follow_up_message", "extra_data",
)  # fmt: skip
QUERY = (
    f"SELECT {', '.join(COLUMNS)} FROM concerns WHERE mind_gmid = ? AND status <> 'resolved' "
    "AND next_check_at <= ? ORDER BY next_check_at, concern_id LIMIT 100"
)
CHECK = (
    "UPDATE concerns SET check_count = check_count + 1, last_checked_at = ?, next_check_at = ? "
    "WHERE concern_id = ? AND status <> 'resolved'"
)
COUNT = "SELECT status, count(*) FROM concerns WHERE mind_gmid = ? GROUP BY status"
INSERT = f"INSERT INTO concerns (mind_gmid, {', '.join(COLUMNS)}) VALUES (?{', ?' * len(COLUMNS)})"


def measure(folder: Path) -> Iterator[Figure]:
    """Everything at synchronous=FULL; the raw databases hold the same tables and rows."""
    small, big = _open(folder, "small"), _open(folder, "big")
    for path in (big.database.path, big.raw_path):
        _fill(path)
    yield from _writes(small, big)
    due = {}
    for number, now in DUE.items():
        due[number], by_hand = _due(big.concerns, big.raw, now, number)
        yield Figure(f"{number} due concerns among 1M", f"{due[number] * 1e6:,.0f} us",
                     f"raw sqlite3 {by_hand * 1e6:,.0f} us", due[number] / by_hand, 4)  # fmt: skip
    counted, by_hand = interleaved(
        ROUNDS, big.concerns.stats, lambda: big.raw.execute(COUNT, (MIND,)).fetchall()
    )
    yield Figure("count 1M concerns by status", f"{counted * 1e3:,.0f} ms",
                 f"raw sqlite3 {by_hand * 1e3:,.0f} ms", counted / by_hand, None)  # fmt: skip
    yield from _json(folder / "concerns.json", due)
    for place in (small, big):
        place.database.close()
        place.raw.close()


class _Place(NamedTuple):
    """A database as the kernel opens it, and one of the same tables opened by hand."""

    database: Database
    concerns: Concerns
    raw: sqlite3.Connection
    raw_path: Path
    ids: list[str]
    raw_ids: list[str]


def _open(folder: Path, name: str) -> _Place:
    database = Database(folder / f"{name}.db")
    migrate(database, "kernel", KERNEL_REVISIONS)
    mind = MindRecord(MIND, "A", "t", None, "", None, None, "active", utc_now(), utc_now(), "a")
    database.writer.write(lambda c: register_mind(c, mind))
    raw_path = folder / f"{name}-raw.db"
    raw = sqlite3.connect(raw_path, isolation_level=None)
    with closing(sqlite3.connect(database.path)) as source:
        source.backup(raw)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
        raw.execute(f"PRAGMA {pragma}")
    return _Place(database, Concerns(MIND, database), raw, raw_path, [], [])


def _add(place: _Place) -> None:
    for _ in range(CALLS):
        added = place.concerns.add(
            "Ann has a cold", "health", user_email="ann@x", next_check_at="2099-01-01"
        )
        place.ids.append(added.concern_id)


def _raw_add(place: _Place) -> None:
    for _ in range(CALLS):
        place.raw_ids.append(_id(time.time_ns() // 1000))
        row = _row(place.raw_ids[-1], "active", utc_now(), "2099-01-01T00:00:00.000000Z")
        _raw(place.raw, INSERT, row, place.raw_ids[-1])


def _check(place: _Place) -> None:
    for concern_id in place.ids[-CALLS:]:
        place.concerns.check(concern_id, "2099-01-01T00:00:00Z")


def _raw_check(place: _Place) -> None:
    for concern_id in place.raw_ids[-CALLS:]:
        _raw(place.raw, CHECK, (utc_now(), "2099", concern_id), concern_id)


def _writes(small: _Place, big: _Place) -> Iterator[Figure]:
    """One add and one check, each with its event and durable; all in turns."""
    for what, ours, by_hand in (("add", _add, _raw_add), ("check", _check, _raw_check)):
        taken = interleaved(
            ROUNDS, partial(ours, small), partial(ours, big),
            partial(by_hand, small), partial(by_hand, big),
        )  # fmt: skip
        few, many, raw_few, raw_many = (each / CALLS * 1e6 for each in taken)
        for size, mine, raw in (("0", few, raw_few), ("1M", many, raw_many)):
            yield Figure(f"{what} a concern at {size}", f"{mine:,.0f} us",
                         f"raw sqlite3 {raw:,.0f} us", mine / raw, 2.5)  # fmt: skip
        yield Figure(f"{what} a concern, 1M against 0", f"{many:,.0f} us", f"{few:,.0f} us",
                     many / few, 1.3)  # fmt: skip


def _raw(raw: sqlite3.Connection, sql: str, values: tuple[object, ...], concern_id: str) -> None:
    raw.execute("BEGIN IMMEDIATE")
    raw.execute(sql, values)
    raw.execute("INSERT INTO events (type, subject, payload, created_at) VALUES (?, ?, ?, ?)",
                ("concern.changed", concern_id, json.dumps({"mind": MIND}), utc_now()))  # fmt: skip
    raw.execute("COMMIT")


def _due(concerns: Concerns, raw: sqlite3.Connection, now: str, number: int) -> tuple[float, float]:
    moment = parse_time(now)
    assert len(concerns.due(now)) == number == len(raw.execute(QUERY, (MIND, moment)).fetchall())

    def ours() -> None:
        for _ in range(CALLS):
            concerns.due(now)

    def by_hand() -> None:
        for _ in range(CALLS):
            raw.execute(QUERY, (MIND, moment)).fetchall()

    mine, theirs = interleaved(ROUNDS, ours, by_hand)
    return mine / CALLS, theirs / CALLS


def _json(path: Path, due: dict[int, float]) -> Iterator[Figure]:
    with path.open("w") as file:
        file.write("[")
        for number, (concern_id, status, created, check) in enumerate(_concerns()):
            concern = {"concern_id": concern_id, "concern_type": "health", "user_email": "ann@x",
                       "description": "Ann has a cold", "created_at": created,
                       "follow_up_at": check, "resolved": status == "resolved"}  # fmt: skip
            file.write(("," if number else "") + json.dumps(concern))
        file.write("]")
    held: list[dict[str, str]] = []

    def load() -> None:
        held.clear()
        with path.open() as file:
            held.extend(json.load(file))

    def scan(now: str) -> list[dict[str, str]]:
        found = [c for c in held if not c["resolved"] and c["follow_up_at"] <= now]
        return sorted(found, key=lambda c: c["follow_up_at"])[:100]

    few, many = (parse_time(now) for now in DUE.values())
    loaded, scan_few, scan_many = interleaved(5, load, lambda: scan(few), lambda: scan(many))
    assert [len(scan(few)), len(scan(many))] == [*DUE]
    for number, scanned in zip(DUE, (scan_few, scan_many), strict=True):
        for what, seconds, target in (
            ("read and scan a JSON list of 1M", loaded + scanned, 1000),
            ("scan it when it is in memory", scanned, None),
        ):
            yield Figure(f"{number} due: {what}", f"{due[number] * 1e6:,.0f} us",
                         f"JSON {seconds * 1e3:,.0f} ms", seconds / due[number], target,
                         at_most=False)  # fmt: skip


def _concerns() -> Iterator[tuple[str, str, str, str]]:
    """Id, status, creation and next check: 10 due early, 90 later, half of the rest resolved."""
    for number in range(MANY):
        clock = f"T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.000000Z"
        day = "2024-12-31" if number < 10 else "2025-01-15" if number < 100 else "2098-01-01"
        status = "active" if number % 3 else "monitoring"
        if number >= 100 and number % 2:
            status = "resolved"
        yield _id(number), status, f"2024-{number % 12 + 1:02}-01{clock}", day + clock


def _row(concern_id: str, status: str, created: str, check: str) -> tuple[object, ...]:
    return (MIND, concern_id, "health", "Ann has a cold", "ann@x", "", "medium", 0.5, status,
            created, None, check, None, 0, None, "{}")  # fmt: skip


def _id(number: int) -> str:
    return f"{number:014x}{secrets.token_hex(9)}"


def _fill(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.executemany(INSERT, (_row(*concern) for concern in _concerns()))
        connection.execute("COMMIT")
        # So that what follows does not wait for the disk to take all this.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
