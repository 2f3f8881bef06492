"""Consolidation: what fades is archived, what says the same is merged, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from genesis.minds.consolidation import NEEDED_AFTER
from genesis.minds.memory import MemoryManager
from genesis.minds.memory_record import Memory
from genesis.storage.database import Database
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.minds.memory_fixtures import direction, none, remembering

NOW = datetime.now(UTC)


@pytest.fixture
def memory(minds: Database, gmid: str, tmp_path: Path) -> Iterator[MemoryManager]:
    with remembering(minds, gmid, tmp_path / "indexes") as opened:
        yield opened


@pytest.mark.parametrize(
    ("days", "importance", "uses", "archived"),
    [(366, 0.29, 2, True), (364, 0.29, 2, False), (366, 0.3, 2, False), (366, 0.29, 3, False)],
)
def test_only_what_is_old_unimportant_and_unused_is_archived(
    memory: MemoryManager, days: int, importance: float, uses: int, archived: bool
) -> None:
    at = NOW - timedelta(days=days)
    one = Memory("x", timestamp=at, importance=importance, access_count=uses)
    memory.add_memories([one], embeddings=[direction(0)])
    assert memory.consolidate_memories() == {"archived": int(archived), "merged": 0}
    asked: dict[str, object] = {"embedding": direction(0)}
    assert len(memory.search_memories("x", **asked)) == int(not archived)  # type: ignore[arg-type]
    assert len(memory.search_memories("x", include_archived=True, **asked)) == 1  # type: ignore[arg-type]
    assert len(memory.get_recent_memories()) == int(not archived)
    assert memory.get_memory(one.id) is not None


def test_hits_that_are_not_written_yet_keep_a_memory_from_being_archived(
    memory: MemoryManager,
) -> None:
    old = Memory("x", timestamp=NOW - timedelta(days=400), importance=0.1)
    memory.add_memories([old], embeddings=[direction(0)])
    for _ in range(3):
        memory.search_memories("x", embedding=direction(0))
    assert memory.consolidate_memories()["archived"] == 0


def test_a_merged_memory_gives_what_it_had_to_the_one_that_stays(memory: MemoryManager) -> None:
    kept = Memory("kept", tags=["a"], importance=0.4, access_count=2, metadata={"k": 1, "x": 1})
    gone = Memory("gone", tags=["b"], importance=0.6, access_count=3, metadata={"k": 2, "y": 2})
    far = Memory("far")
    memory.add_memories([kept, gone, far], embeddings=[direction(d) for d in (0, 25, 60)])
    assert memory.find_duplicates() == [(gone.id, kept.id)]
    assert memory.consolidate_memories() == {"archived": 0, "merged": 1}
    found = memory.search_memories("x", embedding=direction(0), tags=["a", "b"])
    assert [m.id for m in found] == [kept.id]
    assert (found[0].importance, found[0].access_count) == (0.6, 6)
    assert found[0].metadata == {"k": 1, "x": 1, "y": 2}
    (merged,) = memory.get_merged_memories(kept.id)
    assert (merged.content, merged.merged_into) == ("gone", kept.id)


def test_likeness_does_not_travel_along_a_chain(memory: MemoryManager) -> None:
    chain = [Memory(f"m{n}", id=f"m{n}") for n in range(5)]
    memory.add_memories(chain, embeddings=[direction(20 * n) for n in range(5)])
    assert memory.find_duplicates() == [("m1", "m0"), ("m3", "m2")]


def test_exact_duplicates_are_merged_without_any_embedder(
    minds: Database, gmid: str, tmp_path: Path
) -> None:
    with remembering(minds, gmid, tmp_path / "i", none()) as memory:
        first = memory.add_memory("the same")
        for _ in range(3):
            memory.add_memory("the same")
        memory.add_memory("the same", user_email="ada@example.org")
        assert memory.consolidate_memories() == {"archived": 0, "merged": 3}
        assert len(memory.get_merged_memories(first.id)) == 3


def test_it_is_needed_after_a_thousand_memories(memory: MemoryManager) -> None:
    many = [Memory(f"m{n}") for n in range(NEEDED_AFTER)]
    vectors = [direction(n / 10) for n in range(NEEDED_AFTER)]
    memory.add_memories(many[:-1], embeddings=vectors[:-1])
    assert memory.consolidate_if_needed() is None
    memory.add_memories(many[-1:], embeddings=vectors[-1:])
    done = memory.consolidate_if_needed()
    assert done is not None
    assert done["merged"] > 900
    assert memory.consolidate_if_needed() is None


USERS = st.sampled_from([None, "ada@example.org", "bob@example.org"])
CONTEXTS = st.sampled_from([None, "personal", "shared"])
KINDS = st.sampled_from(["episodic", "semantic"])


@given(st.lists(st.tuples(st.integers(0, 90), USERS, CONTEXTS, KINDS), max_size=40))
@settings(max_examples=40)
def test_merging_stays_within_type_user_and_context_and_is_done_when_done(
    minds: Database, tmp_path_factory: pytest.TempPathFactory,
    held: list[tuple[int, str | None, str | None, str]],
) -> None:  # fmt: skip
    minds.writer.write(
        lambda c: [
            c.exec_driver_sql(f"DELETE FROM {t}")
            for t in (
                "memory_tags",
                "memory_vectors",
                "memory_changes",
                "memory_indexes",
                "memories",
            )
        ]
    )
    with remembering(minds, "GMD-2026-AAAA-0001", tmp_path_factory.mktemp("i")) as memory:
        many = {
            f"m{n}": Memory(f"t{n}", kind, f"m{n}", user_email=user, relationship_context=context)  # type: ignore[arg-type]
            for n, (_, user, context, kind) in enumerate(held)
        }
        memory.add_memories(many.values(), embeddings=[direction(d) for d, *_ in held])
        pairs = memory.find_duplicates()
        assert memory.consolidate_memories()["merged"] == len(pairs)
        assert memory.find_duplicates() == []
        absorbed = [one for one, _ in pairs]
        assert len(set(absorbed)) == len(absorbed)
        assert not set(absorbed) & {kept for _, kept in pairs}
        for one, kept in pairs:
            a, b = many[one], many[kept]
            assert (a.type, a.user_email, a.relationship_context) == (
                b.type, b.user_email, b.relationship_context,
            )  # fmt: skip
            found = memory.get_memory(one)
            assert found is not None
            assert found.merged_into == kept
        living = memory.get_recent_memories(100, all_users=True)
        assert {m.id for m in living} == many.keys() - set(absorbed)
