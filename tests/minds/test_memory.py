"""Memories: written, read, changed, linked, deleted; what cannot be stored is refused."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from genesis.errors import UsageError
from genesis.minds.memory import MemoryManager
from genesis.minds.memory_record import Memory, MemoryType
from genesis.storage.database import Database
from genesis.storage.events import events_after
from hypothesis import given
from hypothesis import strategies as st

from tests.minds.memory_fixtures import direction, none, remembering

LONG_AGO = datetime(2024, 2, 29, 12, tzinfo=UTC)


@pytest.fixture
def memory(minds: Database, gmid: str, tmp_path: Path) -> Iterator[MemoryManager]:
    with remembering(minds, gmid, tmp_path / "indexes") as opened:
        yield opened


def events(database: Database) -> list[tuple[str, str, dict[str, object]]]:
    with database.read() as connection:
        found = events_after(connection, 0, 1000)
    return [(e.type, e.subject, dict(e.payload)) for e in found if e.type.startswith("memory.")]


def everything(database: Database, table: str) -> list[tuple[object, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]


def test_a_memory_comes_back_with_all_that_was_said_of_it(memory: MemoryManager) -> None:
    added = memory.add_memory(
        "Ada likes rain", MemoryType.SEMANTIC, emotion="joy", emotion_intensity=0.25,
        importance=0.75, tags=["weather", "ada", "weather"], metadata={"source": {"page": 3}},
        user_email="ada@example.org", relationship_context="shared", environment_id="env-1",
        environment_name="Garden", timestamp=LONG_AGO,
    )  # fmt: skip
    found = memory.get_memory(added.id)
    assert found == added
    assert str(uuid.UUID(added.id)) == added.id
    assert (added.type, added.tags) == (MemoryType.SEMANTIC, ["weather", "ada"])
    assert added.timestamp == LONG_AGO
    assert added.metadata == {"source": {"page": 3}}
    assert (added.emotion, added.emotion_intensity, added.importance) == ("joy", 0.25, 0.75)
    assert (added.user_email, added.relationship_context) == ("ada@example.org", "shared")
    assert (added.environment_id, added.environment_name) == ("env-1", "Garden")
    assert Memory.from_dict(json.loads(json.dumps(added.to_dict()))) == added


def test_the_older_name_of_the_type_and_its_text_work(memory: MemoryManager) -> None:
    assert memory.add_memory("a", type="procedural").type is MemoryType.PROCEDURAL
    assert memory.add_memory("b", memory_type="working").type is MemoryType.WORKING


def test_a_naive_time_is_local_and_an_aware_one_is_kept(memory: MemoryManager) -> None:
    naive = datetime(2025, 5, 4, 3, 2, 1)  # noqa: DTZ001 - that is what is tested
    assert memory.add_memory("naive", timestamp=naive).timestamp == naive.astimezone(UTC)
    assert memory.add_memory("text", timestamp="2025-05-04T03:02:01+02:00").timestamp == datetime(
        2025, 5, 4, 1, 2, 1, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"content": ""}, "empty"),
        ({"content": " \n"}, "empty"),
        ({"content": "x" * (1024 * 1024 + 1)}, "1,048,577 characters"),
        ({"content": "a\0b"}, "NUL"),
        ({"content": "a\ud800b"}, "surrogate"),
        ({"content": 3}, "not text"),
        ({"memory_type": "banana"}, "episodic, semantic"),
        ({"importance": 1.01}, "importance"),
        ({"importance": -0.01}, "importance"),
        ({"importance": math.nan}, "importance"),
        ({"importance": "high"}, "importance"),
        ({"emotion_intensity": 2}, "emotion_intensity"),
        ({"emotion": "x\0"}, "NUL"),
        ({"tags": "one"}, "list"),
        ({"tags": [3]}, "not text"),
        ({"tags": [""]}, "empty"),
        ({"tags": ["\ud800"]}, "surrogate"),
        ({"tags": [f"t{n}" for n in range(101)]}, "101 tags"),
        ({"metadata": {"a": object()}}, "metadata"),
        ({"metadata": {"a": math.nan}}, "metadata"),
        ({"metadata": "text"}, "dict"),
        ({"user_email": "a\0"}, "NUL"),
        ({"relationship_context": "secret"}, "personal, shared, generic"),
        ({"environment_id": ""}, "empty"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": 12}, "timestamp"),
        ({"embedding": [0.0, 0.0]}, "embedding"),
        ({"embedding": [[1.0]]}, "embedding"),
    ],
)
def test_what_cannot_be_stored_is_refused_and_nothing_is_written(
    memory: MemoryManager, minds: Database, wrong: dict[str, object], what: str
) -> None:
    with pytest.raises(UsageError, match=what):
        memory.add_memory(**{"content": "fine", **wrong})  # type: ignore[arg-type]
    assert everything(minds, "memories") == []
    assert events(minds) == []


def test_a_memory_without_an_embedder_is_kept_and_that_is_said_once(
    minds: Database, gmid: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with remembering(minds, gmid, tmp_path / "i", none()) as memory:
        with caplog.at_level(logging.WARNING):
            first = memory.add_memory("kept without a vector")
            memory.add_memory("kept too")
        assert [r for r in caplog.messages if "pip install genesis-minilm" in r] == caplog.messages
        assert len(caplog.messages) == 1
        assert memory.get_memory(first.id) is not None
        assert memory.get_memory_stats()["without_vector"] == 2
        assert memory.get_memory_stats()["total_memories"] == 2


def test_events_carry_ids_and_no_text(memory: MemoryManager, minds: Database, gmid: str) -> None:
    one = memory.add_memory("a secret thought", tags=["hidden"], user_email="ada@example.org")
    memory.update_memory(one.id, importance=0.9)
    memory.delete_memory(one.id)
    other = memory.add_memory("another secret")
    memory.erase_memory(other.id)
    assert events(minds) == [
        ("memory.added", one.id, {"mind": gmid}),
        ("memory.updated", one.id, {"mind": gmid}),
        ("memory.deleted", one.id, {"mind": gmid}),
        ("memory.added", other.id, {"mind": gmid}),
        ("memory.erased", other.id, {"mind": gmid}),
    ]


def test_an_update_changes_what_is_named_and_nothing_else(memory: MemoryManager) -> None:
    before = memory.add_memory("red apples", tags=["fruit"], metadata={"a": 1}, emotion="joy")
    after = memory.update_memory(
        before.id, importance=0.9, tags=["food"], memory_type="semantic", emotion=None
    )
    assert (after.importance, after.tags, after.emotion) == (0.9, ["food"], None)
    assert (after.type, after.content) == (MemoryType.SEMANTIC, "red apples")
    assert (after.metadata, after.timestamp) == ({"a": 1}, before.timestamp)
    assert [m.id for m in memory.search_memories("red apples", tags=["food"])] == [before.id]
    assert memory.search_memories("red apples", tags=["fruit"]) == []


def test_new_text_is_found_at_once_and_the_old_text_no_longer(memory: MemoryManager) -> None:
    one = memory.add_memory("green bicycles everywhere")
    memory.add_memory("quiet mountain lakes")
    memory.update_memory(one.id, content="a recipe for onion soup")
    assert memory.search_memories("a recipe for onion soup", limit=1)[0].id == one.id
    best = memory.search_memories("green bicycles everywhere", limit=2)
    assert all(found.score is not None and found.score < 0.5 for found in best)


@pytest.mark.parametrize(
    "changes", [{}, {"colour": "red"}, {"importance": 7}, {"content": ""}, {"id": "x"}]
)
def test_an_update_that_cannot_be_is_refused(
    memory: MemoryManager, changes: dict[str, object]
) -> None:
    one = memory.add_memory("as it was")
    with pytest.raises(UsageError):
        memory.update_memory(one.id, **changes)
    assert memory.get_memory(one.id) == one


def test_an_unknown_id_is_said_or_false(memory: MemoryManager) -> None:
    assert memory.get_memory("nobody") is None
    assert memory.delete_memory("nobody") is False
    assert memory.erase_memory("nobody") is False
    with pytest.raises(UsageError, match="nobody"):
        memory.update_memory("nobody", importance=0.1)
    with pytest.raises(UsageError, match="nobody"):
        memory.get_related_memories("nobody")


def test_a_deleted_memory_leaves_no_row_behind(memory: MemoryManager, minds: Database) -> None:
    one = memory.add_memory("soon gone", tags=["a", "b"])
    stays = memory.add_memory("stays here", tags=["a"])
    assert memory.delete_memory(one.id) is True
    assert [m.id for m in memory.search_memories("soon gone")] == [stays.id]
    assert memory.get_memory(one.id) is None
    assert len(everything(minds, "memory_tags")) == 1
    assert len(everything(minds, "memory_vectors")) == 1


def test_a_mind_does_not_see_or_change_the_memories_of_another(
    memory: MemoryManager, minds: Database, other_gmid: str, tmp_path: Path
) -> None:
    mine = memory.add_memory("mine alone", tags=["x"])
    with remembering(minds, other_gmid, tmp_path / "i") as other:
        theirs = other.add_memory("theirs alone", tags=["x"])
        assert other.get_memory(mine.id) is None
        assert other.delete_memory(mine.id) is False
        with pytest.raises(UsageError):
            other.update_memory(mine.id, importance=1)
        with pytest.raises(UsageError):
            other.relate(theirs.id, mine.id)
        assert [m.id for m in other.search_memories("mine alone", tags=["x"])] == [theirs.id]
    assert memory.get_memory(mine.id) == mine


def test_recent_ones_come_newest_first_and_important_ones_by_importance(
    memory: MemoryManager,
) -> None:
    for n in range(6):
        at = LONG_AGO + timedelta(days=n)
        memory.add_memory(f"n{n}", importance=n / 5, timestamp=at)
    assert [m.content for m in memory.get_recent_memories(3)] == ["n5", "n4", "n3"]
    assert [m.content for m in memory.get_important_memories(2)] == ["n5", "n4"]
    assert [m.content for m in memory.get_important_memories(9, 0.6)] == ["n5", "n4", "n3"]


def test_equal_times_are_ordered_by_when_they_were_added(memory: MemoryManager) -> None:
    for n in range(5):
        memory.add_memory(f"n{n}", timestamp=LONG_AGO)
    assert [m.content for m in memory.get_recent_memories(5)] == ["n4", "n3", "n2", "n1", "n0"]


def test_working_memory_is_the_twelve_newest_of_that_type(memory: MemoryManager) -> None:
    for n in range(15):
        memory.add_memory(f"w{n}", "working")
        memory.add_memory(f"e{n}")
    assert [m.content for m in memory.get_working_memory()] == [f"w{n}" for n in range(14, 2, -1)]


def test_related_memories_are_linked_both_ways_and_once(memory: MemoryManager) -> None:
    one, two, three = (memory.add_memory(text) for text in ("one", "two", "three"))
    memory.relate(one.id, two.id)
    memory.relate(one.id, three.id)
    memory.relate(two.id, one.id)
    assert [m.content for m in memory.get_related_memories(one.id)] == ["two", "three"]
    assert [m.content for m in memory.get_related_memories(two.id)] == ["one"]
    memory.delete_memory(two.id)
    assert [m.content for m in memory.get_related_memories(one.id)] == ["three"]
    with pytest.raises(UsageError):
        memory.relate(one.id, one.id)


def test_what_is_related_but_personal_to_another_is_not_given(memory: MemoryManager) -> None:
    one = memory.add_memory("for all")
    two = memory.add_memory("hers", user_email="ada@example.org", relationship_context="personal")
    memory.relate(one.id, two.id)
    assert memory.get_related_memories(one.id, user_email="bob@example.org") == []
    assert [m.id for m in memory.get_related_memories(one.id, user_email="ada@example.org")] == [
        two.id
    ]


def test_exact_duplicates_are_taken_in_by_the_first(memory: MemoryManager) -> None:
    first = memory.add_memory("tea at five", tags=["b"], metadata={"a": 1, "k": "old"})
    again = memory.add_memory(
        "tea at five", tags=["a"], importance=0.9, metadata={"b": 2, "k": "new"},
        deduplicate="exact",
    )  # fmt: skip
    assert again.id == first.id
    assert (again.importance, again.tags) == (0.9, ["a", "b"])
    assert again.metadata == {"a": 1, "b": 2, "k": "old"}
    assert memory.get_memory_stats()["total_memories"] == 1
    assert [m.id for m in memory.search_memories("tea", tags=["a", "b"])] == [first.id]


@pytest.mark.parametrize(
    "different",
    [
        {"user_email": "bob@example.org"},
        {"user_email": None},
        {"relationship_context": "shared"},
        {"memory_type": "semantic"},
    ],
)
@pytest.mark.parametrize("how", ["exact", "near", True])
def test_nothing_is_united_across_users_contexts_or_types(
    memory: MemoryManager, different: dict[str, object], how: object
) -> None:
    alike: dict[str, object] = {"user_email": "ada@example.org", "relationship_context": "personal"}
    first = memory.add_memory("the door code is blue", **alike)  # type: ignore[arg-type]
    second = memory.add_memory(
        "the door code is blue",
        deduplicate=how,
        **{**alike, **different},  # type: ignore[arg-type]
    )
    assert second.id != first.id


def test_near_duplicates_are_those_from_the_threshold_on(memory: MemoryManager) -> None:
    first = memory.add_memory("first", embedding=direction(0))
    near = memory.add_memory("near", embedding=direction(31), deduplicate="near")
    assert near.id == first.id
    far = memory.add_memory("far", embedding=direction(33), deduplicate="near")
    assert far.id != first.id
    plain = memory.add_memory("near", embedding=direction(0))
    assert plain.id not in (first.id, far.id)


def test_many_are_added_in_batches_with_their_own_ids_and_counters(
    memory: MemoryManager,
) -> None:
    many = [
        Memory(f"number {n}", id=f"old-{n}", access_count=n, timestamp=LONG_AGO, tags=["old"])
        for n in range(1100)
    ]
    assert memory.add_memories(many) == [f"old-{n}" for n in range(1100)]
    assert memory.add_memories(many[:3]) == []
    found = memory.get_memory("old-7")
    assert found is not None
    assert (found.access_count, found.timestamp) == (7, LONG_AGO)
    assert memory.get_memory_stats()["memory_types_count"] == {"episodic": 1100}
    assert memory.search_memories("number 1044", limit=1)[0].id == "old-1044"


def test_given_vectors_must_be_as_many_as_memories(memory: MemoryManager) -> None:
    with pytest.raises(UsageError, match="fewer embeddings"):
        memory.add_memories([Memory("a"), Memory("b")], embeddings=[direction(1)])
    assert memory.get_memory_stats()["total_memories"] == 0


def test_relevance_fades_by_a_hundredth_a_day_and_use_lifts_it() -> None:
    memory = Memory("x", importance=0.8, timestamp=LONG_AGO)
    assert memory.get_relevance_score(LONG_AGO) == 0.8
    assert memory.get_relevance_score(LONG_AGO + timedelta(days=10)) == 0.8 * 0.99**10
    memory.access_count = 4
    assert memory.get_relevance_score(LONG_AGO) == pytest.approx(1.0)
    memory.access_count = 400
    assert memory.get_relevance_score(LONG_AGO - timedelta(days=9)) == pytest.approx(1.1)
    memory.access()
    assert memory.access_count == 401
    assert memory.last_accessed is not None


def test_ranking_prefers_what_matters_among_the_nearest(memory: MemoryManager) -> None:
    old = memory.add_memory("dull", embedding=direction(0), importance=0.1, timestamp=LONG_AGO)
    new = memory.add_memory("vital", embedding=direction(10), importance=1.0)
    by: dict[str, object] = {"embedding": direction(0)}
    assert [m.id for m in memory.search_memories("x", **by)] == [old.id, new.id]  # type: ignore[arg-type]
    ranked = memory.search_memories_ranked("x", **by)
    assert [m.id for m in ranked] == [new.id, old.id]
    assert memory.search_memories_ranked("x", limit=1, **by)[0].id == new.id
    plain = memory.search_memories_ranked("x", use_relevance_scoring=False, **by)
    assert [m.id for m in plain] == [old.id, new.id]
    smart = asyncio.run(memory.search_memories_smart("x", limit=1, **by))
    assert [m.id for m in smart] == [new.id]
    smart = asyncio.run(memory.search_memories_smart("x", limit=1, use_reranking=False, **by))
    assert [m.id for m in smart] == [old.id]


@given(
    st.builds(
        Memory,
        content=st.text(min_size=1),
        type=st.sampled_from(MemoryType),
        timestamp=st.datetimes(timezones=st.just(UTC)),
        importance=st.floats(0, 1),
        tags=st.lists(st.text()),
        user_email=st.none() | st.text(),
        metadata=st.dictionaries(st.text(), st.integers() | st.text() | st.none()),
        archived_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    )
)
def test_a_memory_survives_its_dictionary(memory: Memory) -> None:
    assert Memory.from_dict(memory.to_dict()) == memory


def test_a_dictionary_of_the_older_api_is_read() -> None:
    found = Memory.from_dict({
        "id": "m1", "type": "semantic", "content": "x", "timestamp": "2025-01-02T03:04:05",
        "emotion_intensity": None, "unknown": 1, "last_accessed": None,
    })  # fmt: skip
    naive = datetime(2025, 1, 2, 3, 4, 5)  # noqa: DTZ001 - older files hold local times
    assert (found.id, found.timestamp) == ("m1", naive.astimezone(UTC))
    for wrong in ({}, {"content": "x", "type": "y"}, {"content": "x", "timestamp": "y"}):
        with pytest.raises(UsageError):
            Memory.from_dict(wrong)
