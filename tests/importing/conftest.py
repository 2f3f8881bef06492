"""Older homes, and a home of this release to import into."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from genesis.home import Home
from genesis.importing.report import ImportReport
from genesis.importing.running import import_from
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate

from tests.importing import older

Import = Callable[..., ImportReport]


@pytest.fixture(scope="session")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Chroma folder of one mind."""
    rows = [
        older.memory_row("mem-1", "The user likes tea"),
        older.memory_row("mem-2", "Tea is a plant", type="semantic", importance=0.9),
        older.memory_row("mem-3", "was overwritten", type="conversation_context"),
        older.memory_row("mem-4", "has a wild time", timestamp="yesterday-ish"),
    ]
    folder = tmp_path_factory.mktemp("chroma") / older.ATLAS
    return older.make_chroma(folder, {f"mind_{older.ATLAS}": rows, "others": rows[:1]})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A clean home of genesis-minds, without memories."""
    return older.make_minds_home(tmp_path / "old" / ".genesis")


@pytest.fixture
def with_memories(source: Path, chroma: Path) -> Path:
    """The same with the memories of one mind."""
    shutil.copytree(chroma, source / "data" / "chroma" / older.ATLAS)
    return source


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that does not exist yet."""
    return Home(tmp_path / "new")


@pytest.fixture
def opened(home: Home) -> Iterator[Database]:
    """Its database."""
    home.prepare()
    database = Database(home.database, durability="normal")
    migrate(database, "kernel", KERNEL_REVISIONS)
    yield database
    database.close()


@pytest.fixture
def run(home: Home, opened: Database) -> Import:
    """Import a path into the home, and see that the source stays as it is."""

    def importing(path: Path, **options: object) -> ImportReport:
        watched = path if path.is_dir() else path.parent
        before = older.state_of(watched)
        report = import_from(path, home, opened, **options)
        assert older.state_of(watched) == before, "the source was changed"
        return report

    return importing
