"""One Chroma folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from genesis.storage.vector_index import IndexFaultError, VectorIndex

from tests.storage.vectors import files_of, vector_of


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VectorIndex]:
    opened = VectorIndex(tmp_path / "index")
    yield opened
    opened.close()


def test_the_nearest_come_with_their_similarity_best_first(index: VectorIndex) -> None:
    index.put([(number, vector_of(number)) for number in range(50)])
    found = index.nearest(vector_of(7), 3)
    assert found[0] == (7, pytest.approx(1.0, abs=1e-5))
    assert len(found) == 3
    assert [score for _, score in found] == sorted((s for _, s in found), reverse=True)


def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    assert index.nearest(vector_of(1), 5) == []
    assert index.numbers() == set()


def test_put_replaces_and_remove_does_not_mind_what_is_not_there(index: VectorIndex) -> None:
    index.put([(1, vector_of(1)), (2, vector_of(2))])
    index.put([(1, vector_of(3))])
    index.remove([2, 99])
    assert index.numbers() == {1}
    assert index.differing([(1, vector_of(3)), (2, vector_of(2))]) == [2]
    assert index.differing([(1, vector_of(1))]) == [1]
    assert index.lost([(1, vector_of(3)), (2, vector_of(2))]) == [2]


def test_a_failure_of_chroma_is_a_fault_of_the_index(index: VectorIndex) -> None:
    index.put([(1, vector_of(1))])
    with pytest.raises(IndexFaultError):
        index.nearest(vector_of(1, 8), 1)


def test_closing_one_gives_its_files_and_threads_back_and_leaves_others_open(
    tmp_path: Path,
) -> None:
    kept = VectorIndex(tmp_path / "kept")
    kept.put([(1, vector_of(1))])
    process = psutil.Process()
    before = (process.num_fds(), process.num_threads())
    for round_ in range(5):
        other = VectorIndex(tmp_path / f"other-{round_}")
        other.put([(2, vector_of(2))])
        other.nearest(vector_of(2), 1)
        other.close()
    assert process.num_fds() <= before[0] + 3
    assert process.num_threads() <= before[1] + 3
    assert kept.nearest(vector_of(1), 1)[0][0] == 1
    kept.close()


def test_nothing_but_vectors_is_written(tmp_path: Path) -> None:
    index = VectorIndex(tmp_path / "index")
    index.put([(number, vector_of(number)) for number in range(1200)])
    index.close()
    names = {path.name for path in files_of(tmp_path / "index")}
    assert "data_level0.bin" in names
    assert not any(b"document" in name.encode() for name in names)
