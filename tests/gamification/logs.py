"""Event logs as the kernel writes them, and plugins that read them, without a kernel around."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from genesis.contracts.events import Event
from genesis.host.host import PluginHost
from genesis.host.ownership import migrate_plugin
from genesis.host.plugin import PluginContext
from genesis.storage.database import Database
from genesis.storage.event_tables import EventRow
from genesis.storage.events import events_after
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.storage.statements import table
from genesis_gamification.plugin import GamificationPlugin
from genesis_gamification.settings import GamificationSettings
from genesis_gamification.tables import OWNED
from sqlalchemy import Connection, insert

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TABLES = (
    "xp_transactions", "agent_levels", "agent_streaks", "agent_achievements",
    "gamification_metrics", "gamification_daily", "gamification_sessions", "gamification_faults",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """An event about to be written to a log."""

    type: str
    subject: str
    session_id: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    at: datetime = NOON


def task(name: str, agent: str, status: str = "completed", session: str = "s-1",
         at: datetime = NOON, **facts: object) -> Entry:  # fmt: skip
    """A task that finished; it takes five minutes unless `duration_seconds` says otherwise."""
    payload = {"specialist": agent, "status": status, "duration_seconds": 300.0, **facts}
    return Entry("task.finished", name, session, payload, at)


def started(session: str = "s-1", at: datetime = NOON) -> Entry:
    """A session that started."""
    return Entry("session.started", session, session, {"goal": "g", "team": "t"}, at)


def finished(session: str = "s-1", at: datetime = NOON, status: str = "completed") -> Entry:
    """A session that finished."""
    return Entry("session.finished", session, session, {"status": status}, at)


def busy_log(events: int, agents: int = 20, tasks: int = 8) -> Iterator[Entry]:
    """Sessions of several agents one after another, half an hour apart; every ninth task fails."""
    number = written = 0
    while written < events:
        at = NOON + timedelta(minutes=30 * number)
        session = f"s-{number}"
        yield started(session, at)
        for each in range(tasks):
            agent = f"agent-{(number * 3 + each) % agents}"
            status = "failed" if (number * tasks + each) % 9 == 8 else "completed"
            yield task(f"{session}-{each}", agent, status, session, at,
                       duration_seconds=60.0 + 37 * each, cost_usd=0.0)  # fmt: skip
        yield finished(session, at + timedelta(minutes=20))
        written += tasks + 2
        number += 1


def append(database: Database, entries: Iterable[Entry]) -> list[Event]:
    """Write events with moments of their own; gives them as they are delivered."""
    rows = [
        {"type": e.type, "subject": e.subject, "session_id": e.session_id,
         "payload": json.dumps(e.payload), "created_at": moment(e.at)}
        for e in entries
    ]  # fmt: skip

    def operation(connection: Connection) -> None:
        if rows:
            connection.execute(insert(table(EventRow)), rows)

    database.writer.write(operation)
    return events_of(database)


def events_of(database: Database, after: int = 0, at_most: int = 10_000_000) -> list[Event]:
    """The log after an event."""
    with database.read() as connection:
        return events_after(connection, after, at_most)


def moment(at: datetime) -> str:
    """A moment as the kernel writes it."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def make_database(path: Path) -> Database:
    """A database with the tables of the kernel and of the plugin, and some agents."""
    database = Database(path, durability="normal")
    migrate(database, "kernel", KERNEL_REVISIONS)
    migrate_plugin(database, "gamification", OWNED)

    def operation(connection: Connection) -> None:
        connection.exec_driver_sql("INSERT INTO teams VALUES ('t', 't', 'd', '', '2026', '2026')")
        connection.exec_driver_sql(
            "INSERT INTO agents (id, team_id, name, role, emoji, is_active, created_at, "
            "updated_at) VALUES (?, 't', ?, 'r', '', 1, '2026', '2026')",
            [(f"agent-{n}", f"agent-{n}") for n in range(20)],
        )

    database.writer.write(operation)
    return database


@dataclass(frozen=True)
class Template:
    """A database that was made once and is copied for each example."""

    path: Path

    @contextmanager
    def copy(self, folder: Path, name: str = "genesis.db") -> Iterator[Database]:
        """A database of its own."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.path, folder / name)
        with closing(Database(folder / name, durability="normal")) as database:
            yield database


def make_plugin(database: Database, folder: Path, **settings: Any) -> GamificationPlugin:
    """A plugin in UTC that has started."""
    chosen = GamificationSettings.model_validate({"time_zone": "UTC", **settings})
    host = PluginHost(database, {}, folder / "plugins")
    context = PluginContext(
        "gamification", chosen, folder / "plugins" / "gamification",
        logging.getLogger("genesis.plugins.gamification"), database, host.hooks,
    )  # fmt: skip
    plugin = GamificationPlugin(context)
    asyncio.run(plugin.start())
    return plugin


def deliver(plugin: GamificationPlugin, events: Sequence[Event]) -> None:
    """Tell the plugin of events, one by one, as the kernel does."""

    async def tell() -> None:
        for event in events:
            await plugin.hear(event)

    asyncio.run(tell())


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the ledger and of what is projected from it, byte for byte."""
    with closing(sqlite3.connect(database.path)) as connection:
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()
            for name in TABLES
        }


def rows(database: Database, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with closing(sqlite3.connect(database.path)) as connection:
        return connection.execute(sql, values).fetchall()


def total(database: Database, agent: str) -> int:
    """What the ledger gives an agent."""
    ((found,),) = rows(
        database, "SELECT coalesce(sum(amount), 0) FROM xp_transactions WHERE agent_id = ?", agent
    )
    return int(found)
