"""A folder for plugins, on `sys.path` for one test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.host.installing import Site, make_repository


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Where a test installs its plugins."""
    found = Site(tmp_path / "site")
    found.folder.mkdir()
    monkeypatch.syspath_prepend(str(found.folder))
    return found


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository that nobody changes."""
    return make_repository(tmp_path_factory.mktemp("host") / "repository")
