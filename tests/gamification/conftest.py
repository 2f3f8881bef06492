"""Databases with the tables of the plugin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis.storage.database import Database
from genesis_gamification.plugin import GamificationPlugin

from tests.gamification.logs import Template, make_database, make_plugin


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A database that is copied, since making one takes long."""
    path = tmp_path_factory.mktemp("template") / "genesis.db"
    make_database(path).close()
    return Template(path)


@pytest.fixture
def ledger(template: Template, tmp_path: Path) -> Iterator[Database]:
    """A database with nothing in it but agents."""
    with template.copy(tmp_path) as database:
        yield database


@pytest.fixture
def plugin(ledger: Database, tmp_path: Path) -> GamificationPlugin:
    """The plugin on that database."""
    return make_plugin(ledger, tmp_path)
