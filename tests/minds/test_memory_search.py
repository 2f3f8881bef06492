"""Searching memories: who may see what, filters, and answers that equal comparing with all."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from genesis.errors import EmbedderError, EmbedderMismatchError, UsageError
from genesis.minds.memory import MemoryManager
from genesis.minds.memory_record import Memory, MemoryType
from genesis.storage import memory_search
from genesis.storage.database import Database
from genesis.storage.memory_changes import IndexRecord
from genesis.storage.memory_filters import (
    VECTORS_GIVEN,
    MemoryFilter,
    codes_of,
    fitting,
    listed,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.minds.memory_fixtures import direction, lengths, none, packed, remembering
from tests.support import until

ADA, BOB, EVE = "ada@example.org", "bob@example.org", "eve@example.org"
START = datetime(2026, 1, 1, tzinfo=UTC)
USERS = [None, ADA, BOB, EVE]
CONTEXTS = [None, "personal", "shared", "generic"]


@pytest.fixture
def memory(minds: Database, gmid: str, tmp_path: Path) -> Iterator[MemoryManager]:
    with remembering(minds, gmid, tmp_path / "indexes") as opened:
        yield opened


def may_see(memory: Memory, asker: str | None, *, all_users: bool = False) -> bool:
    """The rule of docs/reference/memories.md, written once more."""
    if all_users or memory.user_email in (None, asker):
        return True
    if memory.relationship_context in ("shared", "generic"):
        return True
    return asker is None and memory.relationship_context is None


@pytest.mark.parametrize("user", USERS[:2])
@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("asker", [None, ADA, BOB])
def test_who_may_see_a_memory_is_the_same_in_every_search_and_list(
    memory: MemoryManager, user: str | None, context: str | None, asker: str | None
) -> None:
    one = memory.add_memory(
        "the plan", MemoryType.WORKING, user_email=user, relationship_context=context,
        importance=0.9,
    )  # fmt: skip
    expected = [one.id] if may_see(one, asker) else []
    for found in (
        memory.search_memories("the plan", user_email=asker),
        memory.search_memories_ranked("the plan", user_email=asker),
        memory.get_recent_memories(user_email=asker),
        memory.get_important_memories(user_email=asker),
    ):
        assert [m.id for m in found] == expected
    assert [m.id for m in memory.search_memories("the plan", all_users=True)] == [one.id]
    assert [m.id for m in memory.get_recent_memories(all_users=True)] == [one.id]


@dataclass(frozen=True)
class Given:
    """A memory for the property tests; its vector is a direction."""

    degrees: int
    kind: str
    user: str | None
    context: str | None
    importance: float
    tags: tuple[str, ...]
    place: str | None
    emotion: str | None
    day: int
    archived: bool


MEMORIES = st.lists(
    st.builds(
        Given, st.integers(0, 179), st.sampled_from(["episodic", "semantic"]),
        st.sampled_from(USERS), st.sampled_from(CONTEXTS), st.sampled_from([0.1, 0.5, 0.9]),
        st.sampled_from([(), ("a",), ("a", "b"), ("b",)]), st.sampled_from([None, "home"]),
        st.sampled_from([None, "joy"]), st.integers(0, 9), st.booleans(),
    ),
    max_size=60,
)  # fmt: skip
QUESTIONS = st.fixed_dictionaries(
    {"user_email": st.sampled_from(USERS), "limit": st.integers(1, 8)},
    optional={
        "memory_type": st.sampled_from(["episodic", "semantic"]),
        "min_importance": st.sampled_from([0.0, 0.5, 0.9]),
        "tags": st.sampled_from([["a"], ["b"], ["a", "b"]]),
        "environment_id": st.just("home"),
        "emotion": st.just("joy"),
        "since": st.integers(0, 9),
        "until": st.integers(0, 9),
        "include_archived": st.booleans(),
        "all_users": st.booleans(),
    },
)


def made_of(one: Given, number: int) -> Memory:
    return Memory(
        f"memory {number}", MemoryType(one.kind), f"m{number}", START + timedelta(days=one.day),
        one.emotion, None, one.importance, tags=list(one.tags), user_email=one.user,
        relationship_context=one.context, environment_id=one.place,
        archived_at=START if one.archived else None,
    )  # fmt: skip


def fits(memory: Memory, asked: dict[str, object]) -> bool:
    """Whether a memory is an answer, said without SQL."""
    equal = {"memory_type": "type", "environment_id": "environment_id", "emotion": "emotion"}
    return (
        may_see(memory, asked.get("user_email"), all_users=bool(asked.get("all_users")))  # type: ignore[arg-type]
        and (bool(asked.get("include_archived")) or memory.archived_at is None)
        and all(getattr(memory, f) == asked[name] for name, f in equal.items() if name in asked)
        and memory.importance >= asked.get("min_importance", 0)  # type: ignore[operator]
        and set(asked.get("tags", ())) <= set(memory.tags)  # type: ignore[call-overload]
        and memory.timestamp >= asked.get("since", START)  # type: ignore[operator]
        and ("until" not in asked or memory.timestamp < asked["until"])  # type: ignore[operator]
    )


def assert_equals_comparing_with_all(
    memory: MemoryManager, known: list[tuple[Memory, float]], asked: dict[str, object]
) -> None:
    """`known`: memories with their similarity to the question's vector, the direction 0."""
    for name in ("since", "until"):
        if name in asked:
            asked[name] = START + timedelta(days=asked[name])  # type: ignore[arg-type]
    found = memory.search_memories("any", embedding=direction(0), **asked)  # type: ignore[arg-type]
    fitting_ones = sorted((s for m, s in known if fits(m, asked)), reverse=True)
    by_id = {m.id: m for m, _ in known}
    assert all(fits(by_id[m.id], asked) for m in found)
    assert len({m.id for m in found}) == len(found)
    expected = fitting_ones[: asked["limit"]]  # type: ignore[misc]
    assert [m.score for m in found] == pytest.approx(expected, abs=1e-5)


def similarity(degrees: int) -> float:
    return direction(degrees)[0]


@given(MEMORIES, QUESTIONS)
@settings(max_examples=60)
def test_a_search_without_an_index_equals_comparing_with_all(
    minds: Database, tmp_path_factory: pytest.TempPathFactory, held: list[Given],
    asked: dict[str, object],
) -> None:  # fmt: skip
    gmid = "GMD-2026-AAAA-0001"
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
    with remembering(minds, gmid, tmp_path_factory.mktemp("i")) as memory:
        known = [(made_of(one, n), similarity(one.degrees)) for n, one in enumerate(held)]
        memory.add_memories(
            [m for m, _ in known], embeddings=[direction(one.degrees) for one in held]
        )
        assert_equals_comparing_with_all(memory, known, asked)


class Held:
    """Memories and, of each, what it is and its similarity to the direction 0."""

    def __init__(self, memory: MemoryManager, known: list[tuple[Memory, float]]) -> None:
        self.memory, self.known = memory, known


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    """400 memories that the index has, 30 that it does not have yet, some deleted and changed."""
    import random

    from genesis.storage.migrate import KERNEL_REVISIONS, migrate
    from genesis.storage.minds import MindRecord, register_mind

    chance = random.Random(7)
    folder = tmp_path_factory.mktemp("mixed")
    database = Database(folder / "genesis.db", durability="normal")
    migrate(database, "kernel", KERNEL_REVISIONS)
    gmid = "GMD-2026-AAAA-0009"
    record = MindRecord(gmid, "M", "t", None, "", None, None, "active", "2026", "2026", "m.json")
    database.writer.write(lambda c: register_mind(c, record))
    held = [
        Given(
            chance.randrange(180), chance.choice(["episodic", "semantic"]), chance.choice(USERS),
            chance.choice(CONTEXTS), chance.choice([0.1, 0.5, 0.9]),
            chance.choice([(), ("a",), ("a", "b")]), chance.choice([None, "home"]),
            chance.choice([None, "joy"]), chance.randrange(10), chance.random() < 0.2,
        )
        for _ in range(430)
    ]  # fmt: skip
    with remembering(database, gmid, folder / "indexes") as memory:
        known = [(made_of(one, n), similarity(one.degrees)) for n, one in enumerate(held)]
        vectors = [direction(one.degrees) for one in held]
        memory.add_memories([m for m, _ in known[:400]], embeddings=vectors[:400])
        assert memory._indexes.settle(gmid)
        # From here on the index does not learn of anything.
        still = memory._indexes._open[gmid].still
        still.acquire()
        memory.add_memories([m for m, _ in known[400:]], embeddings=vectors[400:])
        for n in range(40):
            memory.delete_memory(f"m{n}")
        for n in range(40, 60):
            memory.update_memory(f"m{n}", embedding=direction(n))
            known[n] = (known[n][0], similarity(n))
        yield Held(memory, known[40:])
        still.release()
    database.close()


@given(QUESTIONS, st.sampled_from([0, memory_search._FEW]))
@settings(max_examples=200)
def test_a_search_with_an_index_equals_comparing_with_all(
    mixed: Held, asked: dict[str, object], few: int
) -> None:
    memory = mixed.memory
    assert memory._indexes.nearest(memory._mind, packed(direction(0)), 5) is not None
    assert memory.get_memory_stats()["not_indexed"] >= 80  # type: ignore[operator]
    # With 0 the index is asked whoever searches.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory_search, "_FEW", few)
        assert_equals_comparing_with_all(memory, mixed.known, asked)


def test_the_index_is_not_asked_for_the_few_memories_of_a_user(
    mixed: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    pool = mixed.memory._indexes
    serves = pool.serves
    monkeypatch.setattr(pool, "serves", lambda mind, _: asked.append(mind) or serves(mind))
    mixed.memory.search_memories("", embedding=direction(0), limit=3, user_email=USERS[1])
    assert asked == []
    mixed.memory.search_memories("", embedding=direction(0), limit=3, all_users=True)
    assert len(asked) == 1


@given(
    st.lists(st.tuples(st.sampled_from(USERS), st.sampled_from(CONTEXTS)), max_size=40),
    st.sampled_from(USERS[1:]),
)
@settings(max_examples=40)
def test_no_personal_memory_of_another_is_given_and_own_ones_reach_the_limit(
    minds: Database, tmp_path_factory: pytest.TempPathFactory,
    owners: list[tuple[str | None, str | None]], asker: str,
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
        many = [
            Memory(f"m{n}", id=f"m{n}", user_email=user, relationship_context=context)
            for n, (user, context) in enumerate(owners)
        ]
        memory.add_memories(many, embeddings=[direction(n) for n in range(len(many))])
        found = memory.search_memories("x", user_email=asker, limit=5, embedding=direction(0))
        visible = [m.id for m in many if may_see(m, asker)]
        assert [m.id for m in found] == visible[:5]


def test_twenty_foreign_memories_do_not_crowd_out_the_one_of_the_user(
    memory: MemoryManager,
) -> None:
    for n in range(20):
        memory.add_memory(f"foreign {n}", user_email=BOB, embedding=direction(0))
    own = memory.add_memory("own", user_email=ADA, embedding=direction(80))
    found = memory.search_memories("x", user_email=ADA, limit=5, embedding=direction(0))
    assert [m.id for m in found] == [own.id]


def test_a_search_without_any_vector_is_empty_and_a_bad_question_is_refused(
    memory: MemoryManager,
) -> None:
    assert memory.search_memories("anything") == []
    for wrong in ({"query": ""}, {"query": "a\ud800"}, {"limit": 0}, {"limit": 1001},
                  {"memory_type": "banana"}, {"since": "soon"}, {"tags": "a"},
                  {"embedding": [0.0]}):  # fmt: skip
        with pytest.raises(UsageError):
            memory.search_memories(**{"query": "x", **wrong})  # type: ignore[arg-type]


def test_searching_by_a_given_vector_needs_no_embedder(
    minds: Database, gmid: str, tmp_path: Path
) -> None:
    with remembering(minds, gmid, tmp_path / "i", none()) as memory:
        one = memory.add_memory("one", embedding=packed(direction(10)))
        memory.add_memory("two", embedding=direction(90))
        found = memory.search_memories("", limit=1, embedding=direction(5))
        assert [(m.id, round(m.score or 0, 4)) for m in found] == [(one.id, 0.9962)]
        assert memory.get_memory_stats()["embedder"] == "given-8"
        with pytest.raises(EmbedderError, match="no embedder is installed"):
            memory.search_memories("by text")


def test_vectors_of_two_models_are_never_compared(
    minds: Database, gmid: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with remembering(minds, gmid, tmp_path / "a") as memory:
        one = memory.add_memory("made with the first model")
        with pytest.raises(EmbedderMismatchError, match=r"test-hashing \(256.*given-8 \(8"):
            memory.add_memory("x", embedding=direction(0))
        with pytest.raises(EmbedderMismatchError, match="genesis minds reindex"):
            memory.search_memories("", embedding=direction(0))
        with pytest.raises(EmbedderMismatchError, match="mine"):
            memory.search_memories("", embedding=[1.0] * 256, embedder="mine")
        found = memory.search_memories("", embedding=[1.0] * 256, embedder="test-hashing")
        assert [m.id for m in found] == [one.id]
        assert memory.get_memory_stats()["total_memories"] == 1
    with remembering(minds, gmid, tmp_path / "b", lengths()) as memory:
        with pytest.raises(EmbedderMismatchError, match=r"test-hashing.*lengths"):
            memory.search_memories("made with the first model")
        kept = memory.add_memory("kept until reindex")
        assert "reindex" in caplog.text
        assert memory.get_memory(kept.id) is not None
        assert memory.get_memory_stats()["without_vector"] == 1


def test_hits_are_counted_at_once_and_written_later(
    memory: MemoryManager, minds: Database, gmid: str, tmp_path: Path
) -> None:
    one = memory.add_memory("often asked")
    for n in range(5):
        (found,) = memory.search_memories("often asked")
        assert found.access_count == n + 1
        assert found.last_accessed is not None
    with remembering(minds, gmid, tmp_path / "b") as other:
        before = other.get_memory(one.id)
        memory.flush_accesses()
        after = other.get_memory(one.id)
        assert before is not None
        assert after is not None
        assert (before.access_count, after.access_count) == (0, 5)
        assert after.last_accessed is not None
    memory.search_memories("often asked")
    memory.flush_accesses()
    with minds.read() as connection:
        written = connection.exec_driver_sql("SELECT max(access_count) FROM memories").scalar()
    assert written == 6


def test_five_hundred_hits_are_written_without_being_asked_for(
    memory: MemoryManager, minds: Database, gmid: str, tmp_path: Path
) -> None:
    memory.add_memories([Memory(f"memory number {n}") for n in range(10)])
    with remembering(minds, gmid, tmp_path / "b") as other:
        memory.search_memories("memory number")
        assert {m.access_count for m in other.get_recent_memories(10)} == {0}
        for _ in range(50):
            memory.search_memories("memory number")
        assert {m.access_count for m in other.get_recent_memories(10)} >= {50}


OTHER_PROCESS = """
import json, sys
from pathlib import Path
from genesis.storage.database import Database
from tests.minds.memory_fixtures import direction, remembering
database = Database(Path(sys.argv[1]))
with remembering(database, sys.argv[2], Path(sys.argv[3])) as memory:
    for line in sys.stdin:
        word = line.split()
        if word[0] == "add":
            print(memory.add_memory(word[1], embedding=direction(float(word[2]))).id, flush=True)
        elif word[0] == "find":
            found = memory.search_memories("x", limit=3, embedding=direction(float(word[1])))
            print(json.dumps([m.content for m in found]), flush=True)
        elif word[0] == "delete":
            print(memory.delete_memory(word[1]), flush=True)
database.close()
"""


def test_a_second_process_finds_everything_though_the_first_owns_the_index(
    memory: MemoryManager, minds: Database, gmid: str, tmp_path: Path
) -> None:
    ids = memory.add_memories(
        [Memory(f"m{n}") for n in range(50)], embeddings=[direction(2 * n) for n in range(50)]
    )
    assert memory._indexes.settle(gmid)
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER_PROCESS, str(minds.path), gmid, str(tmp_path / "indexes")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip

    def ask(line: str) -> str:
        assert other.stdin is not None
        assert other.stdout is not None
        print(line, file=other.stdin, flush=True)
        return other.stdout.readline().strip()

    def found(degrees: float) -> list[str]:
        answer = memory.search_memories("x", limit=3, embedding=direction(degrees))
        return [m.content for m in answer]

    assert json.loads(ask("find 0")) == ["m0", "m1", "m2"] == found(0)
    ask("add theirs 120")
    assert found(120)[0] == "theirs"
    mine = memory.add_memory("mine", embedding=direction(140))
    assert json.loads(ask("find 140"))[0] == "mine"
    assert ask(f"delete {ids[0]}") == "True"
    memory.delete_memory(mine.id)
    assert found(0) == ["m1", "m2", "m3"] == json.loads(ask("find 0"))
    assert json.loads(ask("find 141"))[0] == "theirs"
    assert until(lambda: memory.get_memory_stats()["not_indexed"] == 0, "the owner has it all")
    assert found(120)[0] == "theirs"
    other.stdin.close()  # type: ignore[union-attr]
    assert other.wait(30) == 0
    other.stdout.close()  # type: ignore[union-attr]


ALL = MemoryFilter(all_users=True)
PLANS = [
    (MemoryFilter(type="semantic"), ["ix_memories_type"]),
    (MemoryFilter(all_users=True, environment_id="e"), ["ix_memories_environment"]),
    (MemoryFilter(all_users=True, emotion="joy"), ["ix_memories_emotion"]),
    (MemoryFilter(all_users=True, since="2026"), ["ix_memories_recent"]),
    (MemoryFilter(all_users=True, min_importance=0.9), ["ix_memories_importance"]),
    (MemoryFilter(user_email=ADA), ["ix_memories_code", "ix_memories_shared"]),
    (MemoryFilter(owner=(ADA, None)), ["ix_memories_user"]),
    (MemoryFilter(all_users=True, tags=["a"]), ["PRIMARY KEY", "sqlite_autoindex_memory_tags_1"]),
]


def plan(database: Database, statement: object) -> list[str]:
    text = statement.text  # type: ignore[attr-defined]
    names = {word.strip("(),") for word in text.replace("(", " ").split() if word.startswith(":")}
    values = {name.strip(":)"): 1 for name in names} | statement.bound({})  # type: ignore[attr-defined]
    with database.read() as connection:
        cursor = connection.connection.cursor()
        cursor.execute(f"EXPLAIN QUERY PLAN {text}", {**values, "ids": "[]", "tags": "[]"})
        return [row[3] for row in cursor.fetchall()]


@pytest.mark.parametrize(("wanted", "indexes"), PLANS)
def test_an_exact_comparison_reads_only_what_the_filter_keeps(
    minds: Database, wanted: MemoryFilter, indexes: list[str]
) -> None:
    steps = plan(minds, codes_of(wanted.names))
    assert [step for step in steps if step.startswith("SCAN memor")] == []
    assert [i for i in indexes if any(i in step for step in steps)], steps
    (found,) = plan(minds, VECTORS_GIVEN)[:1]
    assert "memory_vectors USING INTEGER PRIMARY KEY" in found


def test_the_codes_of_a_user_are_read_from_their_index_alone(minds: Database) -> None:
    steps = plan(minds, codes_of(MemoryFilter(user_email=ADA).names))
    own = "COVERING INDEX ix_memories_code (mind_gmid=? AND user_email=? AND archived_at=?)"
    assert len([step for step in steps if own in step]) == 1, steps


@pytest.mark.parametrize("wanted", [w for w, _ in PLANS])
def test_what_the_index_names_is_looked_up_by_number(minds: Database, wanted: MemoryFilter) -> None:
    steps = plan(minds, fitting(wanted.names))
    assert any("memories USING INTEGER PRIMARY KEY (rowid=?)" in step for step in steps), steps


@pytest.mark.parametrize(
    ("wanted", "order"),
    [
        (ALL, "recent"), (MemoryFilter(), "recent"), (MemoryFilter(user_email=ADA), "recent"),
        (MemoryFilter(type="working", all_users=True), "recent"),
        (MemoryFilter(min_importance=0.7), "important"),
    ],
)  # fmt: skip
def test_lists_are_read_in_the_order_of_an_index(
    minds: Database, wanted: MemoryFilter, order: str
) -> None:
    steps = plan(minds, listed(wanted.names, order))
    # One sort is left for a user: of what the three arms found, at most three times the limit.
    sorts = [step for step in steps if "TEMP B-TREE" in step]
    assert len(sorts) <= (1 if wanted.user_email else 0), steps
    assert [step for step in steps if step == "SCAN memories"] == []


def test_a_ranked_search_counts_only_what_it_gives(memory: MemoryManager) -> None:
    for number in range(6):
        memory.add_memory(f"likes tea number {number}")
    (given,) = memory.search_memories_ranked("likes tea", limit=1)
    memory.flush_accesses()
    counted = {m.id: m.access_count for m in memory.get_recent_memories(all_users=True)}
    assert counted == {key: int(key == given.id) for key in counted}


def test_the_index_names_as_many_as_are_wanted_and_more_only_when_some_do_not_fit(
    memory: MemoryManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [Memory(f"number {n}", emotion="joy" if n % 2 else "calm") for n in range(100)]
    memory.add_memories(made, embeddings=[direction(n) for n in range(100)])
    pool, counts = memory._indexes, []
    assert pool.settle(memory._mind)
    nearest = pool.nearest

    def counted(mind: str, vector: bytes, count: int, record: IndexRecord) -> object:
        counts.append(count)
        return nearest(mind, vector, count, record)

    monkeypatch.setattr(pool, "nearest", counted)
    memory.search_memories("", embedding=direction(0), limit=3)
    assert counts == [3]
    memory.search_memories("", embedding=direction(0), limit=3, emotion="joy")
    assert counts == [3, 3, 40]
