"""Two healthy plugins for every test, and room for a sick one between them."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from genesis import Kernel
from genesis.contracts.plugins import PluginStatus
from genesis.home import Home

from tests.host.installing import (
    Site,
    event_ids,
    heard,
    make_home,
    make_repository,
    run_session,
)


@dataclass(frozen=True)
class Ward:
    """A site with the healthy plugins `alpha` and `zeta`, a home and a repository."""

    site: Site
    repository: Path
    alpha: ModuleType
    zeta: ModuleType
    make_home: Callable[[str], Home]

    def check_healthy(self, kernel: Kernel) -> None:
        """The healthy plugins are there with all that they have."""
        found = statuses(kernel)
        for name in ("alpha", "zeta"):
            assert found[name].state == "active", found[name]
            assert f"{name}-team" in kernel.roster.teams
            assert f"{name}-tool" in kernel.roster.tools
            assert kernel.roster.specialists[f"{name}-one"].team == f"{name}-team"

    def check_work(self, kernel: Kernel) -> None:
        """Both healthy teams complete a session."""
        for name in ("alpha", "zeta"):
            session = run_session(kernel, f"{name}-team", self.repository)
            assert session.status == "completed"
            assert session.summary["tasks"] == {"completed": 1}

    def check_events(self, events: list[int]) -> None:
        """Both healthy plugins were told of everything, once and in order."""
        assert events
        assert heard(self.alpha) == events
        assert heard(self.zeta) == events


def statuses(kernel: Kernel) -> dict[str, PluginStatus]:
    """Every plugin's state, by id."""
    return {status.id: status for status in kernel.host.statuses()}


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository that nobody changes."""
    return make_repository(tmp_path_factory.mktemp("faults") / "repository")


@pytest.fixture(scope="session")
def prepared_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which the healthy plugins have made their tables: this takes most of a boot."""
    folder = tmp_path_factory.mktemp("prepared")
    site = Site(folder / "site")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site.folder))
        for name in ("alpha", "zeta"):
            site.install_healthy(name)
        home = make_home(folder / "home")
        with Kernel(home, candidates=site.candidates()) as kernel:
            assert {s.state for s in kernel.host.statuses()} == {"active"}
            assert event_ids(kernel) == []
    return home.database


@pytest.fixture
def ward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepared_database: Path, repository: Path
) -> Ward:
    """The healthy plugins, installed anew."""
    site = Site(tmp_path / "site")
    monkeypatch.syspath_prepend(str(site.folder))
    packages = [site.install_healthy(name) for name in ("alpha", "zeta")]
    alpha, zeta = (importlib.import_module(package) for package in packages)

    def home_with(settings: str) -> Home:
        home = make_home(tmp_path / "home", settings)
        shutil.copy(prepared_database, home.database)
        return home

    return Ward(site, repository, alpha, zeta, home_with)
