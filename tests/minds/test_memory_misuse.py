"""What programs give wrongly, or do at the same moment, harms no memory and is said in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from genesis.errors import EmbedderMismatchError, StorageError, UsageError
from genesis.minds.consolidation import MERGE
from genesis.minds.memory import MemoryManager
from genesis.minds.memory_record import Memory
from genesis.storage.database import Database
from genesis.storage.memories import unite
from genesis.storage.memory_upkeep import merge_pairs
from sqlalchemy import Connection

from tests.minds.memory_fixtures import direction, hashing, lengths, remembering

Ask = Callable[[MemoryManager], object]
BROKEN = "\ud800"
FORK = """
import os, sys
from genesis import Mind
mind = Mind.birth("Atlas")
memory = mind.memory.add_memory("one", embedding=[1.0, 0.0])
mind.memory.search_memories("", embedding=[1.0, 0.0])
child = os.fork()
if child == 0:
    Mind.load("Atlas").memory.add_memory("two", embedding=[0.0, 1.0])
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
mind.memory.flush_accesses()
print(mind.memory.get_memory(memory.id).access_count)
"""


@pytest.fixture
def memory(minds: Database, gmid: str, tmp_path: Path) -> Iterator[MemoryManager]:
    with remembering(minds, gmid, tmp_path / "chroma") as manager:
        yield manager


def number_of(minds: Database, memory: Memory) -> int:
    """Its number in the database."""
    with minds.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT id FROM memories WHERE memory_id = ?", (memory.id,)
        )
        return int(found.scalar_one())


def test_vectors_of_different_dimensions_in_one_batch_are_refused_and_searches_go_on(
    memory: MemoryManager,
) -> None:
    two = [Memory("one"), Memory("two")]
    with pytest.raises(UsageError, match="dimension"):
        memory.add_memories(two, embeddings=[direction(0), [1.0] * 16], embedder="mine")
    memory.add_memory("one", embedding=direction(0), embedder="mine")
    found = memory.search_memories("", embedding=direction(0), embedder="mine")
    assert [one.content for one in found] == ["one"]


def test_of_two_reindexings_at_once_the_earlier_gives_way(memory: MemoryManager) -> None:
    memory.add_memory("cello")
    with pytest.raises(EmbedderMismatchError):
        memory.reindex(lengths(), progress=lambda _: cast(None, memory.reindex(hashing())))
    assert [one.content for one in memory.search_memories("cello")] == ["cello"]


def test_what_says_something_else_meanwhile_is_not_merged(
    memory: MemoryManager, minds: Database, gmid: str
) -> None:
    kept, taken = (memory.add_memory(text, embedding=direction(0)) for text in ("cello", "a cello"))
    pair = (number_of(minds, kept), number_of(minds, taken))
    assert memory.update_memory(taken.id, content="the rent", embedding=direction(80))
    assert minds.writer.write(lambda c: merge_pairs(c, gmid, [pair], MERGE)) == 0
    memory.update_memory(taken.id, content="the cello", embedding=direction(5))
    assert minds.writer.write(lambda c: merge_pairs(c, gmid, [pair], MERGE)) == 1


def test_what_became_another_users_meanwhile_takes_nothing_in(
    memory: MemoryManager, minds: Database, gmid: str
) -> None:
    kept, taken = (
        memory.add_memory("cello", user_email="ada@x", metadata={"by": name}) for name in "ab"
    )
    pair = (number_of(minds, kept), number_of(minds, taken))
    memory.update_memory(kept.id, user_email="bob@x")
    assert minds.writer.write(lambda c: merge_pairs(c, gmid, [pair], MERGE)) == 0
    draft = {
        "importance": 1.0, "tags": '["secret"]', "extra_data": "{}", "type": "episodic",
        "user_email": "ada@x", "relationship_context": None,
    }  # fmt: skip

    def take_in(connection: Connection) -> bool:
        return unite(connection, gmid, (pair[0], kept.id), draft)

    assert not minds.writer.write(take_in)
    found = memory.get_memory(kept.id)
    assert found is not None
    assert (found.tags, found.metadata) == ([], {"by": "a"})


def test_metadata_that_is_united_keeps_empty_values(memory: MemoryManager) -> None:
    memory.add_memory("cello", metadata={"a": None, "b": {"x": 1}})
    both = memory.add_memory("cello", metadata={"a": 5, "c": None}, deduplicate="exact")
    assert both.metadata == {"a": None, "b": {"x": 1}, "c": None}


def test_erasing_takes_a_list_and_says_so(memory: MemoryManager) -> None:
    one = memory.add_memory("secret")
    with pytest.raises(UsageError, match="list"):
        memory.erase(one.id)
    assert memory.erase([one.id]) == 1


@pytest.mark.parametrize(
    "ask",
    [
        lambda memory: memory.search_memories("a", user_email=BROKEN),
        lambda memory: memory.search_memories("a", user_email=["ada"]),
        lambda memory: memory.search_memories("a", environment_id={}),
        lambda memory: memory.search_memories("a", emotion=3),
        lambda memory: memory.search_memories("a", min_importance="high"),
        lambda memory: memory.search_memories("a", min_importance=float("nan")),
        lambda memory: memory.get_recent_memories(user_email=BROKEN),
        lambda memory: memory.get_important_memories(min_importance="high"),
        lambda memory: memory.add_memory("a", embedding=[1.0], embedder=BROKEN),
        lambda memory: memory.add_memory("a", embedding=[1.0], embedder=5),
    ],
)
def test_a_question_that_cannot_be_asked_is_a_usage_error(memory: MemoryManager, ask: Ask) -> None:
    with pytest.raises(UsageError):
        ask(memory)


def test_a_search_answers_though_its_hits_cannot_be_written(
    memory: MemoryManager, minds: Database, caplog: pytest.LogCaptureFixture
) -> None:
    one = memory.add_memory("cello")
    fail = (
        "CREATE TRIGGER full BEFORE UPDATE ON memories "
        "BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
    )
    minds.writer.write(lambda c: c.exec_driver_sql(fail) and None)
    for _ in range(502):
        assert len(memory.search_memories("cello")) == 1
    with pytest.raises(StorageError):
        memory.flush_accesses()
    found = memory.get_memory(one.id)
    assert found is not None
    assert found.access_count == 502
    # Not tried, and said, with every search.
    assert caplog.text.count("hits of searches") == 1


def test_a_forked_child_ends_and_counts_nothing_twice(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORK], capture_output=True, text=True, timeout=60,
        env={**os.environ, "GENESIS_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == 1
