"""The XP ledger beside raw sqlite3: reading the log, rebuilding, awards and leaderboards.

What is raw is a plain program over the same tables that writes the same rows, without rules,
checks or other writers. The million rows are of 1,000 agents and were not earned by events, which
a rebuild does not look at.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import statistics
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from genesis.storage.database import Database
from genesis_gamification.leaderboards import METRICS, PERIODS, leaderboard
from genesis_gamification.ledger import COLUMNS
from genesis_gamification.levels import load_levels
from genesis_gamification.plugin import GamificationPlugin
from genesis_gamification.verify import rewrite

from tests.benchmarks.figures import Figure, seconds
from tests.gamification.logs import (
    Entry,
    append,
    busy_log,
    events_of,
    make_database,
    make_plugin,
    moment,
    task,
)

EVENTS = 100_000
ROWS = 1_000_000
AGENTS = 1_000
BATCH = 1000
AWARDS = 300
FIRST = date(2024, 1, 1)
DAYS = 500
INSERT = f"INSERT INTO xp_transactions ({', '.join(COLUMNS)}) VALUES (?{', ?' * 13})"
PROJECTIONS = (
    "agent_levels", "agent_streaks", "agent_achievements", "gamification_metrics",
    "gamification_daily",
)  # fmt: skip
Row = tuple[object, ...]


def measure(folder: Path) -> Iterator[Figure]:
    """Everything; the log is of 100,000 events, the ledger of 1,000,000 rows."""
    yield from _reading(folder)
    yield from _million(folder)


def _reading(folder: Path) -> Iterator[Figure]:
    with closing(make_database(folder / "read.db")) as database:
        append(database, busy_log(EVENTS))
        plugin = make_plugin(database, folder)
        taken = seconds(plugin.catch_up)
        written = _rows(database.path, f"SELECT {', '.join(COLUMNS)} FROM xp_transactions")
        raw = _raw_reading(folder / "raw.db", database.path, written)
        rate = EVENTS / taken
        yield Figure(f"read {EVENTS:,} events ({len(written):,} rows)", f"{rate:,.0f}/s",
                     "10,000/s", rate / 10_000, 1, at_most=False)  # fmt: skip
        yield Figure("the same beside writing the same rows", f"{taken:,.1f} s",
                     f"raw sqlite3 {raw:,.1f} s", taken / raw, None)  # fmt: skip
        yield from _duplicates(database, plugin)
        yield from _awards(folder, database, plugin)


def _raw_reading(path: Path, source: Path, written: list[Row]) -> float:
    """Read the events, write given rows in batches with each batch's totals and days."""
    make_database(path).close()
    with closing(_open(path)) as raw, closing(_open(source)) as log:
        begun = time.perf_counter()
        # As many rows as a thousand events bring.
        size = len(written) * BATCH // EVENTS
        events = log.execute("SELECT id, payload FROM events ORDER BY id")
        for start in range(0, len(written), size):
            for _, payload in events.fetchmany(BATCH):
                json.loads(payload)
            part = written[start : start + size]
            raw.execute("BEGIN IMMEDIATE")
            raw.executemany(INSERT, part)
            _raw_totals(raw, part)
            raw.execute("COMMIT")
        return time.perf_counter() - begun


def _raw_totals(raw: sqlite3.Connection, part: list[Row]) -> None:
    raw.executemany(
        "INSERT INTO agent_levels VALUES (?, 1, ?2, ?2, '', ?3, ?3) ON CONFLICT (agent_id) "
        "DO UPDATE SET total_xp = total_xp + ?2",
        [(row[0], row[1], row[5]) for row in part],
    )
    raw.executemany(
        "INSERT INTO gamification_daily VALUES (?, ?, ?, 0, 0) ON CONFLICT DO UPDATE SET "
        "xp = xp + excluded.xp",
        [(row[8], row[0], row[1]) for row in part],
    )


def _duplicates(database: Database, plugin: GamificationPlugin) -> Iterator[Figure]:
    events = events_of(database)[:20_000]

    async def tell() -> None:
        for event in events:
            await plugin.hear(event)

    rate = len(events) / seconds(lambda: asyncio.run(tell()))
    yield Figure("events that are delivered again", f"{rate:,.0f}/s", "50,000/s", rate / 50_000, 1,
                 at_most=False)  # fmt: skip
    before = _rows(database.path, "SELECT count(*) FROM xp_transactions")
    database.writer.write(
        lambda c: c.exec_driver_sql("UPDATE gamification_state SET checkpoint = checkpoint - 20000")
    )
    again = make_plugin(database, database.path.parent)
    rate = 20_000 / seconds(again.catch_up)
    assert before == _rows(database.path, "SELECT count(*) FROM xp_transactions")
    yield Figure("a log that is read again from its start", f"{rate:,.0f}/s", "50,000/s",
                 rate / 50_000, None, at_most=False)  # fmt: skip


def _awards(folder: Path, database: Database, plugin: GamificationPlugin) -> Iterator[Figure]:
    """One award each, durable; the commit alone is the same database writing one row."""
    with closing(Database(database.path)) as durable:
        plugin = make_plugin(durable, folder)
        plugin.catch_up()
        number = iter(range(10**9))
        commits, hands, events = [], [], []
        for _ in range(AWARDS):
            commits.append(seconds(lambda: _commit(durable)))
            hands.append(seconds(
                lambda: plugin.award_xp("agent-1", 1, "r", f"k-{next(number)}", "bench")
            ))  # fmt: skip
            name = f"one-{next(number)}"
            event = task(name, "agent-2", session=name)
            last = _add(durable, event)
            events.append(seconds(partial(plugin.engine.pull, last)))
        commit, hand, pulled = (statistics.median(each) * 1e3 for each in (commits, hands, events))
    for what, mine in (("an award by hand", hand), ("an award of an event", pulled)):
        yield Figure(f"{what}, over the commit", f"{mine - commit:.2f} ms",
                     f"1 ms (the commit: {commit:.2f} ms)", mine - commit, 1)  # fmt: skip


def _commit(database: Database) -> None:
    database.writer.write(
        lambda c: c.exec_driver_sql("UPDATE gamification_state SET version = version WHERE id = 1")
    )


def _add(database: Database, event: Entry) -> int:
    row = (event.type, event.subject, event.session_id, json.dumps(dict(event.payload)),
           moment(event.at))  # fmt: skip
    return int(database.writer.write(
        lambda c: c.exec_driver_sql(
            "INSERT INTO events (type, subject, session_id, payload, created_at) "
            "VALUES (?, ?, ?, ?, ?)", row,
        ).lastrowid
    ))  # fmt: skip


def _million(folder: Path) -> Iterator[Figure]:
    with closing(make_database(folder / "million.db")) as database:
        plugin = make_plugin(database, folder / "million")
        _fill(database.path)
        ours = seconds(lambda: rewrite(plugin.engine))
        raw_path = folder / "raw-million.db"
        with closing(_open(raw_path)) as raw, closing(_open(database.path)) as source:
            source.backup(raw)
            raw.execute("PRAGMA journal_mode=WAL")
            by_hand = seconds(lambda: _raw_rebuild(raw))
        assert _projected(raw_path) == _projected(database.path)
        yield Figure(f"rebuild from {ROWS:,} rows", f"{ours:,.1f} s",
                     f"raw sqlite3 {by_hand:,.1f} s", ours / by_hand, 3.5)  # fmt: skip
        size = database.path.stat().st_size / 1e6
        yield Figure("the file", f"{size:,.0f} MB", "320 MB", size / 320, None)
        yield from _boards(database)


def _fill(path: Path) -> None:
    """A million rows: tasks of 1,000 agents over 500 days, every ninth failed."""
    with closing(_open(path)) as raw:
        raw.execute("BEGIN")
        raw.executemany(
            "INSERT OR IGNORE INTO agents (id, team_id, name, role, emoji, is_active, "
            "created_at, updated_at) VALUES (?, 't', ?, 'r', '', 1, '2026', '2026')",
            [(f"agent-{n}", f"agent-{n}") for n in range(AGENTS)],
        )
        raw.executemany(INSERT, (_row(number) for number in range(ROWS)))
        raw.execute("COMMIT")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _row(number: int) -> Row:
    agent = f"agent-{number * 7 % AGENTS}"
    day = (FIRST + timedelta(days=number * DAYS // ROWS)).isoformat()
    at = f"{day}T{number // 3600 % 12 + 6:02}:{number // 60 % 60:02}:{number % 60:02}.000000Z"
    failed = number % 9 == 8
    facts = {"kind": "task", "status": "failed" if failed else "completed",
             "duration_seconds": number * 137 % 600_000 / 1000, "cost_usd": 0.0}  # fmt: skip
    return (agent, 0 if failed else 10 + number % 7, "Task completed", "task_completion",
            f"t-{number}", at, "task-completed", 1, day,
            f"base:task-completed:{agent}:t-{number}", number, None, "",
            json.dumps(facts))  # fmt: skip


class _Agent:
    """What a plain program would keep of an agent."""

    def __init__(self, moment: str) -> None:
        self.first = self.last = moment
        self.counters = {
            "total_xp": 0, "level": 1, "peak_level": 1, "tasks_completed": 0, "tasks_failed": 0,
            "success_run": 0, "failure_run": 0, "comebacks": 0, "zero_cost_run": 0,
        }  # fmt: skip
        self.durations: list[float] = []
        self.streak = {"current": 0, "longest": 0, "freezes": 0, "last_activity_date": "",
                       "last_day": ""}  # fmt: skip


def _raw_rebuild(raw: sqlite3.Connection) -> None:
    """The same projections, by a plain loop over the rows."""
    agents: dict[str, _Agent] = {}
    daily: dict[tuple[str, str], list[int]] = {}
    rows = raw.execute(
        "SELECT agent_id, amount, local_day, created_at, facts FROM xp_transactions ORDER BY id"
    )
    for name, amount, day, at, text in rows:
        agent = agents.get(name)
        if agent is None:
            agent = agents[name] = _Agent(at)
        agent.last = at
        agent.counters["total_xp"] += amount
        counts = daily.setdefault((day, name), [0, 0, 0])
        counts[0] += amount
        facts = json.loads(text)
        if facts.get("kind") == "task":
            completed = facts["status"] == "completed"
            counts[1 if completed else 2] += 1
            _raw_task(agent, facts, completed)
            _raw_streak(agent.streak, day, completed)
    _raw_write(raw, agents, daily)


def _raw_task(agent: _Agent, facts: dict[str, float], completed: bool) -> None:
    counters = agent.counters
    if not completed:
        counters["tasks_failed"] += 1
        counters["failure_run"] += 1
        counters["success_run"] = 0
        return
    counters["tasks_completed"] += 1
    counters["success_run"] += 1
    counters["comebacks"] += counters["failure_run"] >= 3
    counters["failure_run"] = 0
    agent.durations = [*agent.durations, facts["duration_seconds"]][-5:]
    counters["zero_cost_run"] = 0 if facts["cost_usd"] else counters["zero_cost_run"] + 1


def _raw_streak(streak: dict[str, object], day: str, completed: bool) -> None:
    if day > str(streak["last_day"]):
        if streak["last_activity_date"] != streak["last_day"]:
            if streak["freezes"]:
                streak["freezes"] -= 1  # type: ignore[operator]
            else:
                streak["current"] = 0
        streak["last_day"] = day
    if completed and streak["last_activity_date"] != day:
        streak["last_activity_date"] = day
        streak["current"] += 1  # type: ignore[operator]
        streak["longest"] = max(streak["longest"], streak["current"])  # type: ignore[type-var]
        if streak["current"] % 7 == 0:  # type: ignore[operator]
            streak["freezes"] = min(streak["freezes"] + 1, 2)  # type: ignore[operator]


def _raw_write(
    raw: sqlite3.Connection, agents: dict[str, _Agent], daily: dict[tuple[str, str], list[int]]
) -> None:
    levels = load_levels()
    starts = [level.xp_required for level in levels]
    raw.execute("BEGIN IMMEDIATE")
    for table in PROJECTIONS:
        raw.execute(f"DELETE FROM {table} WHERE 1")
    for name, agent in agents.items():
        counters = agent.counters
        level = levels[bisect_right(starts, counters["total_xp"]) - 1]
        counters["level"] = level.level
        record = {
            **counters, "last_durations": agent.durations, "sessions": 0,
            "sessions_with_2plus_agents": 0, "sessions_completed_at_night": 0,
            "perfect_sessions": 0, "prs_merged": 0, "praise_count": 0,
            "lessons_reused_by_others": 0, "automations_approved": 0,
            "experiments_double_down": 0, "streak": agent.streak, "unlocked": [],
        }  # fmt: skip
        streak = agent.streak
        raw.execute(
            "INSERT INTO agent_levels VALUES (?, ?, ?, ?, ?, ?, ?)",
            (name, level.level, counters["total_xp"] - level.xp_required, counters["total_xp"],
             level.title, agent.first, agent.last),
        )  # fmt: skip
        raw.execute(
            "INSERT INTO agent_streaks VALUES (?, ?, ?, ?, ?)",
            (name, streak["current"], streak["longest"], streak["last_activity_date"], agent.last),
        )
        text = json.dumps(record, separators=(",", ":"), sort_keys=True)
        raw.execute("INSERT INTO gamification_metrics VALUES (?, ?)", (name, text))
    raw.executemany(
        "INSERT INTO gamification_daily VALUES (?, ?, ?, ?, ?)",
        [(*key, *counts) for key, counts in daily.items()],
    )
    raw.execute("COMMIT")


def _boards(database: Database) -> Iterator[Figure]:
    """Every metric of every period, and the slowest of them by its 99th percentile."""
    today = FIRST + timedelta(days=DAYS - 1)
    for period in PERIODS:
        worst = 0.0
        for metric in METRICS:
            taken = []
            for _ in range(100):
                begun = time.perf_counter()
                with database.read() as connection:
                    leaderboard(connection, metric, period, today)
                taken.append(time.perf_counter() - begun)
            worst = max(worst, statistics.quantiles(taken, n=100)[98] * 1e3)
        yield Figure(f"leaderboard {period}, p99 of the slowest metric", f"{worst:,.1f} ms",
                     f"5 ms ({AGENTS:,} agents, 1M rows)", worst / 5, 1)  # fmt: skip


def _projected(path: Path) -> list[list[Row]]:
    columns = {"agent_achievements": "agent_id, achievement_id, unlocked_at"}
    return [
        _rows(path, f"SELECT {columns.get(table, '*')} FROM {table} ORDER BY 1, 2")
        for table in PROJECTIONS
    ]


def _rows(path: Path, sql: str) -> list[Row]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-8192"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
