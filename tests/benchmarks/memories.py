"""Memories beside Chroma alone: adding, searching, a filter that keeps 1 %, and recall.

Vectors are given (384 dimensions, in clusters, as those of sentences are); Chroma holds the same
ones with the user as metadata. `memories` has 10,000; `memories-100k` takes about ten minutes to
build its two indexes.

At 0 memories neither database is new: both wrote enough before that their logs have their size.
A write that makes a new log file longer waits for the file system too (about 90 us); a mind's
first seventy writes or so do, whatever they write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from genesis.clock import utc_now
from genesis.minds.embedding import Embedding
from genesis.minds.memory import MemoryManager
from genesis.minds.memory_record import Memory
from genesis.storage.database import Database
from genesis.storage.index_pool import IndexPool
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.storage.minds import MindRecord, register_mind
from sqlalchemy import Connection, text

from tests.benchmarks.figures import Figure, interleaved

MIND = "GMD-2026-AAAA-0001"
WIDTH, CLUSTERS, SPREAD = 384, 500, 0.6
USERS = 100
ROUNDS, CALLS, ADDS = 7, 20, 50
LOG_BYTES = 12_000_000
MANY = 100_000
CHROMA_BATCH = 2000
BUILD_SECONDS = 1800


def measure(folder: Path) -> Iterator[Figure]:
    """At 0 and at 10,000 memories."""
    yield from _measure(folder, 10_000, adds_at_none=True)


def measure_100k(folder: Path) -> Iterator[Figure]:
    """At 100,000 memories."""
    yield from _measure(folder, MANY, adds_at_none=False)


def _measure(folder: Path, size: int, *, adds_at_none: bool) -> Iterator[Figure]:
    database = Database(folder / "genesis.db")
    migrate(database, "kernel", KERNEL_REVISIONS)
    mind = MindRecord(MIND, "M", "b", None, "", None, None, "active", utc_now(), utc_now(), "m")
    database.writer.write(lambda connection: register_mind(connection, mind))
    pool = IndexPool(database, folder / "indexes")
    memory = MemoryManager(MIND, database, Embedding(list, None), pool)
    client, collection = _chroma(folder / "chroma")
    vectors, queries, more = _clustered(size), _clustered(200, seed=2), _clustered(200, seed=4)
    try:
        # Chroma is imported and the index begun before anything is measured.
        memory.add_memory("the first", embedding=more[0].tobytes())
        assert pool.settle(MIND)
        _lengthen_logs(database, client)
        if adds_at_none:
            yield _adding(memory, collection, more, 0)
        _fill(memory, collection, vectors)
        assert pool.settle(MIND, BUILD_SECONDS)
        yield from _searching(memory, collection, vectors, queries)
        yield _adding(memory, collection, more, size)
        yield _just_added(memory)
    finally:
        pool.close()
        database.close()
        client.close()


def _lengthen_logs(database: Database, client: Any) -> None:
    """Let both databases write and drop something else, so that their logs have their size."""

    def scribble(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE scratch (a)"))
        connection.execute(text(f"INSERT INTO scratch VALUES (zeroblob({LOG_BYTES}))"))
        connection.execute(text("DROP TABLE scratch"))

    database.writer.write(scribble)
    other = client.create_collection("scratch", embedding_function=None)
    vectors = _clustered(2 * ADDS, seed=5)
    for number, vector in enumerate(vectors):
        other.add(
            ids=[str(number)], embeddings=vector[None, :], metadatas=[{"user": "nobody"}],
            documents=["a short sentence"],
        )  # fmt: skip
    client.delete_collection("scratch")


def _adding(memory: MemoryManager, collection: Any, vectors: Any, held: int) -> Figure:
    numbers = count()

    def ours() -> None:
        for _ in range(ADDS):
            vector = vectors[next(numbers) % len(vectors)].tobytes()
            memory.add_memory("a short sentence that says something", embedding=vector)

    def chroma() -> None:
        for _ in range(ADDS):
            number = next(numbers)
            collection.add(
                ids=[f"added-{held}-{number}"], embeddings=vectors[number % len(vectors)][None, :],
                metadatas=[{"user": "nobody"}], documents=["a short sentence"],
            )  # fmt: skip

    mine, theirs = interleaved(ROUNDS, ours, chroma)
    return Figure(
        f"add_memory acknowledged at {held:,}", f"{mine / ADDS * 1e6:,.0f} us",
        f"collection.add of one {theirs / ADDS * 1e6:,.0f} us", theirs / mine, 10, at_most=False,
    )  # fmt: skip


def _searching(
    memory: MemoryManager, collection: Any, vectors: Any, queries: Any
) -> Iterator[Figure]:
    size = len(vectors)

    def ours(query: Any, user: str | None = None) -> list[Memory]:
        return memory.search_memories("", limit=10, embedding=query.tobytes(), user_email=user)

    def chroma(query: Any, where: dict[str, str] | None = None) -> None:
        collection.query(query_embeddings=query[None, :], n_results=10, where=where)

    mine, theirs = interleaved(
        ROUNDS, _over(queries, lambda query, _: ours(query)),
        _over(queries, lambda query, _: chroma(query)),
    )  # fmt: skip
    yield Figure(
        f"search of {size:,}, 10 found", f"{mine / CALLS * 1e3:.2f} ms",
        f"Chroma's query {theirs / CALLS * 1e3:.2f} ms", mine / theirs, 1.3,
    )  # fmt: skip
    mine, theirs = interleaved(
        ROUNDS, _over(queries, lambda query, n: ours(query, f"u{n % USERS}")),
        _over(queries, lambda query, n: chroma(query, {"user": f"u{n % USERS}"})),
    )  # fmt: skip
    yield Figure(
        f"search of {size:,}, a user with 1 %", f"{mine / CALLS * 1e3:.2f} ms",
        f"Chroma's where {theirs / CALLS * 1e3:.2f} ms", theirs / mine,
        10 if size >= MANY else None, at_most=False,
    )  # fmt: skip
    right = 0
    for query in queries:
        exact = {f"m{n}" for n in (vectors @ query).argsort()[-10:]}
        right += len(exact & {found.id for found in ours(query)})
    recall = right / (10 * len(queries))
    yield Figure(
        f"recall@10 at {size:,}", f"{recall:.3f}", "comparing with all", recall, 0.95, at_most=False
    )


def _just_added(memory: MemoryManager) -> Figure:
    fresh, found = _clustered(100, seed=3), 0
    for vector in fresh:
        added = memory.add_memory("new", embedding=vector.tobytes())
        (best,) = memory.search_memories("", limit=1, embedding=vector.tobytes())
        found += best.id == added.id
    return Figure(
        "recall of what was added a moment ago", f"{found / len(fresh):.3f}", "itself",
        found / len(fresh), 1.0, at_most=False,
    )  # fmt: skip


def _over(queries: Any, search: Callable[[Any, int], object]) -> Callable[[], None]:
    """A round of searches, each round with the next queries."""
    numbers = count()

    def run() -> None:
        for _ in range(CALLS):
            number = next(numbers)
            search(queries[number % len(queries)], number)

    return run


def _fill(memory: MemoryManager, collection: Any, vectors: Any) -> None:
    memory.add_memories(
        (
            Memory(f"the sentence with number {n}", id=f"m{n}", user_email=f"u{n % USERS}")
            for n in range(len(vectors))
        ),
        embeddings=(vector.tobytes() for vector in vectors),
    )
    for start in range(0, len(vectors), CHROMA_BATCH):
        part = range(start, min(start + CHROMA_BATCH, len(vectors)))
        collection.add(
            ids=[f"m{n}" for n in part], embeddings=vectors[part.start : part.stop],
            metadatas=[{"user": f"u{n % USERS}"} for n in part],
            documents=[f"the sentence with number {n}" for n in part],
        )  # fmt: skip


def _clustered(number: int, seed: int = 1) -> Any:
    """Unit vectors around the same centres for every seed."""
    import numpy as np

    centres = np.random.default_rng(0).standard_normal((CLUSTERS, WIDTH))
    chance = np.random.default_rng(seed)
    around = centres[chance.integers(0, CLUSTERS, number)]
    rows = around + SPREAD * chance.standard_normal((number, WIDTH))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("<f4")


def _chroma(folder: Path) -> tuple[Any, Any]:
    from chromadb.api.client import Client
    from chromadb.config import Settings

    client = Client(
        settings=Settings(
            anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder)
        )
    )
    collection = client.create_collection(
        "memories", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )
    return client, collection
