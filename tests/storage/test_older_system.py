"""A database of the older system is told, and stays as it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from genesis.errors import StorageError
from genesis.storage.database import Database


def test_a_database_of_the_older_system_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "genesis.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE minds (gmid TEXT PRIMARY KEY)")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(StorageError, match=r"python -m genesis\.migrate"):
        Database(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["genesis.db"]
