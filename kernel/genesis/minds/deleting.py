"""Delete a mind with everything that is kept of it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from sqlalchemy import Connection, delete, select
from sqlmodel import SQLModel

from genesis.minds.store import MindStore
from genesis.storage.events import NewEvent, append_events
from genesis.storage.messages import clear_messages
from genesis.storage.mind_tables import (
    BackgroundTaskRow,
    ConcernRow,
    EnvironmentRow,
    MemoryChangeRow,
    MemoryIndexRow,
    MemoryRow,
    MemoryTagRow,
    MemoryVectorRow,
    MindRow,
    RelationshipRow,
)
from genesis.storage.tables import QueueRow, table

_OF_MEMORIES = (MemoryTagRow, MemoryChangeRow, MemoryRow)
_OF_MIND = (MemoryIndexRow, ConcernRow, BackgroundTaskRow)


def delete_mind(store: MindStore, gmid: str) -> None:
    """Delete a mind's rows, its index and its file; the event `mind.deleted` stays.

    Killed in between, it can be repeated. Raises StorageError when another process uses the index.
    """
    clear_messages(store.database, gmid)
    store.database.writer.write(lambda connection: _delete_memories(connection, gmid))
    folder = store.home.indexes / gmid
    if folder.exists():
        store.indexes.forget(gmid)
    store.database.writer.write(lambda connection: _delete_mind(connection, gmid))
    store.database.writer.empty_log()
    shutil.rmtree(folder, ignore_errors=True)
    (store.home.minds / f"{gmid}.json").unlink(missing_ok=True)


def _delete_memories(connection: Connection, gmid: str) -> None:
    memories, vectors = table(MemoryRow), table(MemoryVectorRow)
    own = select(memories.c.id).where(memories.c.mind_gmid == gmid)
    connection.execute(delete(vectors).where(vectors.c.memory.in_(own)))
    _delete_rows(connection, _OF_MEMORIES, gmid)


def _delete_mind(connection: Connection, gmid: str) -> None:
    tasks, queue = table(BackgroundTaskRow), table(QueueRow)
    own = select(tasks.c.task_id).where(tasks.c.mind_gmid == gmid)
    connection.execute(delete(queue).where(queue.c.item.in_(own)))
    _delete_rows(connection, _OF_MIND, gmid)
    places, bonds, minds = table(EnvironmentRow), table(RelationshipRow), table(MindRow)
    connection.execute(delete(places).where(places.c.owner_gmid == gmid))
    connection.execute(delete(bonds).where((bonds.c.from_gmid == gmid) | (bonds.c.to_gmid == gmid)))
    connection.execute(delete(minds).where(minds.c.gmid == gmid))
    append_events(connection, [NewEvent("mind.deleted", gmid)])


def _delete_rows(connection: Connection, models: Sequence[type[SQLModel]], gmid: str) -> None:
    for model in models:
        rows = table(model)
        connection.execute(delete(rows).where(rows.c.mind_gmid == gmid))
