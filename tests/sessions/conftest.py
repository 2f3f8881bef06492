"""A kernel in this process with the throw-away plugin, and a repository to work on."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from genesis.home import Home
from genesis.kernel import Kernel
from genesis.sessions.journal import Journal
from genesis.sessions.runner import SessionRunner
from genesis.storage.records import SessionRecord, TaskRecord, read_session, read_tasks

from tests.support import write_plan


@dataclass
class Live:
    """A session at work in a thread."""

    kernel: Kernel
    runner: SessionRunner
    journal: Journal
    thread: threading.Thread

    @property
    def id(self) -> str:
        return self.journal.session.id

    def status(self, key: str) -> tuple[str, int] | None:
        """The status of a task and the number of its attempt, as the journal has them."""
        for task in self.journal.snapshot()[1]:
            if task.key == key:
                return task.status.value, task.attempt
        return None


@dataclass
class Lab:
    """One home and one repository; each run opens the kernel anew."""

    home: Home
    repository: Path

    def read(self, kernel: Kernel, session_id: str) -> tuple[SessionRecord, dict[str, TaskRecord]]:
        with kernel.database.read() as connection:
            session = read_session(connection, session_id)
            tasks = read_tasks(connection, session_id)
        return session, {task.key: task for task in tasks}

    def run(
        self, *tasks: dict[str, object], goal: str = "a goal", team: str = "probe"
    ) -> tuple[SessionRecord, dict[str, TaskRecord]]:
        """Run a session with this plan to its end."""
        with self.live(*tasks, goal=goal, team=team) as live:
            live.thread.join(60)
            assert not live.thread.is_alive()
            return self.read(live.kernel, live.id)

    @contextmanager
    def live(
        self, *tasks: dict[str, object], goal: str = "a goal", team: str = "probe"
    ) -> Iterator[Live]:
        """A session with this plan, at work."""
        if tasks:
            write_plan(self.repository, *tasks)
        with Kernel(self.home, plugins="probe") as kernel:
            session_id = kernel.create_session(goal, team, self.repository, {})
            with self._working(kernel, session_id) as live:
                yield live

    def resume(self, session_id: str) -> tuple[SessionRecord, dict[str, TaskRecord]]:
        """Take a session up in a new kernel and run it to its end."""
        with Kernel(self.home, plugins="probe") as kernel:
            kernel.take_up(session_id)
            with self._working(kernel, session_id) as live:
                live.thread.join(60)
            return self.read(kernel, session_id)

    @contextmanager
    def _working(self, kernel: Kernel, session_id: str) -> Iterator[Live]:
        runner = kernel.runner()
        journal = runner.open(session_id)
        thread = threading.Thread(target=runner.run)
        thread.start()
        try:
            yield Live(kernel, runner, journal, thread)
        finally:
            runner.interrupt("the test is over")
            thread.join(30)
            assert not thread.is_alive()


@pytest.fixture
def lab(tmp_path: Path, repository: Path, probe_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A home and a repository; children find the throw-away plugin as this process does."""
    for name in [name for name in os.environ if name.startswith("GENESIS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", str(probe_path))
    monkeypatch.setenv("GENESIS_WORKERS", "2")
    monkeypatch.syspath_prepend(probe_path)
    monkeypatch.setattr("genesis.executors.process._GRACE_SECONDS", 0.5)
    return Lab(Home(tmp_path / "home"), repository)
