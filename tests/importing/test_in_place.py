"""A home of genesis-minds that becomes one of ours in the same folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from genesis.errors import UsageError
from genesis.home import Home
from genesis.importing.in_place import aside_folder, is_own_database, move_aside
from genesis.importing.running import import_from

from tests.importing import older
from tests.importing.older import ATLAS, counted, state_of


def migrate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m genesis.migrate` in a working folder."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GENESIS_")}
    return subprocess.run(
        [sys.executable, "-m", "genesis.migrate", *arguments], cwd=folder, text=True,
        capture_output=True, env={**environment, "COLUMNS": "200"},
    )  # fmt: skip


def test_an_older_home_is_not_opened_as_one_of_ours_without_being_asked(source: Path) -> None:
    before = state_of(source)
    for path in (source, source.parent):
        with pytest.raises(UsageError, match=r"--in-place.*--home DIR"):
            import_from(path, Home(source), None)
    assert state_of(source) == before
    assert not is_own_database(source / "genesis.db")


def test_a_dry_run_in_place_changes_nothing(with_memories: Path) -> None:
    before = state_of(with_memories)
    report = import_from(with_memories, Home(with_memories), None, dry_run=True)
    assert report.imported == 17
    assert state_of(with_memories) == before


def test_migrating_moves_the_originals_byte_for_byte_and_imports_them(with_memories: Path) -> None:
    home = Home(with_memories)
    shutil.copy(home.minds / f"{ATLAS}.json", home.minds / f"{ATLAS}.json.bak")
    before = {path: entry[2] for path, entry in state_of(with_memories).items() if entry[2]}
    done = migrate(with_memories.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    aside = {path: entry[2] for path, entry in state_of(aside_folder(home)).items() if entry[2]}
    assert aside == before
    assert is_own_database(home.database)
    assert counted(home.database, "conversation_messages") == 6
    assert counted(home.database, "memories") == 4
    assert "SECRET" not in (home.minds / f"{ATLAS}.json").read_text()
    assert not any(home.indexes.iterdir())
    assert "were created (revision" in done.stdout
    again = migrate(with_memories.parent)
    assert again.returncode == 0
    assert "0 rows imported" in again.stdout
    assert "are up to date" in again.stdout


def test_migrating_a_home_without_anything_old_makes_the_tables(tmp_path: Path) -> None:
    for told in ("were created", "are up to date"):
        done = migrate(tmp_path)
        assert done.returncode == 0, done.stderr
        assert "Nothing of an older program" in done.stdout
        assert told in done.stdout
    assert counted(tmp_path / ".genesis" / "genesis.db", "conversation_messages") == 0


def test_migrating_that_cannot_take_everything_says_so(source: Path) -> None:
    (source / "minds" / "GMID-00000009.json").write_text('{"identity": {"gmid": "GMID-0')
    done = migrate(source.parent)
    assert done.returncode == 1
    assert "cut off" in done.stdout


def test_moving_aside_goes_on_where_it_was_interrupted(with_memories: Path) -> None:
    home = Home(with_memories)
    before = {path: entry[2] for path, entry in state_of(with_memories).items() if entry[2]}
    aside = aside_folder(home)
    (aside / "minds").mkdir(parents=True)
    (home.minds / f"{ATLAS}.json").rename(aside / "minds" / f"{ATLAS}.json")
    assert move_aside(home) != []
    assert move_aside(home) == []
    assert {path: entry[2] for path, entry in state_of(aside).items() if entry[2]} == before


def test_what_was_moved_aside_before_is_never_written_over(source: Path) -> None:
    home = Home(source)
    (aside_folder(home)).mkdir()
    (aside_folder(home) / "genesis.db").write_text("of an earlier time")
    with pytest.raises(UsageError, match="is there already"):
        move_aside(home)
    assert (aside_folder(home) / "genesis.db").read_text() == "of an earlier time"
    assert (source / "genesis.db").exists()


def test_a_log_is_moved_before_its_database(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute('PRAGMA journal_mode=WAL'); c.execute('PRAGMA wal_autocheckpoint=0');"
        "c.execute(\"UPDATE conversation_messages SET content = 'from the log'\"); c.commit();"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(source / "genesis.db")], check=True)
    moved: list[str] = []
    rename = os.rename
    monkeypatch.setattr(os, "rename", lambda a, b: (moved.append(Path(a).name), rename(a, b)))
    move_aside(Home(source))
    assert moved.index("genesis.db-wal") < moved.index("genesis.db")
    assert older.counted(aside_folder(Home(source)) / "genesis.db", "minds") == 2
