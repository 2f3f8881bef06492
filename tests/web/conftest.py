"""Servers for the tests of the web: one for each module, and one for a test that spoils it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.host.installing import Site
from tests.web.serving import Server, install_desk, serving


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Where the tests of a module install their plugins."""
    found = Site(tmp_path_factory.mktemp("site"))
    sys.path.insert(0, str(found.folder))
    yield found
    sys.path.remove(str(found.folder))


@pytest.fixture(scope="module")
def desk(site: Site) -> ModuleType:
    """The module of the throw-away plugin `desk`."""
    return install_desk(site)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, site: Site, desk: ModuleType
) -> Iterator[Server]:
    """A server that the tests of a module share."""
    with serving(tmp_path_factory.mktemp("home"), site, hosts=("genesis.test",)) as found:
        yield found


@pytest.fixture
def own_server(tmp_path: Path, site: Site, desk: ModuleType) -> Iterator[Server]:
    """A server of a test's own, whose plugin has no faults yet."""
    desk.RELEASED.clear()
    with serving(tmp_path / "home", site) as found:
        yield found
        desk.RELEASED.set()
