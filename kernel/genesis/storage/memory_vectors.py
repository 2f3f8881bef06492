"""The vectors of memories, each with the model that made it. All of a mind are of one model.

Which one stands in `memory_indexes`. While a mind's memories get vectors of another model, the
name there is that of no embedder (`reindex:NAME`): nothing is searched until all have theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

from sqlalchemy import Connection, bindparam, delete, insert, null, select, text, update

from genesis.errors import EmbedderMismatchError
from genesis.storage.database import Database
from genesis.storage.memory_changes import (
    IndexRecord,
    begin_index,
    index_record,
    note_changes,
    renew_index,
)
from genesis.storage.memory_filters import memories
from genesis.storage.memory_tables import MemoryVectorRow
from genesis.storage.statements import Statement, Values, table
from genesis.storage.vector_codes import encode

UNFINISHED = "reindex:"

_m = memories.c
_vectors = table(MemoryVectorRow)
_MIND = _m.mind_gmid == bindparam("mind")
_AWAITS = text("awaits_vector = 1")
_VECTOR = Statement(
    insert(_vectors).prefix_with("OR REPLACE"), ["memory", "embedder", "dimension", "vector"]
)
NO_VECTOR = Statement(delete(_vectors).where(_vectors.c.memory == bindparam("id")))
_AWAIT = Statement(
    update(memories)
    .where(_m.id == bindparam("of_id"))
    .values(awaits_vector=bindparam("awaits"), code=bindparam("code"))
)
_AWAIT_ALL = Statement(update(memories).where(_MIND).values(awaits_vector=1, code=null()))
_SERVED = Statement(
    update(memories)
    .where(_m.id == bindparam("of_id"), _m.content_hash == bindparam("hash"), _AWAITS)
    .values(awaits_vector=0, code=bindparam("code"))
)
_WAITING = Statement(
    select(_m.id, _m.memory_id, _m.content, _m.content_hash)
    .where(_MIND, _AWAITS)
    .order_by(_m.id)
    .limit(bindparam("at_most"))
)


class Model(NamedTuple):
    """What made a vector."""

    embedder: str
    dimension: int


class NewVector(NamedTuple):
    """A vector to write (32-bit floats, little-endian, unit length); `given` by a caller?"""

    vector: bytes
    model: Model
    given: bool


class Waiting(NamedTuple):
    """A memory that awaits its vector."""

    id: int
    memory_id: str
    content: str
    content_hash: str


def check_model(database: Database, mind: str, model: Model) -> IndexRecord | None:
    """The record of a mind's vectors, to compare one of a model with; None when it has none at all.

    Raises EmbedderMismatchError when they are of another model.
    """
    index = index_record(database, mind)
    if index is not None and (index.embedder, index.dimension) != model:
        raise _mismatch(mind, Model(index.embedder, index.dimension), model)
    return index


def takes_vectors(connection: Connection, mind: str, model: Model, *, given: bool) -> bool:
    """Whether vectors of a model may be written; the first model of a mind becomes its own.

    Raises EmbedderMismatchError instead of False when they were `given`.
    """
    held = _held(connection, mind, model)
    if given and held != model:
        raise _mismatch(mind, held, model)
    return held == model


def write_vector(connection: Connection, number: int, model: Model, vector: bytes) -> None:
    """Write the vector of a memory over the one it has; the caller writes its code."""
    values = {"memory": number, **model._asdict(), "vector": vector}
    _VECTOR.run(connection, values)


def put_vector(
    connection: Connection, mind: str, memory: tuple[int, str], vector: NewVector | None
) -> None:
    """Replace the vector of a memory, or take the old one away; note it for the index."""
    number, _ = memory
    fits = vector is not None and takes_vectors(connection, mind, vector.model, given=vector.given)
    if fits and vector is not None:
        write_vector(connection, number, vector.model, vector.vector)
    else:
        NO_VECTOR.run(connection, {"id": number})
    code = encode(vector.vector) if fits and vector is not None else None
    _AWAIT.run(connection, {"of_id": number, "awaits": int(not fits), "code": code})
    note_changes(connection, mind, [memory])


def begin_reindex(connection: Connection, mind: str, model: Model) -> None:
    """Let all memories of a mind await vectors of a model, unless they are of it, or did so
    already and the process ended before all had theirs."""
    if _held(connection, mind, model) not in (model, _unfinished(model)):
        _AWAIT_ALL.run(connection, {"mind": mind})
        renew_index(connection, mind, *_unfinished(model))


def waiting_memories(database: Database, mind: str, at_most: int) -> list[Waiting]:
    """Memories that await their vector, oldest first."""
    rows = database.fetch(_WAITING, {"mind": mind, "at_most": at_most})
    return [Waiting(*cast(tuple[int, str, str, str], row)) for row in rows]


def serve_waiting(
    connection: Connection, mind: str, model: Model, served: Sequence[tuple[Waiting, bytes]]
) -> None:
    """Write vectors of memories that await one, and whose text is still the one embedded.

    Raises EmbedderMismatchError when the memories are to get those of another model meanwhile.
    """
    _check_turn(connection, mind, model)
    written: list[tuple[int, str]] = []
    for memory, vector in served:
        values: Values = {
            "of_id": memory.id, "hash": memory.content_hash, "code": encode(vector),
        }  # fmt: skip
        if _SERVED.run(connection, values).rowcount == 1:
            write_vector(connection, memory.id, model, vector)
            written.append((memory.id, memory.memory_id))
    note_changes(connection, mind, written)


def finish_reindex(connection: Connection, mind: str, model: Model) -> bool:
    """Begin the index of a model anew once no memory awaits a vector; False when one does.

    Raises EmbedderMismatchError as `serve_waiting` does.
    """
    _check_turn(connection, mind, model)
    if _WAITING.run(connection, {"mind": mind, "at_most": 1}).fetchone() is not None:
        return False
    renew_index(connection, mind, *model)
    return True


def _held(connection: Connection, mind: str, model: Model) -> Model:
    """The model of a mind's vectors; one that has none yet begins with this one."""
    index = begin_index(connection, mind, *model)
    return Model(index.embedder, index.dimension)


def _unfinished(model: Model) -> Model:
    return Model(UNFINISHED + model.embedder, model.dimension)


def _check_turn(connection: Connection, mind: str, model: Model) -> None:
    held = _held(connection, mind, model)
    if held not in (model, _unfinished(model)):
        raise _mismatch(mind, held, model)


def _mismatch(mind: str, held: Model, asked: Model) -> EmbedderMismatchError:
    if held.embedder.startswith(UNFINISHED):
        return EmbedderMismatchError(
            f"not all memories of {mind} have a vector of {held.embedder.removeprefix(UNFINISHED)} "
            f"yet; run `genesis minds reindex {mind}` to finish"
        )
    return EmbedderMismatchError(
        f"the memories of {mind} have vectors of {held.embedder} ({held.dimension} dimensions), "
        f"not of {asked.embedder} ({asked.dimension}); use that embedder again, or make new "
        f"vectors with `genesis minds reindex {mind}`"
    )
