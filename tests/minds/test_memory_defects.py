"""Faults of an earlier system that must not come back; each test is named after what it keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis.minds.memory import MemoryManager
from genesis.minds.memory_record import MemoryType
from genesis.storage.database import Database

from tests.minds.memory_fixtures import remembering

ADA, BOB = "ada@example.org", "bob@example.org"


@pytest.fixture
def memory(minds: Database, gmid: str, tmp_path: Path) -> Iterator[MemoryManager]:
    with remembering(minds, gmid, tmp_path / "indexes") as opened:
        yield opened


@pytest.fixture
def after_restart(minds: Database, gmid: str, tmp_path: Path) -> Iterator[MemoryManager]:
    """The same mind, as another process sees it."""
    with remembering(Database(minds.path), gmid, tmp_path / "after") as opened:
        yield opened
        opened._database.close()


def test_a_memory_needs_no_type(memory: MemoryManager) -> None:
    assert memory.add_memory("no type given").type is MemoryType.EPISODIC


def test_type_and_importance_filter_together(memory: MemoryManager) -> None:
    memory.add_memory("tea", "semantic", importance=0.2)
    memory.add_memory("tea", "episodic", importance=0.9)
    wanted = memory.add_memory("tea", "semantic", importance=0.9)
    found = memory.search_memories("tea", MemoryType.SEMANTIC, min_importance=0.5)
    assert [m.id for m in found] == [wanted.id]


def test_a_user_finds_their_own_among_many_of_others(memory: MemoryManager) -> None:
    for _ in range(20):
        memory.add_memory("my favourite tea is green", user_email=BOB)
    own = memory.add_memory("my favourite tea is black", user_email=ADA)
    found = memory.search_memories("my favourite tea is green", limit=5, user_email=ADA)
    assert [m.id for m in found] == [own.id]


def test_a_duplicate_updates_the_record_and_not_a_copy_of_it(
    memory: MemoryManager, after_restart: MemoryManager
) -> None:
    memory.add_memory("she plays the cello", importance=0.2, tags=["x"])
    memory.add_memory_smart("she plays the cello", importance=0.95, tags=["y"])
    (found,) = after_restart.search_memories("she plays the cello")
    assert (found.importance, found.tags) == (0.95, ["x", "y"])


def test_a_duplicate_without_metadata_or_emotion_is_no_error(memory: MemoryManager) -> None:
    first = memory.add_memory_smart("plain")
    assert memory.add_memory_smart("plain", emotion="joy", metadata={"a": 1}).id == first.id
    assert memory.add_memory_smart("plain").metadata == {"a": 1}


def test_a_duplicate_is_found_right_after_a_restart(
    memory: MemoryManager, after_restart: MemoryManager
) -> None:
    first = memory.add_memory("the same sentence")
    assert after_restart.add_memory_smart("the same sentence").id == first.id
    assert after_restart.get_memory_stats()["total_memories"] == 1


def test_metadata_cannot_overwrite_fields_and_no_memory_is_lost_by_it(
    memory: MemoryManager, after_restart: MemoryManager
) -> None:
    sly = {"type": "conversation_context", "user_email": BOB, "importance": 9, "id": "1"}
    one = memory.add_memory("context", importance=0.3, user_email=ADA, metadata={**sly})
    (found,) = after_restart.search_memories("context", user_email=ADA)
    assert (found.id, found.type, found.importance) == (one.id, MemoryType.EPISODIC, 0.3)
    assert (found.user_email, found.metadata) == (ADA, sly)
    assert after_restart.search_memories("context", user_email=BOB) == []


def test_everything_can_be_read_after_a_restart(
    memory: MemoryManager, after_restart: MemoryManager
) -> None:
    one = memory.add_memory("kept", importance=0.9)
    assert after_restart.get_memory(one.id) == one
    assert [m.id for m in after_restart.get_important_memories()] == [one.id]
    assert after_restart.get_memory_stats()["memory_types_count"] == {"episodic": 1}


def test_recent_memories_after_a_restart_are_the_newest(
    memory: MemoryManager, after_restart: MemoryManager
) -> None:
    for n in range(60):
        memory.add_memory(f"n{n}")
    after_restart.search_memories("n3", limit=1)
    found = after_restart.get_recent_memories(3)
    assert [m.content for m in found] == ["n59", "n58", "n57"]


def test_access_counts_survive_a_restart(
    memory: MemoryManager, after_restart: MemoryManager
) -> None:
    one = memory.add_memory("asked for")
    for _ in range(5):
        memory.search_memories("asked for")
    memory.flush_accesses()
    found = after_restart.get_memory(one.id)
    assert found is not None
    assert found.access_count == 5
    assert found.last_accessed is not None


def test_intensity_links_archiving_and_merging_survive_a_restart(
    memory: MemoryManager, after_restart: MemoryManager
) -> None:
    one = memory.add_memory("one thing", emotion="joy", emotion_intensity=0.125)
    two = memory.add_memory("quite another matter")
    memory.relate(one.id, two.id)
    again = memory.add_memory("one thing", importance=0.7)
    old = memory.add_memory("faded", importance=0.1, timestamp="2020-01-01T00:00:00Z")
    assert memory.consolidate_memories() == {"archived": 1, "merged": 1}
    kept, merged, faded = (after_restart.get_memory(m.id) for m in (one, again, old))
    assert kept is not None
    assert merged is not None
    assert faded is not None
    assert (kept.emotion_intensity, kept.related_memory_ids) == (0.125, [two.id])
    assert (kept.importance, merged.merged_into) == (0.7, one.id)
    assert faded.archived_at is not None
    found = after_restart.search_memories("one thing faded", limit=10)
    assert sorted(m.id for m in found) == sorted([one.id, two.id])


def test_consolidation_does_what_it_says(memory: MemoryManager) -> None:
    for _ in range(3):
        memory.add_memory("said three times")
    assert memory.consolidate_memories() == {"archived": 0, "merged": 2}
    assert memory.consolidate_memories() == {"archived": 0, "merged": 0}
    assert len(memory.search_memories("said three times")) == 1


def test_the_process_keeps_no_copy_of_what_it_added_or_found(memory: MemoryManager) -> None:
    for n in range(30):
        memory.add_memory(f"n{n}")
    memory.search_memories("n1", limit=30)
    memory.flush_accesses()
    held = [value for value in vars(memory).values() if isinstance(value, (list, dict))]
    assert all(len(value) == 0 for value in held)
