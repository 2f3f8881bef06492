"""A database with a mind in it."""

from __future__ import annotations

import pytest
from genesis.clock import utc_now
from genesis.storage.database import Database
from genesis.storage.minds import MindRecord, register_mind

GMID = "GMD-2026-AAAA-0001"
OTHER = "GMD-2026-BBBB-0002"


@pytest.fixture
def minds(database: Database) -> Database:
    """A database that knows the minds GMID and OTHER."""
    for gmid, name in ((GMID, "Atlas"), (OTHER, "Other")):
        mind = MindRecord(
            gmid, name, "tests", None, "", None, None, "active", utc_now(), utc_now(),
            f"{gmid}.json",
        )  # fmt: skip
        database.writer.write(lambda c, mind=mind: register_mind(c, mind))
    return database


@pytest.fixture
def gmid() -> str:
    return GMID


@pytest.fixture
def other_gmid() -> str:
    return OTHER
