"""Homes that were used before."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.minded import command, mind, store, talk, tasks_path
from tests.support import Command, acting, make_repository, write_plan

__all__ = ["command", "mind", "store", "talk", "tasks_path"]


@pytest.fixture(scope="session")
def used_home(tmp_path_factory: pytest.TempPathFactory, probe_path: Path) -> Path:
    """A home in which one session was completed; it is only copied."""
    folder = tmp_path_factory.mktemp("used")
    repository = make_repository(folder / "repository")
    write_plan(repository, acting("a", ["find", "seen before"]))
    genesis = Command(folder, probe_path)
    done = genesis("run", "a goal", "--repo", str(repository), "--team", "probe")
    assert done.returncode == 0, done.stderr
    return genesis.home


@pytest.fixture
def used(genesis: Command, used_home: Path) -> Command:
    """The command in a working folder whose home has one completed session."""
    shutil.copytree(used_home, genesis.home)
    return genesis
