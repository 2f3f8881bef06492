"""The indexes that a process has open: feeding, ownership, limits, crashes."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from genesis.clock import utc_now
from genesis.errors import StorageError
from genesis.storage import index_pool
from genesis.storage.database import Database
from genesis.storage.index_files import FolderLock, read_marker
from genesis.storage.index_pool import LARGE, IndexPool
from genesis.storage.memory_changes import count_changes, renew_index

from tests.storage.vectors import (
    DIMENSION,
    EMBEDDER,
    add_memories,
    add_mind,
    archive_memories,
    change_vector,
    delete_memories,
    files_of,
    vector_of,
)
from tests.support import until

GMID = "GMD-2026-AAAA-0001"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def mind(database: Database) -> str:
    add_mind(database, GMID)
    return GMID


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "chroma"


@pytest.fixture
def pool(database: Database, folder: Path) -> Iterator[IndexPool]:
    opened = IndexPool(database, folder)
    yield opened
    opened.close()


def start(folder: Path, *task: str) -> subprocess.Popen[str]:
    """A process that uses the same home."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.storage.index_driver", str(folder.parent),
         GMID, *task],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def best(pool: IndexPool, seed: int) -> int | None:
    """The memory nearest to a seed's vector when it is that vector; 0 when none is."""
    found = pool.nearest(GMID, vector_of(seed), 1)
    if found is None:
        return None
    return next((number for number, score in found if score > 0.999), 0)


def test_what_is_noted_is_found_without_anything_more_than_a_wake(
    database: Database, pool: IndexPool, mind: str
) -> None:
    numbers = add_memories(database, mind, range(5))
    assert best(pool, 3) is None
    pool.wake(mind)
    assert until(lambda: best(pool, 3), "fed") == numbers[3]
    assert count_changes(database, mind) == 0


def test_changed_archived_and_deleted_memories_leave_the_index(
    database: Database, pool: IndexPool, mind: str
) -> None:
    numbers = add_memories(database, mind, range(6))
    assert pool.settle(mind)
    change_vector(database, mind, numbers[0], vector_of(50))
    archive_memories(database, mind, [numbers[1]], utc_now())
    delete_memories(database, mind, [numbers[2]])
    assert pool.settle(mind)
    assert [best(pool, seed) for seed in (0, 50, 1, 2, 3)] == [0, numbers[0], 0, 0, numbers[3]]
    archive_memories(database, mind, [numbers[1]], None)
    assert pool.check(mind) == []
    assert best(pool, 1) == numbers[1]


def test_a_search_opens_no_index_of_a_small_mind_and_waits_for_none_of_a_large_one(
    database: Database, folder: Path, mind: str
) -> None:
    add_memories(database, mind, range(LARGE))
    first = IndexPool(database, folder)
    assert first.settle(mind)
    first.close()
    second = IndexPool(database, folder)
    assert best(second, 1) is None
    assert second._thread is None
    add_memories(database, mind, [LARGE])
    assert best(second, 1) is None
    assert until(lambda: best(second, LARGE), "opened") is not None
    second.close()


def test_settle_says_how_much_is_left_and_gives_up_in_time(
    database: Database, pool: IndexPool, folder: Path, mind: str
) -> None:
    add_memories(database, mind, range(1500))
    seen: list[int] = []
    assert pool.settle(mind, progress=seen.append)
    assert seen[-1] == 0
    pool.close()
    lock = FolderLock.take(folder / f"{mind}.lock")
    assert lock is not None
    add_memories(database, mind, [1500])
    late = IndexPool(database, folder)
    assert not late.settle(mind, timeout=0.3)
    assert late.check(mind, timeout=0.3) is not None
    late.close()
    lock.release()


def test_an_index_that_lacks_or_has_too_much_is_reported(
    database: Database, pool: IndexPool, mind: str
) -> None:
    numbers = add_memories(database, mind, range(5))
    assert pool.settle(mind)
    index = pool._open[mind].index
    index.remove([numbers[0]])
    index.put([(numbers[1], vector_of(99)), (12345, vector_of(98))])
    told = "\n".join(pool.check(mind) or [])
    for part in ("1 memories are missing, the first has number 1", "12345", "another vector"):
        assert part in told
    pool.rebuild(mind, EMBEDDER, DIMENSION)
    assert pool.check(mind) == []


def test_another_embedder_takes_effect_with_the_rebuild_and_vectors_are_never_mixed(
    database: Database, pool: IndexPool, mind: str
) -> None:
    add_memories(database, mind, range(5))
    assert pool.settle(mind)
    new = add_memories(database, mind, range(10, 13), embedder="another", dimension=8)
    assert pool.check(mind) == []
    assert pool.nearest(mind, vector_of(10, 8), 1) is None
    pool.rebuild(mind, "another", 8)
    assert pool.check(mind) == []
    found = pool.nearest(mind, vector_of(10, 8), 9)
    assert found is not None
    assert found[0][0] == new[10]
    assert len(found) == 3
    assert best(pool, 1) is None


def test_from_the_moment_of_a_rebuild_the_old_index_does_not_answer(
    database: Database, pool: IndexPool, mind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_pool, "_LOOK_SECONDS", 60.0)
    numbers = add_memories(database, mind, range(5))
    assert pool.settle(mind)
    assert best(pool, 1) == numbers[1]
    # As another process does it, which this one's thread has not noticed yet.
    database.writer.write(lambda c: renew_index(c, mind, EMBEDDER, DIMENSION))
    assert best(pool, 1) is None


def test_a_wake_is_enough_for_an_index_that_was_renewed_while_it_was_closed(
    database: Database, folder: Path, mind: str
) -> None:
    add_memories(database, mind, range(5))
    first = IndexPool(database, folder)
    assert first.settle(mind)
    first.close()
    database.writer.write(lambda c: renew_index(c, mind, EMBEDDER, DIMENSION))
    second = IndexPool(database, folder)
    second.wake(mind)
    assert until(lambda: best(second, 1), "built anew")
    second.close()


def test_while_an_index_is_built_it_gives_no_answer_instead_of_half_of_one(
    database: Database, pool: IndexPool, mind: str
) -> None:
    add_memories(database, mind, range(2000))
    assert pool.settle(mind)
    pool.rebuild(mind, EMBEDDER, DIMENSION)
    answers = []

    def rebuilt() -> bool:
        answers.append(best(pool, 1999))
        return pool.settle(mind, timeout=0.0)

    until(rebuilt, "rebuilt")
    assert 0 not in answers
    assert best(pool, 1999) != 0


def test_after_forget_no_old_file_is_left(
    database: Database, pool: IndexPool, folder: Path, mind: str
) -> None:
    numbers = add_memories(database, mind, range(1500))
    assert pool.settle(mind)
    vector = vector_of(700)
    assert any(vector in path.read_bytes() for path in files_of(folder))
    delete_memories(database, mind, [numbers[700]])
    pool.forget(mind)
    assert not any(vector in path.read_bytes() for path in files_of(folder))
    assert pool.check(mind) == []
    assert not any(vector in path.read_bytes() for path in files_of(folder))


def test_forget_of_a_mind_without_an_index_removes_what_lies_there(
    pool: IndexPool, folder: Path, mind: str
) -> None:
    (folder / mind).mkdir(parents=True)
    (folder / mind / "chroma.sqlite3").write_text("left behind")
    pool.forget(mind)
    assert not (folder / mind).exists()


def test_forget_says_which_process_has_the_index(
    pool: IndexPool, database: Database, folder: Path, mind: str
) -> None:
    add_memories(database, mind, range(3))
    assert pool.settle(mind)
    pool.close()
    lock = FolderLock.take(folder / f"{mind}.lock")
    assert lock is not None
    other = IndexPool(database, folder)
    with pytest.raises(StorageError, match="the process with id"):
        other.forget(mind, timeout=0.2)
    other.close()
    lock.release()


def test_the_owner_of_an_index_forgets_for_another_and_feeds_its_changes(
    database: Database, pool: IndexPool, folder: Path, mind: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(index_pool, "_LOOK_SECONDS", 0.05)
    add_memories(database, mind, range(3))
    assert pool.settle(mind)
    with_other = Database(tmp_path / "genesis.db", durability="normal")
    other = IndexPool(with_other, folder)
    numbers = add_memories(with_other, mind, [7])
    assert other.settle(mind)
    assert best(other, 7) is None
    assert other.check(mind) is None
    assert best(pool, 7) == numbers[7]
    before = read_marker(folder / mind)
    other.forget(mind)
    assert read_marker(folder / mind) != before
    pool.close()
    assert other.check(mind) == []
    assert best(other, 7) == numbers[7]
    other.close()
    with_other.close()


@pytest.mark.parametrize("removed", ["folder", "everything"])
def test_a_deleted_folder_is_made_again_from_the_record(
    database: Database, folder: Path, mind: str, removed: str
) -> None:
    add_memories(database, mind, range(20))
    first = IndexPool(database, folder)
    assert first.settle(mind)
    first.close()
    shutil.rmtree(folder / mind if removed == "folder" else folder)
    second = IndexPool(database, folder)
    assert second.check(mind) == []
    second.close()


def test_a_folder_of_another_generation_is_not_believed(
    database: Database, folder: Path, mind: str, tmp_path: Path
) -> None:
    add_memories(database, mind, range(20))
    pool = IndexPool(database, folder)
    assert pool.settle(mind)
    pool.close()
    shutil.copytree(folder, tmp_path / "copy")
    pool = IndexPool(database, folder)
    pool.rebuild(mind, EMBEDDER, DIMENSION)
    add_memories(database, mind, [20])
    assert pool.settle(mind)
    pool.close()
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "copy", folder)
    pool = IndexPool(database, folder)
    assert pool.check(mind) == []
    assert best(pool, 20)
    pool.close()


def test_the_folder_is_for_its_owner_only(
    database: Database, pool: IndexPool, folder: Path, mind: str
) -> None:
    add_memories(database, mind, [1])
    assert pool.settle(mind)
    assert (folder / mind).stat().st_mode & 0o777 == 0o700


def test_searches_of_several_threads_stay_right_while_it_is_fed(
    database: Database, pool: IndexPool, mind: str
) -> None:
    numbers = add_memories(database, mind, range(300))
    assert pool.settle(mind)
    wrong: list[tuple[int, int | None]] = []
    done = threading.Event()
    searches = [0] * 4

    def search(place: int) -> None:
        while not done.is_set():
            seed = random.randrange(300)
            found = best(pool, seed)
            searches[place] += 1
            if found != numbers[seed]:
                wrong.append((seed, found))

    threads = [threading.Thread(target=search, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for first in range(1000, 2000, 100):
        add_memories(database, mind, range(first, first + 100))
        pool.wake(mind)
    assert pool.settle(mind)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert min(searches) > 0
    assert pool.check(mind) == []


def test_a_hundred_minds_in_turn_need_few_files_and_threads(
    database: Database, pool: IndexPool
) -> None:
    process = psutil.Process()
    # Libraries that earlier tests have used keep threads of their own.
    others = process.num_threads()
    minds = [f"GMD-2026-AAAA-{number:04X}" for number in range(100)]
    numbers = {}
    files, threads = 0, 0
    for gmid in minds:
        add_mind(database, gmid)
        numbers[gmid] = add_memories(database, gmid, range(10))
    for gmid in minds:
        assert pool.settle(gmid)
        found = pool.nearest(gmid, vector_of(4), 1)
        assert found is not None
        assert found[0][0] == numbers[gmid][4]
        files, threads = max(files, process.num_fds()), max(threads, process.num_threads())
    assert files < 200
    assert threads - others < 50
    for gmid in random.sample(minds, 10):
        assert pool.check(gmid) == []


def test_an_index_that_fails_in_a_search_is_tried_and_serves_again(
    database: Database, pool: IndexPool, mind: str, caplog: pytest.LogCaptureFixture
) -> None:
    numbers = add_memories(database, mind, range(5))
    assert pool.settle(mind)
    pool._open[mind].index.close()
    assert best(pool, 1) is None
    assert "failed in a search" in caplog.text
    assert until(lambda: best(pool, 1), "opened again") == numbers[1]
    assert pool.check(mind) == []


def test_a_closed_pool_starts_nothing_again(database: Database, pool: IndexPool, mind: str) -> None:
    add_memories(database, mind, range(5))
    assert pool.settle(mind)
    pool.close()
    add_memories(database, mind, [5])
    pool.wake(mind)
    assert best(pool, 1) is None
    assert count_changes(database, mind) == 1
    pool.close()


@pytest.mark.parametrize("seconds", ["0", "0.8"])
def test_a_process_that_ends_without_close_ends_quietly_and_loses_nothing(
    database: Database, pool: IndexPool, folder: Path, mind: str, seconds: str
) -> None:
    process = start(folder, "leave", seconds)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert pool.check(mind) == []
    assert len(pool._open[mind].index.numbers()) == 300


def test_another_process_takes_over_when_the_owner_is_gone(
    database: Database, pool: IndexPool, folder: Path, mind: str
) -> None:
    numbers = add_memories(database, mind, range(5))
    process = start(folder, "hold")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert pool.settle(mind)
    assert best(pool, 1) is None
    process.kill()
    process.communicate()
    assert pool.check(mind) == []
    assert best(pool, 1) == numbers[1]


@pytest.mark.crash
@pytest.mark.timeout(600)
def test_whatever_the_moment_of_a_kill_index_and_record_agree_afterwards(
    database: Database, folder: Path, mind: str
) -> None:
    for _ in range(20):
        process = start(folder, "write")
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(random.uniform(0, 1.5))
        process.kill()
        process.communicate()
        pool = IndexPool(database, folder)
        assert pool.check(mind) == []
        pool.close()
