"""Memories with vectors, made quickly, for the tests of the vector index."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from genesis.clock import utc_now
from genesis.storage.database import Database
from genesis.storage.memory_changes import begin_index, note_changes
from genesis.storage.memory_tables import MemoryRow, MemoryVectorRow
from genesis.storage.minds import MindRecord, register_mind
from genesis.storage.statements import table
from sqlalchemy import Connection, bindparam, delete, insert, select, update

EMBEDDER = "tests"
DIMENSION = 16
_MEMORIES, _VECTORS = table(MemoryRow), table(MemoryVectorRow)


def vector_of(seed: int, dimension: int = DIMENSION) -> bytes:
    """The same random unit vector for the same seed."""
    row = np.random.default_rng(seed).standard_normal(dimension).astype("<f4")
    return (row / np.linalg.norm(row)).tobytes()


def add_mind(database: Database, gmid: str) -> None:
    """Register a mind."""
    mind = MindRecord(
        gmid, gmid, "tests", None, "", None, None, "active", utc_now(), utc_now(), f"{gmid}.json"
    )
    database.writer.write(lambda connection: register_mind(connection, mind))


def add_memories(
    database: Database, gmid: str, seeds: Iterable[int], embedder: str = EMBEDDER,
    dimension: int = DIMENSION,
) -> dict[int, int]:  # fmt: skip
    """One memory for each seed, noted for the index; gives seed -> memories.id."""
    seeds = list(seeds)

    def write(connection: Connection) -> dict[int, int]:
        begin_index(connection, gmid, embedder, dimension)
        names = [f"{gmid}-{seed}" for seed in seeds]
        connection.execute(
            insert(_MEMORIES),
            [
                {
                    "memory_id": name, "mind_gmid": gmid, "type": "episodic", "content": name,
                    "content_hash": name, "importance": 0.5, "created_at": utc_now(),
                }
                for name in names
            ],
        )  # fmt: skip
        rows = connection.execute(
            select(_MEMORIES.c.memory_id, _MEMORIES.c.id).where(_MEMORIES.c.mind_gmid == gmid)
        )
        numbers = {name: number for name, number in rows if name in set(names)}
        connection.execute(
            insert(_VECTORS),
            [
                {
                    "memory": numbers[name], "embedder": embedder, "dimension": dimension,
                    "vector": vector_of(seed, dimension),
                }
                for name, seed in zip(names, seeds, strict=True)
            ],
        )  # fmt: skip
        note_changes(connection, gmid, [(numbers[name], name) for name in names])
        return {seed: numbers[name] for name, seed in zip(names, seeds, strict=True)}

    return database.writer.write(write)


def delete_memories(database: Database, gmid: str, numbers: Iterable[int]) -> None:
    """Delete memories with their vectors."""
    numbers = list(numbers)

    def write(connection: Connection) -> None:
        for number in numbers:
            connection.execute(delete(_VECTORS).where(_VECTORS.c.memory == number))
            connection.execute(delete(_MEMORIES).where(_MEMORIES.c.id == number))
        note_changes(connection, gmid, [(number, f"gone-{number}") for number in numbers])

    database.writer.write(write)


def archive_memories(
    database: Database, gmid: str, numbers: Iterable[int], when: str | None
) -> None:
    """Archive memories, or with None bring them back."""
    numbers = list(numbers)

    def write(connection: Connection) -> None:
        connection.execute(
            update(_MEMORIES).where(_MEMORIES.c.id == bindparam("n")).values(archived_at=when),
            [{"n": number} for number in numbers],
        )
        note_changes(connection, gmid, [(number, str(number)) for number in numbers])

    database.writer.write(write)


def change_vector(database: Database, gmid: str, number: int, vector: bytes) -> None:
    """Give a memory another vector."""

    def write(connection: Connection) -> None:
        connection.execute(
            update(_VECTORS).where(_VECTORS.c.memory == number).values(vector=vector)
        )
        note_changes(connection, gmid, [(number, str(number))])

    database.writer.write(write)


def files_of(folder: Path) -> list[Path]:
    """All files of an index folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
