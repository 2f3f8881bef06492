"""Delete a mind with everything that is kept of it."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from genesis.errors import StorageError, UsageError
from genesis.minds.durable_file import LEFTOVER
from genesis.minds.identity import is_gmid
from genesis.minds.store import MindStore
from genesis.storage.background_tables import BackgroundTaskRow
from genesis.storage.concern_tables import ConcernRow, EnvironmentRow, RelationshipRow
from genesis.storage.events import NewEvent, append_events
from genesis.storage.idempotency import forget_answers
from genesis.storage.memory_tables import (
    MemoryChangeRow,
    MemoryIndexRow,
    MemoryRow,
    MemoryTagRow,
    MemoryVectorRow,
)
from genesis.storage.messages import clear_messages
from genesis.storage.mind_tables import MindRow
from genesis.storage.queue_tables import QueueRow
from genesis.storage.statements import table

_AT_ONCE = 1000
"""Memories deleted in one transaction, so that others write in between."""
_TRIES = 5


def delete_mind(store: MindStore, gmid: str) -> None:
    """Delete a mind's rows, its index and its files; what the event log tells of it stays, and
    ends with `mind.deleted`.

    Killed in between, it can be repeated. Raises UsageError for what is no GMID; StorageError
    when another process goes on writing to the mind, or has its index open: that folder is then
    left to `genesis verify --fix`.
    """
    if not is_gmid(gmid):
        raise UsageError(f"{gmid[:60]!r} is no GMID; nothing was deleted.")
    _delete_record(store, gmid)
    try:
        if (store.home.indexes / gmid).exists():
            # Without a record, this only removes the folder, once nobody has it open.
            store.indexes.forget(gmid)
    finally:
        _delete_files(store, gmid)


def _delete_record(store: MindStore, gmid: str) -> None:
    write = store.database.writer.write
    for _ in range(_TRIES):
        clear_messages(store.database, gmid)
        while write(lambda connection: _delete_memories(connection, gmid)):
            pass
        try:
            write(lambda connection: _delete_mind(connection, gmid))
        except StorageError as error:
            if not isinstance(error.__cause__, IntegrityError):
                raise
            continue  # somebody wrote meanwhile
        store.database.writer.empty_log()
        return
    raise StorageError(
        f"Another program goes on writing to the mind {gmid}. End it, then delete the mind again."
    )


def _delete_memories(connection: Connection, gmid: str) -> int:
    """Delete some memories; gives how many."""
    tags, vectors, memories = table(MemoryTagRow), table(MemoryVectorRow), table(MemoryRow)
    some = select(memories.c.id).where(memories.c.mind_gmid == gmid).limit(_AT_ONCE)
    numbers = [{"number": number} for number in connection.execute(some).scalars()]
    if numbers:
        for column in (tags.c.memory, vectors.c.memory, memories.c.id):
            connection.execute(delete(column.table).where(column == bindparam("number")), numbers)
    return len(numbers)


def _delete_mind(connection: Connection, gmid: str) -> None:
    """Delete what is left; raises IntegrityError when messages or memories are."""
    tasks, queue, minds = table(BackgroundTaskRow), table(QueueRow), table(MindRow)
    own = select(tasks.c.task_id).where(tasks.c.mind_gmid == gmid)
    connection.execute(delete(queue).where(queue.c.item.in_(own)))
    for model in (MemoryChangeRow, MemoryIndexRow, ConcernRow, BackgroundTaskRow):
        _delete_rows(connection, model, gmid, "mind_gmid")
    _delete_rows(connection, EnvironmentRow, gmid, "owner_gmid")
    _delete_rows(connection, RelationshipRow, gmid, "from_gmid", "to_gmid")
    forget_answers(connection)
    if connection.execute(delete(minds).where(minds.c.gmid == gmid)).rowcount:
        append_events(connection, [NewEvent("mind.deleted", gmid)])


def _delete_rows(connection: Connection, model: type[SQLModel], gmid: str, *columns: str) -> None:
    rows = table(model)
    connection.execute(delete(rows).where(or_(*(rows.c[name] == gmid for name in columns))))


def _delete_files(store: MindStore, gmid: str) -> None:
    """The mind's own file last: while it is there, a person sees that something is left."""
    home = store.home
    scratch = [path for path in home.minds.glob(f".{gmid}.json.*") if LEFTOVER.match(path.name)]
    originals = (home.root / "imports" / "originals").glob(f"{gmid}-*.json")
    # Whoever has the index open holds its lock.
    locks = [] if (home.indexes / gmid).exists() else [home.indexes / f"{gmid}.lock"]
    locks.append(home.locks / f"mind-{gmid}.lock")
    for path in (*scratch, *originals, *locks, home.minds / f"{gmid}.json"):
        path.unlink(missing_ok=True)
