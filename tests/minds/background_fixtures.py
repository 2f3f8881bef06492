"""A home in which background tasks run: short names for what programs do with them."""

from __future__ import annotations

from pathlib import Path

from genesis.contracts.background import Handler
from genesis.home import Home, OwnerLock, is_owner_alive
from genesis.minds.background import BackgroundTasks
from genesis.minds.background_handlers import Handlers
from genesis.minds.background_runner import BackgroundRunner
from genesis.storage.database import Database
from sqlalchemy import text

SOON = 0.01


class Work:
    """The tasks of one mind, and runners for them; each runner lives as long as this."""

    def __init__(self, database: Database, gmid: str, root: Path, **handlers: Handler) -> None:
        self.database = database
        self.home = Home(root)
        self.home.prepare()
        self.lock = OwnerLock(self.home)
        self.handlers = Handlers()
        for name, function in handlers.items():
            self.handlers.register(name, function)
        self.runner = self.new_runner()
        self.tasks = BackgroundTasks(gmid, database, handlers=self.handlers, wake=self.runner.wake)

    def new_runner(self, workers: int = 2) -> BackgroundRunner:
        return BackgroundRunner(
            self.database, self.handlers, owner=self.lock.owner, workers=workers,
            is_alive=lambda owner: is_owner_alive(self.home, owner),
        )  # fmt: skip

    def events(self, task_id: str) -> list[str]:
        """What happened to a task, in order, without `background_task.`."""
        query = text("SELECT type FROM events WHERE subject = :subject ORDER BY id")
        with self.database.read() as connection:
            found = list(connection.execute(query, {"subject": task_id}).scalars())
        return [str(name).removeprefix("background_task.") for name in found]

    def count(self, table: str) -> int:
        with self.database.read() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())

    def close(self) -> None:
        self.runner.stop(drain_seconds=0)
        self.lock.release()
