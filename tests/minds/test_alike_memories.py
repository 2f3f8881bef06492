"""Memories that are much alike: the index of vectors alone would lose sight of some of them."""

from __future__ import annotations

import random
from pathlib import Path

from genesis.minds.memory import MemoryManager
from genesis.storage.database import Database
from genesis.storage.index_pool import IndexPool

from tests.minds.memory_fixtures import hashing

TOPICS = ("the harvest", "a broken pump", "rain on Tuesday", "her sister's visit")
ROUNDS = 25


def test_each_of_some_hundred_alike_memories_is_found_after_changes_and_deletions(
    minds: Database, gmid: str, tmp_path: Path
) -> None:
    pool = IndexPool(minds, tmp_path / "indexes")
    try:
        memory, rng = MemoryManager(gmid, minds, hashing(), pool), random.Random(2)
        living: dict[str, str] = {}
        for number in range(ROUNDS):
            for n in range(12):
                content = f"w{number}n{n} told me about {rng.choice(TOPICS)}"
                living[memory.add_memory(content).id] = content
            for name in rng.sample(list(living), 4):
                living[name] = f"w{number}c{name[:4]} told me about {rng.choice(TOPICS)}"
                memory.update_memory(name, content=living[name])
            for name in rng.sample(list(living), 3):
                del living[name]
                memory.delete_memory(name)
            assert pool.settle(gmid)
        found = {
            name: [one.id for one in memory.search_memories(content, limit=3)]
            for name, content in living.items()
        }
        assert [name for name, names in found.items() if name not in names] == []
    finally:
        pool.close()
