"""Memories in Chroma's folders, read without Chroma."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from genesis.home import Home
from genesis.storage.database import Database
from genesis.storage.memories import count_memories, read_memory

from tests.importing import older
from tests.importing.conftest import Import
from tests.importing.older import ATLAS, LOST, counted


def test_memories_come_with_their_metadata_and_await_a_vector(
    with_memories: Path, run: Import, opened: Database, home: Home
) -> None:
    report = run(with_memories)
    kind = report.kinds["memory"]
    assert (kind.found, kind.imported, kind.skipped) == (4, 4, 0)
    types, archived, awaiting = count_memories(opened, ATLAS)
    assert (types, archived, awaiting) == ({"episodic": 3, "semantic": 1}, 0, 4)
    row = read_memory(opened, ATLAS, "mem-2")
    assert row is not None
    assert {"Tea is a plant", 0.9, "joy", '["a", "b"]', "user@example.org"} <= set(row)
    assert counted(home.database, "memory_vectors") == 0
    assert counted(home.database, "memory_tags") == 8
    assert run(with_memories).kinds["memory"].present == 4


def test_what_was_written_over_by_a_caller_is_repaired_and_named(
    with_memories: Path, run: Import
) -> None:
    changed = run(with_memories).kinds["memory"].changed_because.counts
    assert changed["type 'conversation_context' is unknown; 'episodic' is used"] == 1
    assert changed["timestamp 'yesterday-ish' is no time"] == 1


def test_chroma_itself_is_not_imported(with_memories: Path, run: Import) -> None:
    known = "chromadb" in sys.modules
    run(with_memories)
    assert ("chromadb" in sys.modules) == known


def test_an_orphaned_folder_is_counted_and_not_taken(
    with_memories: Path, run: Import, home: Home
) -> None:
    (with_memories / "minds" / f"{ATLAS}.json").unlink()
    report = run(with_memories)
    kind = report.kinds["memory"]
    assert (kind.found, kind.imported, kind.skipped) == (4, 0, 4)
    (reason,) = kind.skipped_because.counts
    assert "orphaned" in reason
    assert counted(home.database, "memories") == 0


def test_a_collection_of_another_program_is_named(with_memories: Path, run: Import) -> None:
    told = {left.what.rpartition(" ")[2]: left.reason for left in run(with_memories).left}
    assert told["others"] == "belongs to another program"


@pytest.mark.parametrize("harm", ["cut", "zeroed", "empty", "missing"])
def test_a_damaged_folder_is_named_and_the_rest_goes_on(
    with_memories: Path, run: Import, harm: str
) -> None:
    database = with_memories / "data" / "chroma" / ATLAS / "chroma.sqlite3"
    content = database.read_bytes()
    harmed = {
        "cut": content[: len(content) // 3], "zeroed": content[:100] + b"\0" * 50_000, "empty": b"",
    }  # fmt: skip
    database.unlink()
    if harm in harmed:
        database.write_bytes(harmed[harm])
    report = run(with_memories)
    assert report.kinds["message"].imported == 6
    assert harm == "missing" or report.faults or report.left
    assert "memory" not in report.kinds or not report.is_complete


def test_a_memory_that_is_in_the_file_of_its_mind_too_is_taken_once(
    with_memories: Path, run: Import, home: Home
) -> None:
    document = older.mind_document(ATLAS, "Atlas")
    document["memory"] = {"memories": [{"id": "mem-1", "content": "The user likes tea"}]}
    older.write_mind(with_memories, document)
    kind = run(with_memories).kinds["memory"]
    assert (kind.found, kind.imported, kind.present) == (5, 4, 1)
    assert counted(home.database, "memories") == 4


def test_a_folder_called_after_nobody_is_taken_for_what_is_in_it(
    with_memories: Path, run: Import
) -> None:
    folder = with_memories / "data" / "chroma"
    (folder / ATLAS).rename(folder / "renamed")
    assert run(with_memories).kinds["memory"].imported == 4
    shutil.rmtree(folder / "renamed")
    (folder / LOST).mkdir()
    assert run(with_memories).is_complete
