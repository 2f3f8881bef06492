"""Backup and restore: consistent while others write, checked before anything is moved."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from genesis.errors import BackupError, StorageError, UsageError
from genesis.home import Home, OwnerLock
from genesis.storage.backup import make_backup, read_manifest, restore_backup
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from sqlalchemy import text


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a database, a mind's file, settings and a lock."""
    made = Home(tmp_path / "home")
    made.prepare()
    database = Database(made.database, durability="normal")
    migrate(database, "kernel", KERNEL_REVISIONS)
    database.writer.write(lambda c: c.execute(text("CREATE TABLE notes (pair INT, word TEXT)")))
    database.close()
    made.minds.mkdir()
    (made.minds / "GMD-2026-AAAA-0001.json").write_text('{"kept": true}')
    made.settings_file.write_text("[kernel]\n")
    made.indexes.mkdir(parents=True)
    (made.indexes / "vectors.bin").write_text("made anew from the record")
    return made


def contents(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_a_backup_is_put_back_into_an_empty_home(home: Home, tmp_path: Path) -> None:
    manifest = make_backup(home, tmp_path / "kept.zip")
    assert set(manifest.files) == {"genesis.db", "genesis.toml", "minds/GMD-2026-AAAA-0001.json"}
    fresh = Home(tmp_path / "fresh")
    restored = restore_backup(fresh, tmp_path / "kept.zip")
    assert restored.set_aside is None
    assert (fresh.minds / "GMD-2026-AAAA-0001.json").read_text() == '{"kept": true}'
    opened = Database(fresh.database)
    migrate(opened, "kernel", KERNEL_REVISIONS)
    opened.close()


def test_only_its_owner_can_read_a_backup(home: Home, tmp_path: Path) -> None:
    make_backup(home, tmp_path / "kept.zip")
    assert stat.S_IMODE((tmp_path / "kept.zip").stat().st_mode) == 0o600


def test_a_backup_while_others_write_holds_whole_transactions(home: Home, tmp_path: Path) -> None:
    database = Database(home.database, durability="normal")
    stop = threading.Event()
    insert = text("INSERT INTO notes VALUES (:pair, :word)")

    def write() -> None:
        pair = 0
        while not stop.is_set():
            pair += 1
            rows = [{"pair": pair, "word": "one"}, {"pair": pair, "word": "other"}]
            database.writer.write(lambda c, rows=rows: c.execute(insert, rows))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(5):
            make_backup(home, tmp_path / f"{number}.zip")
    finally:
        stop.set()
        thread.join()
        database.close()
    for number in range(5):
        fresh = Home(tmp_path / f"fresh-{number}")
        restore_backup(fresh, tmp_path / f"{number}.zip")
        with sqlite3.connect(fresh.database) as connection:
            halves = connection.execute(
                "SELECT pair FROM notes GROUP BY pair HAVING count(*) <> 2"
            ).fetchall()
        connection.close()
        assert halves == []


def test_a_backup_replaces_no_file(home: Home, tmp_path: Path) -> None:
    (tmp_path / "taken.zip").write_text("of somebody else")
    with pytest.raises(UsageError, match="there already"):
        make_backup(home, tmp_path / "taken.zip")
    assert (tmp_path / "taken.zip").read_text() == "of somebody else"


def test_a_backup_that_cannot_be_made_leaves_nothing(home: Home, tmp_path: Path) -> None:
    home.database.write_bytes(b"no database at all, but long enough to be looked at" * 100)
    with pytest.raises(StorageError, match="not a SQLite database"):
        make_backup(home, tmp_path / "kept.zip")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home"]


def test_an_empty_home_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to back up"):
        make_backup(Home(tmp_path / "none"), tmp_path / "kept.zip")


def test_what_was_there_is_set_aside_and_only_when_asked(home: Home, tmp_path: Path) -> None:
    make_backup(home, tmp_path / "kept.zip")
    (home.minds / "GMD-2026-AAAA-0001.json").write_text('{"newer": true}')
    before = contents(home.root)
    with pytest.raises(UsageError, match="not empty"):
        restore_backup(home, tmp_path / "kept.zip")
    assert contents(home.root) == before
    restored = restore_backup(home, tmp_path / "kept.zip", replace=True)
    assert restored.set_aside is not None
    assert contents(restored.set_aside) == before
    assert (home.minds / "GMD-2026-AAAA-0001.json").read_text() == '{"kept": true}'
    # Vectors of a later time must not answer for an older record.
    assert not home.indexes.exists()


def test_a_home_in_use_is_not_restored_over(home: Home, tmp_path: Path) -> None:
    make_backup(home, tmp_path / "kept.zip")
    lock = OwnerLock(home)
    try:
        with pytest.raises(UsageError, match="A process works in"):
            restore_backup(home, tmp_path / "kept.zip", replace=True)
    finally:
        lock.release()


def test_a_home_in_which_a_program_holds_a_mind_is_not_restored_over(
    home: Home, tmp_path: Path
) -> None:
    make_backup(home, tmp_path / "kept.zip")
    program = (
        "import sys\nfrom genesis import Mind\nfrom genesis.home import Home\n"
        "from genesis.minds.store import shared_store\n"
        "mind = Mind.birth('Atlas', store=shared_store(Home(__import__('pathlib').Path("
        "sys.argv[1]))))\nprint('here', flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(home.root)], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "here\n"
        with pytest.raises(UsageError, match="A process works in"):
            restore_backup(home, tmp_path / "kept.zip", replace=True)
        holder.communicate()
    assert restore_backup(home, tmp_path / "kept.zip", replace=True).set_aside is not None


@pytest.mark.parametrize("damage", ["cut", "not a zip", "flipped", "missing file", "newer"])
def test_a_damaged_backup_is_refused_and_the_home_stays(
    home: Home, tmp_path: Path, damage: str
) -> None:
    kept = tmp_path / "kept.zip"
    make_backup(home, kept)
    data = kept.read_bytes()
    if damage == "cut":
        kept.write_bytes(data[: len(data) // 2])
    elif damage == "not a zip":
        kept.write_bytes(b"hello")
    else:
        _rewrite(kept, damage)
    before = contents(home.root)
    with pytest.raises(BackupError, match=r"damaged|no backup|later release"):
        restore_backup(home, kept, replace=True)
    assert contents(home.root) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "kept.zip"]


def _rewrite(archive: Path, damage: str) -> None:
    """Write the archive anew with one fault."""
    scratch = archive.with_suffix(".scratch")
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(scratch, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.startswith("minds/") and damage == "missing file":
                continue
            if name.startswith("minds/") and damage == "flipped":
                data = data.replace(b"true", b"fals")
            if name == "manifest.json" and damage == "newer":
                data = data.replace(b'"format": 1', b'"format": 2')
            new.writestr(name, data)
    shutil.move(scratch, archive)


def test_a_path_that_leads_out_of_the_home_is_refused(home: Home, tmp_path: Path) -> None:
    kept = tmp_path / "kept.zip"
    make_backup(home, kept)
    scratch = tmp_path / "scratch.zip"
    with zipfile.ZipFile(kept) as old, zipfile.ZipFile(scratch, "w") as new:
        for name in old.namelist():
            data = old.read(name).replace(b"genesis.toml", b"../genesis.toml")
            new.writestr(name.replace("genesis.toml", "../genesis.toml"), data)
    with pytest.raises(BackupError, match="leads out"):
        restore_backup(Home(tmp_path / "deep" / "fresh"), scratch)
    assert not (tmp_path / "deep" / "genesis.toml").exists()


def test_the_manifest_tells_when_and_what(home: Home, tmp_path: Path) -> None:
    made = make_backup(home, tmp_path / "kept.zip")
    assert read_manifest(tmp_path / "kept.zip") == made
    with pytest.raises(UsageError, match="no file"):
        read_manifest(tmp_path / "none.zip")


def test_a_migration_keeps_a_copy_of_what_it_changes(home: Home, tmp_path: Path) -> None:
    revisions = tmp_path / "revisions"
    revisions.mkdir()
    database = Database(home.database, durability="normal")
    for number in range(1, 6):
        (revisions / f"{number:04}_step.py").write_text(
            "from alembic import op\n"
            f"revision, down_revision = '{number:04}', "
            f"{None if number == 1 else repr(f'{number - 1:04}')}\n"
            f"def upgrade():\n    op.execute('CREATE TABLE step_{number} (id)')\n"
        )
        migrate(database, "probe", revisions)
    database.close()
    copies = sorted(home.backups.glob("before-probe-*.db"))
    # The first made its tables where there were none; of the others the last three are kept.
    assert [path.name.split("-")[2] for path in copies] == ["0003", "0004", "0005"]
    with sqlite3.connect(copies[-1]) as connection:
        found = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert "step_4" in found
    assert "step_5" not in found
