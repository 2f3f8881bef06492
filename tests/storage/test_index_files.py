"""Damaged index folders are noticed before Chroma opens them, and built anew."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from genesis.storage.database import Database
from genesis.storage.index_files import (
    FolderLock,
    Marker,
    has_left_seal,
    read_marker,
    seal,
    try_out,
    write_marker,
)
from genesis.storage.index_pool import IndexPool
from genesis.storage.memory_changes import index_record, note_all

from tests.storage.vectors import add_memories, add_mind, files_of, vector_of

GMID = "GMD-2026-AAAA-0001"
COUNT = 1300


def file_named(folder: Path, name: str) -> Path:
    return next(path for path in files_of(folder) if path.name == name)


def truncated(name: str) -> Callable[[Path], None]:
    return lambda folder: os.truncate(
        file_named(folder, name), file_named(folder, name).stat().st_size // 2
    )


def overwritten(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        path = file_named(folder, name)
        path.write_bytes(b"\xff" * path.stat().st_size)

    return damage


def deleted(name: str) -> Callable[[Path], None]:
    return lambda folder: file_named(folder, name).unlink()


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def replaced_by_a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("not a folder")


SEGMENT = ("data_level0.bin", "header.bin", "length.bin", "link_lists.bin")
DAMAGES = {
    f"{kind.__name__} {name}": kind(name)
    for kind in (truncated, overwritten, deleted)
    for name in (*SEGMENT, "index_metadata.pickle", "chroma.sqlite3")
}
SEALED_DAMAGES = {
    **{name: damage for name, damage in DAMAGES.items() if name.startswith("overwritten")},
    "truncated header.bin": truncated("header.bin"),
    "deleted chroma.sqlite3": deleted("chroma.sqlite3"),
    "truncated index.json": truncated("index.json"),
    "overwritten index.json": overwritten("index.json"),
    "deleted index.json": deleted("index.json"),
    "emptied": emptied,
    "replaced by a file": replaced_by_a_file,
}


@pytest.fixture
def folder(database: Database, tmp_path: Path) -> Path:
    """The index folder of a mind, closed in order."""
    add_mind(database, GMID)
    add_memories(database, GMID, range(COUNT))
    pool = IndexPool(database, tmp_path / "chroma")
    assert pool.settle(GMID)
    pool.close()
    return tmp_path / "chroma" / GMID


def warnings_after_reopening(
    database: Database, folder: Path, caplog: pytest.LogCaptureFixture
) -> list[str]:
    pool = IndexPool(database, folder.parent)
    with caplog.at_level(logging.WARNING, "genesis.minds"):
        assert pool.check(GMID) == []
    found = pool.nearest(GMID, vector_of(5), 1)
    pool.close()
    assert found is not None
    assert found[0][1] > 0.999
    return [record.getMessage() for record in caplog.records if record.name == "genesis.minds"]


@pytest.mark.parametrize("damage", SEALED_DAMAGES.values(), ids=SEALED_DAMAGES)
def test_a_damaged_folder_is_built_anew_and_it_is_said(
    database: Database, folder: Path, caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], None],
) -> None:  # fmt: skip
    damage(folder)
    said = warnings_after_reopening(database, folder, caplog)
    assert len(said) == 1
    assert GMID in said[0]
    assert "nothing is lost" in said[0]


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_folder_that_a_crash_left_damaged_does_no_harm(
    database: Database, folder: Path, caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], None],
) -> None:  # fmt: skip
    marker = read_marker(folder)
    assert marker is not None
    damage(folder)
    write_marker(folder, marker.model_copy(update={"seal": None}))
    warnings_after_reopening(database, folder, caplog)


def test_a_whole_folder_is_opened_as_it_is(
    database: Database, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = {path.name: path.stat().st_ino for path in files_of(folder) if path.suffix == ".bin"}
    assert warnings_after_reopening(database, folder, caplog) == []
    after = {path.name: path.stat().st_ino for path in files_of(folder) if path.suffix == ".bin"}
    assert before == after


def test_a_copied_folder_whose_times_differ_is_not_damaged(
    database: Database, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for path in files_of(folder):
        os.utime(path)
    assert warnings_after_reopening(database, folder, caplog) == []


def test_a_whole_folder_that_a_crash_left_is_not_built_anew(
    database: Database, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    marker = read_marker(folder)
    assert marker is not None
    write_marker(folder, marker.model_copy(update={"seal": None}))
    assert warnings_after_reopening(database, folder, caplog) == []


def test_a_folder_whose_owner_died_before_chroma_wrote_is_not_called_damaged(
    database: Database, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    marker = read_marker(folder)
    assert marker is not None
    record = index_record(database, GMID)
    assert record is not None
    database.writer.write(lambda c: note_all(c, GMID, record))
    emptied(folder)
    write_marker(folder, marker.model_copy(update={"seal": None, "built": False}))
    assert warnings_after_reopening(database, folder, caplog) == []


def test_a_trial_notices_what_answers_wrong(database: Database, folder: Path) -> None:
    lock = FolderLock.take(folder.with_name("x.lock"))
    assert lock is not None
    vectors = [(number, vector_of(number - 1)) for number in range(1, 6)]

    def outcome(sample: list[tuple[int, bytes]], counts: range) -> str | None:
        return try_out(folder, lock, sample, counts, lambda: False)

    assert outcome(vectors, range(COUNT, COUNT + 1)) is None
    # More than a pipe takes before the other process begins to read.
    many = [(number, vector_of(number - 1)) for number in range(1, COUNT + 1)]
    assert sum(len(vector) for _, vector in many) > 64 * 1024
    assert outcome(many, range(COUNT, COUNT + 1)) is None
    assert "holds 1300" in str(outcome(vectors, range(5, 9)))
    assert "1 of 1" in str(outcome([(1, vector_of(99999))], range(COUNT, COUNT + 1)))
    with pytest.raises(InterruptedError):
        try_out(folder, lock, vectors, range(COUNT, COUNT + 1), lambda: True)
    lock.release()


def test_a_seal_is_left_by_a_changed_a_missing_and_a_new_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    marker = seal(tmp_path, Marker(generation="g", embedder="e", dimension=3))
    assert has_left_seal(tmp_path, marker) is None
    (tmp_path / "b").write_text("new")
    assert has_left_seal(tmp_path, marker) == "b does not belong to it"
    (tmp_path / "b").unlink()
    (tmp_path / "a").write_text("two")
    assert "a was changed" in str(has_left_seal(tmp_path, marker))
    (tmp_path / "a").unlink()
    assert has_left_seal(tmp_path, marker) == "a is missing"


def test_a_folder_has_one_owner_until_it_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    first = FolderLock.take(path)
    assert first is not None
    assert FolderLock.take(path) is None
    assert FolderLock.owner(path) == str(os.getpid())
    first.release()
    second = FolderLock.take(path)
    assert second is not None
    second.release()
