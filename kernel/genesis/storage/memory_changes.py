"""What a mind's vector index does not know yet: the outbox between the record and the index.

Whoever writes a memory's vector, or deletes, archives or restores a memory, notes it in the same
transaction. A search reads `pending` first, then asks the index, and lets `pending` decide about
the memories it names; so it finds what was written a moment ago, and nothing that is gone.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import (
    BindParameter,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from genesis.storage.database import Database
from genesis.storage.memory_tables import (
    MemoryChangeRow,
    MemoryIndexRow,
    MemoryRow,
    MemoryVectorRow,
)
from genesis.storage.statements import Statement, table

_CHANGES, _INDEXES = table(MemoryChangeRow), table(MemoryIndexRow)
_MEMORIES, _VECTORS = table(MemoryRow), table(MemoryVectorRow)

_GMID: BindParameter[str] = bindparam("gmid")
_NOTE = Statement(insert(_CHANGES), ["mind_gmid", "memory", "memory_id"])
_BEGIN = Statement(
    sqlite_insert(_INDEXES).on_conflict_do_nothing(),
    ["mind_gmid", "generation", "embedder", "dimension"],
)
_RENEWED = sqlite_insert(_INDEXES)
_RENEW = Statement(
    _RENEWED.on_conflict_do_update(
        index_elements=["mind_gmid"],
        set_={name: _RENEWED.excluded[name] for name in ("generation", "embedder", "dimension")},
    ),
    ["mind_gmid", "generation", "embedder", "dimension"],
)
_RECORD = Statement(
    select(_INDEXES.c.generation, _INDEXES.c.embedder, _INDEXES.c.dimension).where(
        _INDEXES.c.mind_gmid == _GMID
    )
)
_COUNT = Statement(select(func.count()).select_from(_CHANGES).where(_CHANGES.c.mind_gmid == _GMID))
# What belongs into an index: the vectors of its embedder, of memories that are not archived.
_FITS = and_(
    _VECTORS.c.memory == _MEMORIES.c.id,
    _VECTORS.c.embedder == bindparam("embedder"),
    _VECTORS.c.dimension == bindparam("dimension"),
    func.length(_VECTORS.c.vector) == 4 * bindparam("dimension"),
)
_LIVES = and_(_MEMORIES.c.mind_gmid == _GMID, _MEMORIES.c.archived_at.is_(None))
_PENDING = Statement(
    select(_CHANGES.c.id, _CHANGES.c.memory, _VECTORS.c.vector)
    .select_from(
        _CHANGES.outerjoin(_MEMORIES, and_(_MEMORIES.c.id == _CHANGES.c.memory, _LIVES)).outerjoin(
            _VECTORS, _FITS
        )
    )
    .where(_CHANGES.c.mind_gmid == _GMID)
    .order_by(_CHANGES.c.id)
    .limit(bindparam("most"))
)
_LIVING = Statement(
    select(_MEMORIES.c.id).select_from(_MEMORIES.join(_VECTORS, _FITS)).where(_LIVES)
)
_GIVEN = func.json_each(bindparam("numbers")).table_valued("value")
_LIVING_VECTORS = Statement(
    select(_MEMORIES.c.id, _VECTORS.c.vector)
    .select_from(_MEMORIES.join(_VECTORS, _FITS))
    .where(_LIVES, _MEMORIES.c.id.in_(select(_GIVEN.c.value)))
)
_DROP = Statement(delete(_CHANGES).where(_CHANGES.c.id == bindparam("change")))
_DROP_ALL = Statement(delete(_CHANGES).where(_CHANGES.c.mind_gmid == _GMID))
_DROP_UNWANTED = Statement(
    delete(_CHANGES).where(
        _CHANGES.c.mind_gmid == _GMID, ~exists().where(_INDEXES.c.mind_gmid == _GMID)
    )
)
_NOTE_ALL = Statement(
    insert(_CHANGES).from_select(
        ["mind_gmid", "memory", "memory_id"],
        select(_MEMORIES.c.mind_gmid, _MEMORIES.c.id, _MEMORIES.c.memory_id)
        .select_from(_MEMORIES.join(_VECTORS, _FITS))
        .where(_LIVES),
    )
)
_ALL = -1


@dataclass(frozen=True)
class IndexRecord:
    """The index that belongs to the record: its generation and the model of its vectors."""

    generation: str
    embedder: str
    dimension: int


@dataclass(frozen=True)
class Change:
    """One noted memory and its vector now; None when the index is not to have it."""

    id: int
    memory: int
    vector: bytes | None


def note_changes(connection: Connection, gmid: str, memories: Sequence[tuple[int, str]]) -> None:
    """Note memories as (memories.id, memories.memory_id), in the transaction that changes them."""
    _NOTE.run_many(
        connection,
        [{"mind_gmid": gmid, "memory": number, "memory_id": name} for number, name in memories],
    )


def begin_index(connection: Connection, gmid: str, embedder: str, dimension: int) -> IndexRecord:
    """The index of a mind, which begins with this embedder if the mind has none yet.

    Call it in the transaction that writes a vector. When the record returned names another
    embedder or dimension than the vector's, raise: the memories must be embedded anew first.
    """
    _BEGIN.run(connection, _row(gmid, embedder, dimension))
    row = _RECORD.run(connection, {"gmid": gmid}).fetchone()
    return IndexRecord(*cast(tuple[str, str, int], row))


def renew_index(connection: Connection, gmid: str, embedder: str, dimension: int) -> None:
    """Another generation: whatever is on disk is void, and its owner begins it anew."""
    _RENEW.run(connection, _row(gmid, embedder, dimension))


def index_record(database: Database, gmid: str) -> IndexRecord | None:
    """The index of a mind; None before its first vector."""
    rows = database.fetch(_RECORD, {"gmid": gmid})
    return IndexRecord(*cast(tuple[str, str, int], rows[0])) if rows else None


def count_changes(database: Database, gmid: str) -> int:
    """How many changes the index of a mind does not have yet."""
    return cast(int, database.fetch(_COUNT, {"gmid": gmid})[0][0])


def pending(database: Database, gmid: str, record: IndexRecord) -> dict[int, bytes | None]:
    """What the index does not know: memories.id -> vector, None when the index is to lose it."""
    return {c.memory: c.vector for c in read_changes(database, gmid, record, _ALL)}


def read_changes(database: Database, gmid: str, record: IndexRecord, most: int) -> list[Change]:
    """The oldest changes that the index does not have, with what the record says now."""
    rows = database.fetch(_PENDING, {"gmid": gmid, "most": most, **_model(record)})
    return [Change(*cast(tuple[int, int, bytes | None], row)) for row in rows]


def living(database: Database, gmid: str, record: IndexRecord) -> list[int]:
    """The memories.id of all that belongs into the index."""
    rows = database.fetch(_LIVING, {"gmid": gmid, **_model(record)})
    return cast(list[int], [row[0] for row in rows])


def living_vectors(
    database: Database, gmid: str, record: IndexRecord, numbers: Sequence[int]
) -> dict[int, bytes]:
    """Of these memories, the vectors that belong into the index."""
    values = {"gmid": gmid, "numbers": json.dumps(list(numbers)), **_model(record)}
    return dict(cast(list[tuple[int, bytes]], database.fetch(_LIVING_VECTORS, values)))


def drop_changes(connection: Connection, changes: Sequence[Change]) -> None:
    """The index has these changes. Exactly these: of one memory, a later one may be there."""
    _DROP.run_many(connection, [{"change": change.id} for change in changes])


def drop_unwanted(connection: Connection, gmid: str) -> None:
    """Drop the changes of a mind that has no index: it begins with all that lives then."""
    _DROP_UNWANTED.run(connection, {"gmid": gmid})


def note_all(connection: Connection, gmid: str, record: IndexRecord) -> None:
    """An index on disk is empty: all that belongs into it is a change."""
    _DROP_ALL.run(connection, {"gmid": gmid})
    _NOTE_ALL.run(connection, {"gmid": gmid, **_model(record)})


def _row(gmid: str, embedder: str, dimension: int) -> dict[str, str | int]:
    return {
        "mind_gmid": gmid,
        "generation": secrets.token_hex(8),
        "embedder": embedder,
        "dimension": dimension,
    }


def _model(record: IndexRecord) -> dict[str, str | int]:
    return {"embedder": record.embedder, "dimension": record.dimension}
