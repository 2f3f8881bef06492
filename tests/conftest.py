"""Fixtures of the kernel's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from hypothesis import HealthCheck, settings

from tests.support import Command, install_probe, make_repository

settings.register_profile(
    "genesis", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("genesis")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A migrated database of its own."""
    opened = Database(tmp_path / "genesis.db", durability="normal")
    migrate(opened, "kernel", KERNEL_REVISIONS)
    yield opened
    opened.close()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A real git repository with one commit."""
    return make_repository(tmp_path / "repository")


@pytest.fixture(scope="session")
def probe_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the throw-away plugin is installed."""
    return install_probe(tmp_path_factory.mktemp("probe"))


@pytest.fixture
def genesis(tmp_path: Path, probe_path: Path) -> Command:
    """The `genesis` command in a working folder of its own."""
    folder = tmp_path / "work"
    folder.mkdir()
    return Command(folder, probe_path)
