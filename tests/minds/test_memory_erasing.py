"""After erasing, neither text nor vector is left in any file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from genesis.clock import utc_now
from genesis.errors import StorageError
from genesis.minds.conversation import ConversationManager
from genesis.minds.memory import MemoryManager
from genesis.storage.database import Database
from genesis.storage.idempotency import KeptAnswer, keep_answer, read_key, remember_key
from genesis.storage.vector_codes import encode

from tests.minds.memory_fixtures import hashing, remembering

SECRET = "the-secret-of-the-blue-door-is-4711"
CHANGED = "what-was-said-later-about-the-green-gate"


@pytest.fixture
def memory(minds: Database, gmid: str, tmp_path: Path) -> Iterator[MemoryManager]:
    with remembering(minds, gmid, tmp_path / "indexes") as opened:
        yield opened


def holding(folder: Path, needle: bytes) -> list[str]:
    """The files under a folder that hold these bytes."""
    found = [Path(at) / name for at, _, names in os.walk(folder) for name in names]
    return [path.name for path in found if path.exists() and needle in path.read_bytes()]


def vectors(*texts: str) -> list[bytes]:
    return hashing().embed(texts)


def test_neither_text_nor_vector_is_left_in_any_file(
    memory: MemoryManager, minds: Database, gmid: str, tmp_path: Path
) -> None:
    others = [memory.add_memory(f"an ordinary memory, number {n}") for n in range(300)]
    one = memory.add_memory(SECRET)
    memory.add_memory(SECRET, deduplicate=False)
    memory.consolidate_memories()
    memory.update_memory(one.id, content=CHANGED, tags=["later"])
    memory.update_memory(others[3].id, content=SECRET)
    memory.update_memory(others[3].id, content="ordinary again")
    assert memory._indexes.settle(gmid)
    secrets = vectors(SECRET, CHANGED)
    assert holding(tmp_path, SECRET.encode())
    assert len(holding(tmp_path, secrets[1][:64])) >= 2
    codes = [encode(secret) for secret in secrets]
    assert holding(tmp_path, codes[1][:64])
    assert memory.erase_memory(one.id) is True
    for needle in (SECRET.encode(), CHANGED.encode(), *(s[:64] for s in (*secrets, *codes))):
        assert holding(tmp_path, needle) == []
    assert memory._indexes.settle(gmid)
    for needle in (SECRET.encode(), CHANGED.encode(), *secrets, *codes):
        assert holding(tmp_path, needle) == []


def test_all_of_a_user_can_be_erased_and_of_others_nothing(
    memory: MemoryManager, tmp_path: Path
) -> None:
    for n in range(3):
        memory.add_memory(f"{SECRET} {n}", user_email="ada@example.org")
    stays = memory.add_memory("stays", user_email="bob@example.org")
    assert memory.erase(user_email="ada@example.org") == 3
    assert holding(tmp_path, SECRET.encode()) == []
    assert [m.id for m in memory.get_recent_memories(all_users=True)] == [stays.id]
    assert memory.erase(user_email="ada@example.org") == 0


def test_what_was_merged_into_an_erased_memory_goes_with_it(
    memory: MemoryManager, tmp_path: Path
) -> None:
    one = memory.add_memory(SECRET)
    twin = memory.add_memory(SECRET)
    memory.consolidate_memories()
    assert [m.id for m in memory.get_merged_memories(one.id)] == [twin.id]
    assert memory.erase([one.id]) == 2
    assert memory.get_memory(twin.id) is None
    assert holding(tmp_path, SECRET.encode()) == []


def test_a_reader_of_the_older_state_is_said_and_erasing_again_clears_the_files(
    memory: MemoryManager, minds: Database, tmp_path: Path
) -> None:
    one = memory.add_memory(SECRET)
    minds.writer._connection.exec_driver_sql("PRAGMA busy_timeout=50")
    minds.writer._connection.rollback()
    reader = sqlite3.connect(minds.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM memories").fetchone()
    with pytest.raises(StorageError, match="erase again"):
        memory.erase_memory(one.id)
    assert memory.get_memory(one.id) is None
    reader.close()
    assert memory.erase() == 0
    assert holding(tmp_path, SECRET.encode()) == []


def test_deleted_bytes_are_overwritten_by_the_writer(minds: Database) -> None:
    found = minds.writer.write(lambda c: c.exec_driver_sql("PRAGMA secure_delete").scalar())
    assert found == 1


def keep(database: Database, words: str) -> None:
    """An answer of the API that tells what was written, as a request with a key leaves it."""
    answer = KeptAnswer(201, f'{{"content": "{words}"}}'.encode(), None)
    now = utc_now()
    database.writer.write(lambda c: remember_key(c, "key", "digest", now=now, oldest=""))
    database.writer.write(lambda c: keep_answer(c, "key", answer))


def test_an_answer_that_is_kept_for_a_key_tells_nothing_of_what_was_erased(
    memory: MemoryManager, minds: Database, tmp_path: Path
) -> None:
    one = memory.add_memory(SECRET)
    keep(minds, SECRET)
    memory.erase_memory(one.id)
    assert holding(tmp_path, SECRET.encode()) == []
    kept = read_key(minds, "key", oldest="")
    assert kept is not None
    assert (kept.request, kept.answer) == ("digest", None)


def test_neither_does_one_of_a_deleted_message(minds: Database, gmid: str, tmp_path: Path) -> None:
    conversation = ConversationManager(gmid, minds)
    conversation.add_message("user", SECRET)
    keep(minds, SECRET)
    assert conversation.clear_all() == 1
    minds.writer.empty_log()
    assert holding(tmp_path, SECRET.encode()) == []
