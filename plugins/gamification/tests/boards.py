"""A database with the plugin's tables, and agents whose days a test writes as it likes."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

import genesis_gamification
from genesis_gamification.levels import level_of, load_levels
from sqlalchemy import Connection, text

T = TypeVar("T")
Days = Mapping[str, tuple[int, int, int]]
"""By local day: XP, completed tasks, failed tasks."""
_NOW = "2026-05-01T00:00:00.000000Z"


class Writer(Protocol):
    def write(self, operation: Callable[[Connection], T]) -> T: ...


class Store(Protocol):
    """What the tests need of the kernel's database."""

    @property
    def writer(self) -> Writer: ...

    def read(self) -> AbstractContextManager[Connection]: ...


def make_tables(store: Store) -> None:
    """Make the plugin's tables as its migrations do, and fill in the levels."""
    folder = Path(genesis_gamification.__file__).parent / "migrations"
    levels = [level.model_dump() for level in load_levels()]

    def operation(connection: Connection) -> None:
        for path in sorted(folder.glob("0*.py")):
            spec = importlib.util.spec_from_file_location(path.stem, path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            for statement in module.STATEMENTS:
                connection.exec_driver_sql(statement)
        add = "INSERT INTO level_thresholds VALUES (:level, :xp_required, :title, :emoji)"
        connection.execute(text(add), levels)

    store.writer.write(operation)
    make_team(store)


def make_team(store: Store) -> None:
    """Add the team Crew."""
    add = text(
        "INSERT INTO teams (id, name, domain, description, created_at, updated_at) "
        "VALUES ('crew', 'Crew', 'x', '', :now, :now)"
    )
    store.writer.write(lambda connection: connection.execute(add, {"now": _NOW}).close())


def add_agents(store: Store, agents: Iterable[str], *, is_active: bool = True) -> None:
    """Add agents of the team Crew."""
    rows = [{"id": agent, "is_active": is_active, "now": _NOW} for agent in agents]
    add = text(
        "INSERT INTO agents (id, team_id, name, role, emoji, is_active, created_at, updated_at) "
        "VALUES (:id, 'crew', upper(:id), 'works', '*', :is_active, :now, :now)"
    )
    store.writer.write(lambda connection: connection.execute(add, rows).close())


def add_history(store: Store, agent: str, days: Days, *, streak: int = 0) -> None:
    """Add an agent with these days, and the other projections as they would be."""
    add_agents(store, [agent])
    levels = load_levels()
    xp, completed, failed = (sum(day[number] for day in days.values()) for number in range(3))
    level = levels[level_of(xp, levels) - 1]
    record = json.dumps({"tasks_completed": completed, "tasks_failed": failed})

    def operation(connection: Connection) -> None:
        for day in days:
            set_day(connection, agent, day, *days[day])
        connection.execute(
            text("INSERT INTO agent_levels VALUES (:a, :level, :here, :xp, :title, :now, :now)"),
            {"a": agent, "level": level.level, "here": xp - level.xp_required, "xp": xp,
             "title": level.title, "now": _NOW},
        )  # fmt: skip
        connection.execute(
            text("INSERT INTO gamification_metrics (agent_id, record) VALUES (:a, :record)"),
            {"a": agent, "record": record},
        )
        connection.execute(
            text("INSERT INTO agent_streaks VALUES (:a, :streak, :streak, :day, :now)"),
            {"a": agent, "streak": streak, "day": max(days, default=None), "now": _NOW},
        )

    store.writer.write(operation)


def forget_agents(store: Store) -> None:
    """Remove all agents and what they did."""
    tables = (
        "agent_levels", "agent_streaks", "gamification_metrics", "gamification_daily", "agents",
    )  # fmt: skip

    def operation(connection: Connection) -> None:
        for table in tables:
            connection.exec_driver_sql(f"DELETE FROM {table}")

    store.writer.write(operation)


def set_day(
    connection: Connection, agent: str, day: str, xp: int, completed: int, failed: int
) -> None:
    """Write an agent's day, over what it was."""
    connection.execute(
        text(
            "INSERT INTO gamification_daily (agent_id, local_day, xp, tasks_completed, "
            "tasks_failed) VALUES (:a, :day, :xp, :completed, :failed) ON CONFLICT DO UPDATE "
            "SET xp = :xp, tasks_completed = :completed, tasks_failed = :failed"
        ),
        {"a": agent, "day": day, "xp": xp, "completed": completed, "failed": failed},
    )
