"""New vectors for all memories of a mind. What is left to do stands in the record itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from genesis.minds.embedding import Embedding
from genesis.storage.database import Database
from genesis.storage.memory_vectors import (
    Model,
    begin_reindex,
    finish_reindex,
    serve_waiting,
    waiting_memories,
)

_AT_ONCE = 64


def reindex(
    database: Database,
    mind: str,
    embedding: Embedding,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Embed every memory that has no vector of this embedder, then begin the index anew; gives
    how many were embedded, and tells `progress` after each batch. Raises EmbedderError.

    Can be killed at any point: the next run embeds what still awaits its vector.
    """
    # Before anything is changed: does it work at all?
    embedding.embed(["memory"])
    model, made = Model(embedding.name, embedding.dimension), 0
    write = database.writer.write
    write(lambda connection: begin_reindex(connection, mind, model))
    while True:
        waiting = waiting_memories(database, mind, _AT_ONCE)
        if not waiting and write(lambda connection: finish_reindex(connection, mind, model)):
            return made
        vectors = embedding.embed([memory.content for memory in waiting])
        served = list(zip(waiting, vectors, strict=True))
        write(partial(serve_waiting, mind=mind, model=model, served=served))
        made += len(served)
        if progress is not None:
            progress(made)
