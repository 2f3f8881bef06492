"""A kernel in this process with the throw-away plugin, whose sessions a service runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from genesis.home import Home
from genesis.kernel import Kernel
from genesis.service.session_service import SessionService
from genesis.storage.records import SessionRecord, TaskRecord, read_session, read_tasks

from tests.support import until, write_plan


@dataclass
class Shop:
    """One home and one repository; each `open` is a new kernel with a service at work."""

    home: Home
    repository: Path
    ended: list[str] = field(default_factory=list)

    @contextmanager
    def open(self) -> Iterator[Open]:
        with Kernel(self.home, plugins="probe") as kernel:
            service = SessionService(kernel, self.ended.append)
            service.start()
            try:
                yield Open(self, kernel, service)
            finally:
                service.stop(0)


@dataclass
class Open:
    """A kernel whose sessions a service runs."""

    shop: Shop
    kernel: Kernel
    service: SessionService

    def create(self, *tasks: dict[str, object], goal: str = "a goal") -> str:
        """Write a session that nobody owns, as the API and the scheduler do."""
        write_plan(self.shop.repository, *tasks)
        session_id, write = self.kernel.prepare_session(goal, "probe", self.shop.repository, {})
        self.kernel.database.writer.write(write)
        self.service.wake()
        return session_id

    def session(self, session_id: str) -> SessionRecord:
        with self.kernel.database.read() as connection:
            return read_session(connection, session_id)

    def tasks(self, session_id: str) -> dict[str, TaskRecord]:
        with self.kernel.database.read() as connection:
            return {task.key: task for task in read_tasks(connection, session_id)}

    def until_ended(self, session_id: str) -> SessionRecord:
        until(lambda: session_id in self.shop.ended, f"the end of {session_id}")
        return self.session(session_id)

    def until_runs(self, session_id: str, key: str) -> None:
        def runs() -> bool:
            task = self.tasks(session_id).get(key)
            return task is not None and task.status == "in_progress"

        until(runs, f"{key} runs")


@pytest.fixture
def shop(
    tmp_path: Path, repository: Path, probe_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shop:
    """A home and a repository; children find the throw-away plugin as this process does."""
    for name in [name for name in os.environ if name.startswith("GENESIS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(probe_path))
    monkeypatch.setenv("GENESIS_WORKERS", "2")
    monkeypatch.setenv("GENESIS_DURABILITY", "normal")
    monkeypatch.syspath_prepend(probe_path)
    return Shop(Home(tmp_path / "home"), repository)
