"""What the tests of memories share: embedders, and vectors of known similarity."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from genesis.contracts.embedders import Embedder
from genesis.minds.embedding import Embedding
from genesis.minds.memory import MemoryManager
from genesis.storage.database import Database
from genesis.storage.index_pool import IndexPool
from genesis.testing.embedders import HASHING

WIDTH = 8
OTHER = Embedder(name="lengths", dimension=WIDTH, load="tests.minds.memory_fixtures:load_lengths")


def hashing() -> Embedding:
    """The embedder for tests."""
    return Embedding(lambda: [HASHING], None)


def lengths() -> Embedding:
    """An embedder of another name and dimension."""
    return Embedding(lambda: [OTHER], None)


def none() -> Embedding:
    """A home without an embedder."""
    return Embedding(list, None)


def load_lengths() -> Callable[[Sequence[str]], list[list[float]]]:
    """The embedder that knows only how long a text is."""
    return lambda texts: [direction(len(text)) for text in texts]


def direction(degrees: float) -> list[float]:
    """A unit vector; two of them have the cosine of the difference of their angles."""
    angle = math.radians(degrees)
    return [math.cos(angle), math.sin(angle), *([0.0] * (WIDTH - 2))]


def packed(vector: Sequence[float]) -> bytes:
    """A vector as it is stored."""
    return struct.pack(f"<{len(vector)}f", *vector)


@contextmanager
def remembering(
    database: Database, gmid: str, folder: Path, embedding: Embedding | None = None
) -> Iterator[MemoryManager]:
    """The memories of a mind, with a pool of indexes of their own that few suffice for."""
    pool = IndexPool(database, folder, large=0)
    try:
        yield MemoryManager(gmid, database, embedding or hashing(), pool)
    finally:
        pool.close()
