"""A kernel with the throw-away plugin, and a scheduler that follows a clock of the test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from genesis.clock import as_datetime
from genesis.home import Home
from genesis.kernel import Kernel
from genesis.scheduling.scheduler import Scheduler
from genesis.scheduling.schedules import add_schedule
from genesis.storage.records import list_sessions
from genesis.storage.schedules import Schedule, list_runs


@dataclass
class Clocked:
    """A scheduler that the test makes tick at moments of its own."""

    kernel: Kernel
    repository: Path
    moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    woken: int = 0
    scheduler: Scheduler = field(init=False)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.kernel, self._wake, lambda: self.moment)

    def _wake(self) -> None:
        self.woken += 1

    def set(self, moment: str) -> None:
        self.moment = as_datetime(moment + "Z")

    def add(self, cron: str = "* * * * *", zone: str = "UTC", **more: object) -> Schedule:
        given: dict[str, object] = {"goal": "a goal", "team": "probe", **more}
        return add_schedule(
            self.kernel, repository=self.repository, cron=cron, timezone=zone, now=self.moment,
            **given,  # type: ignore[arg-type]
        )  # fmt: skip

    def tick(self, *moments: str) -> float:
        for moment in moments:
            self.set(moment)
            pause = self.scheduler.tick()
        return pause

    def runs(self, schedule: Schedule) -> list[tuple[str, str]]:
        """Time (UTC, to the minute) and status of each run, oldest first."""
        found = list_runs(self.kernel.database, schedule.id, 1000)
        return [(run.scheduled_for[:16], run.status.value) for run in reversed(found)]

    def sessions(self) -> list[str]:
        with self.kernel.database.read() as connection:
            return sorted(session.id for session in list_sessions(connection, 1000))


@pytest.fixture
def home(tmp_path: Path, probe_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose processes find the throw-away plugin."""
    for name in [name for name in os.environ if name.startswith("GENESIS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(probe_path))
    monkeypatch.syspath_prepend(probe_path)
    return Home(tmp_path / "home")


@pytest.fixture
def kernel(home: Home) -> Iterator[Kernel]:
    with Kernel(home, plugins="probe") as opened:
        yield opened


@pytest.fixture
def clocked(kernel: Kernel, repository: Path) -> Clocked:
    return Clocked(kernel, repository)
