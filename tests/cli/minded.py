"""The command in a home with a mind, and with a plugin that embeds and carries out tasks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from genesis import Mind
from genesis.home import Home
from genesis.minds.store import MindStore, shared_store

from tests.support import Command

_PLUGIN = Path(__file__).with_name("task_plugin.py")


def install_tasks(folder: Path) -> Path:
    """The plugin as an installed distribution; PYTHONPATH needs the folder."""
    shutil.copy(_PLUGIN, folder / "task_plugin.py")
    about = folder / "genesis_tasks-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: genesis-tasks\nVersion: 1.0\n"
        "Requires-Dist: genesis-kernel>=0.1,<0.2\n"
    )
    (about / "entry_points.txt").write_text("[genesis.plugins]\ntasks = task_plugin:TasksPlugin\n")
    return folder


@pytest.fixture(scope="session")
def tasks_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the plugin is installed."""
    return install_tasks(tmp_path_factory.mktemp("tasks"))


@pytest.fixture
def command(tmp_path: Path, tasks_path: Path) -> Command:
    """The command in an empty working folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    return Command(folder, tasks_path, {"GENESIS_PLUGINS": "tasks", "TZ": "UTC"})


@pytest.fixture
def store(command: Command, monkeypatch: pytest.MonkeyPatch) -> MindStore:
    """The same home in this process, without plugins."""
    monkeypatch.setenv("GENESIS_PLUGINS", "")
    return shared_store(Home(command.home))


@pytest.fixture
def mind(store: MindStore) -> Mind:
    """The only mind of that home."""
    return Mind.birth("Ann", creator="tests", primary_purpose="to [remember]", store=store)


@pytest.fixture
def talk(mind: Mind) -> Mind:
    """A conversation of seven days, a message at noon (UTC) of each."""
    for day in range(1, 8):
        mind.conversation.add_message(
            "user" if day % 2 else "assistant", f"day {day}", "bob@example.org",
            timestamp=f"2026-03-0{day}T12:00:00Z",
        )  # fmt: skip
    return mind
