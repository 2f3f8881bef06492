"""New vectors for all memories: complete, resumable, and never a wrong answer meanwhile."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from genesis.contracts.embedders import Embedder
from genesis.errors import EmbedderError, EmbedderMismatchError
from genesis.minds.embedding import Embedding
from genesis.minds.memory_record import Memory
from genesis.storage.database import Database

from tests.minds.memory_fixtures import hashing, lengths, none, remembering

LEFT = [0]
BREAKING = Embedder(name="lengths", dimension=8, load="tests.minds.breaking:load")


class Breaking(Embedding):
    """The other embedder, which breaks after some texts."""

    def embed(self, texts: Sequence[str]) -> list[bytes]:
        LEFT[0] -= len(texts)
        if LEFT[0] < 0:
            raise EmbedderError("the embedder broke")
        return lengths().embed(texts)


def breaking_after(texts: int) -> Breaking:
    LEFT[0] = texts + 1
    offered = [Embedder(name="lengths", dimension=8, load="a:b")]
    return Breaking(lambda: offered, None)


def models(database: Database) -> list[tuple[str, int]]:
    query = "SELECT embedder, count(*) FROM memory_vectors GROUP BY 1 ORDER BY 1"
    with database.read() as connection:
        return [(row[0], row[1]) for row in connection.exec_driver_sql(query)]


def test_reindexing_gives_every_memory_a_vector_of_the_new_embedder(
    minds: Database, gmid: str, tmp_path: Path
) -> None:
    with remembering(minds, gmid, tmp_path / "a") as memory:
        memory.add_memories([Memory("x" * n, id=f"m{n}") for n in range(1, 150)])
    said: list[int] = []
    with remembering(minds, gmid, tmp_path / "a", lengths()) as memory:
        assert memory.reindex(progress=said.append) == 149
        assert (said, models(minds)) == ([64, 128, 149], [("lengths", 149)])
        assert memory._indexes.settle(gmid)
        assert memory._indexes.check(gmid) == []
        assert [m.id for m in memory.search_memories("y" * 40, limit=1)] == ["m40"]
        assert memory.get_memory_stats()["embedder"] == "lengths"


def test_memories_that_had_no_embedder_get_their_vectors_later(
    minds: Database, gmid: str, tmp_path: Path
) -> None:
    with remembering(minds, gmid, tmp_path / "a", none()) as memory:
        one = memory.add_memory("kept without a vector")
        with pytest.raises(EmbedderError, match="no embedder"):
            memory.reindex()
    with remembering(minds, gmid, tmp_path / "a") as memory:
        memory.add_memory("has one at once")
        assert memory.reindex() == 1
        assert memory.search_memories("kept without a vector")[0].id == one.id
        assert memory.get_memory_stats()["without_vector"] == 0


def test_half_way_there_is_no_answer_and_the_next_run_goes_on(
    minds: Database, gmid: str, tmp_path: Path
) -> None:
    with remembering(minds, gmid, tmp_path / "a") as memory:
        memory.add_memories([Memory("x" * n, id=f"m{n}") for n in range(1, 301)])
    with (
        remembering(minds, gmid, tmp_path / "a", breaking_after(130)) as memory,
        pytest.raises(EmbedderError, match="broke"),
    ):
        memory.reindex()
    assert models(minds) == [("lengths", 128), ("test-hashing", 172)]
    for embedding in (hashing(), lengths()):
        with remembering(minds, gmid, tmp_path / "a", embedding) as memory:
            with pytest.raises(EmbedderMismatchError, match=r"not all.*lengths.*to finish"):
                memory.search_memories("x")
            memory.add_memory("y" * 900 + embedding.name)
    with remembering(minds, gmid, tmp_path / "a", lengths()) as memory:
        memory.update_memory("m5", content="x" * 800)
        assert memory.reindex() == 300 - 128 + 2 + 1
        assert models(minds) == [("lengths", 302)]
        assert memory.search_memories("z" * 57, limit=1)[0].id == "m57"
        assert memory.search_memories("z" * 5, limit=1)[0].id != "m5"


def test_a_broken_embedder_changes_nothing(minds: Database, gmid: str, tmp_path: Path) -> None:
    with remembering(minds, gmid, tmp_path / "a") as memory:
        one = memory.add_memory("still found")
        with pytest.raises(EmbedderError):
            memory.reindex(breaking_after(-1))
        assert memory.search_memories("still found")[0].id == one.id


def test_reindexing_with_the_same_embedder_makes_no_vector_twice(
    minds: Database, gmid: str, tmp_path: Path
) -> None:
    with remembering(minds, gmid, tmp_path / "a") as memory:
        memory.add_memory("has its vector")
        assert memory.reindex() == 0
        assert memory._indexes.settle(gmid)
        assert memory._indexes.check(gmid) == []
        assert len(memory.search_memories("has its vector")) == 1


KILLED = """
import os, sys
from pathlib import Path
from genesis.storage.database import Database
from tests.minds.memory_fixtures import lengths, remembering
database = Database(Path(sys.argv[1]))
def progress(made):
    if made >= 128:
        os.kill(os.getpid(), 9)
with remembering(database, sys.argv[2], Path(sys.argv[3]), lengths()) as memory:
    memory.reindex(progress=progress)
"""


def test_a_killed_run_is_finished_by_the_next(minds: Database, gmid: str, tmp_path: Path) -> None:
    with remembering(minds, gmid, tmp_path / "a") as memory:
        memory.add_memories([Memory("x" * n, id=f"m{n}") for n in range(1, 201)])
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(minds.path), gmid, str(tmp_path / "a")],
        cwd=Path(__file__).parents[2], capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr
    with remembering(minds, gmid, tmp_path / "a", lengths()) as memory:
        with pytest.raises(EmbedderMismatchError):
            memory.search_memories("x")
        assert memory.reindex() == 72
        assert memory.search_memories("z" * 99, limit=1)[0].id == "m99"


def test_text_that_changes_while_it_is_embedded_gets_the_vector_of_the_new_text(
    minds: Database, gmid: str, tmp_path: Path
) -> None:
    with remembering(minds, gmid, tmp_path / "a", none()) as memory:
        memory.add_memories([Memory("x" * n, id=f"m{n}") for n in range(1, 4)])

        class Meddling(Embedding):
            def embed(self, texts: Sequence[str]) -> list[bytes]:
                if len(texts) == 3:
                    memory.update_memory("m2", content="x" * 90)
                return lengths().embed(texts)

        meddling = Meddling(lambda: [BREAKING], None)
        assert memory.reindex(meddling) == 4
    with remembering(minds, gmid, tmp_path / "a", lengths()) as memory:
        (found,) = memory.search_memories("y" * 90, limit=1)
        assert found.id == "m2"
        assert found.score == pytest.approx(1)
