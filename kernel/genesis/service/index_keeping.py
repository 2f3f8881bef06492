"""Let the vector indexes take in what other processes wrote."""

from __future__ import annotations

from sqlalchemy import select

from genesis.minds.store import MindStore
from genesis.storage.memory_tables import MemoryChangeRow
from genesis.storage.statements import Statement, table

EVERY_SECONDS = 5.0
_PENDING = Statement(select(table(MemoryChangeRow).c.mind_gmid).distinct())


def wake_indexes(minds: MindStore) -> None:
    """Say to the index of each mind that its record has changes. While there are none, nothing
    that feeds an index is imported. Raises StorageError."""
    for (gmid,) in minds.database.fetch(_PENDING, {}):
        minds.indexes.wake(str(gmid))
