"""Deleting a mind: nothing of it is left, others are as they were, and it can be repeated."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from genesis import Mind
from genesis.errors import StorageError, UsageError
from genesis.home import Home
from genesis.minds.deleting import delete_mind
from genesis.minds.store import MindStore
from genesis.storage.kernel_tables import KERNEL_TABLES
from genesis.storage.statements import Statement

from tests.minds.homes import fill, open_home, settle

OF_MINDS = ("mind_gmid", "owner_gmid", "from_gmid", "to_gmid", "gmid")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MindStore:
    monkeypatch.setenv("GENESIS_PLUGINS", "")
    return open_home(tmp_path / "home")


def rows_of(store: MindStore, gmid: str) -> dict[str, int]:
    """How many rows each table has of a mind."""
    found = {}
    for name in sorted(KERNEL_TABLES):
        columns = store.database.fetch(
            Statement(f"SELECT name FROM pragma_table_info('{name}')"), {}
        )
        for column in sorted({str(row[0]) for row in columns} & set(OF_MINDS)):
            query = Statement(f"SELECT count(*) FROM {name} WHERE {column} = :gmid")
            ((count,),) = store.database.fetch(query, {"gmid": gmid})
            if count:
                found[f"{name}.{column}"] = int(count)
    return found


STAYING = {"events", "conversation_progress", "message_words_progress"}


def counts(store: MindStore) -> dict[str, int]:
    """How many rows each table has at all."""
    return {
        name: int(store.database.fetch(Statement(f"SELECT count(*) FROM {name}"), {})[0][0])
        for name in sorted((KERNEL_TABLES - STAYING) | {"queue"})
    }


def files_of(home: Home, gmid: str) -> list[str]:
    return sorted(
        str(path.relative_to(home.root)) for path in home.root.rglob("*") if gmid in path.name
    )


def test_nothing_of_a_deleted_mind_is_left(store: MindStore) -> None:
    mind = fill(store, "Atlas")
    settle(store, mind)
    originals = store.home.root / "imports" / "originals"
    originals.mkdir(parents=True)
    (originals / f"{mind.gmid}-0123456789abcdef.json").write_text("{}")
    (store.home.minds / f".{mind.gmid}.json.abcdefgh.tmp").write_text("{}")
    assert len(rows_of(store, mind.gmid)) >= 10
    delete_mind(store, mind.gmid)
    assert rows_of(store, mind.gmid) == {}
    assert files_of(store.home, mind.gmid) == []
    assert set(counts(store).values()) == {0}


def test_other_minds_are_as_they_were(store: MindStore) -> None:
    other = fill(store, "Other")
    folder = settle(store, other)
    before = counts(store), rows_of(store, other.gmid)
    mind = fill(store, "Atlas")
    other.relationships.record_interaction(mind.gmid)
    delete_mind(store, mind.gmid)
    assert (counts(store), rows_of(store, other.gmid)) == before
    assert folder.is_dir()
    assert store.indexes.check(other.gmid) == []
    assert len(other.conversation.search_messages("hello")) == 4
    assert Mind.load(other.gmid, store=store).name == "Other"


def test_the_event_log_says_once_that_a_mind_was_deleted(store: MindStore) -> None:
    mind = fill(store, "Atlas", memories=0)
    for _ in range(2):
        delete_mind(store, mind.gmid)
    query = Statement("SELECT count(*) FROM events WHERE type = 'mind.deleted' AND subject = :of")
    assert store.database.fetch(query, {"of": mind.gmid}) == [(1,)]


def test_many_memories_are_deleted_in_steps(
    store: MindStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genesis.minds.deleting._AT_ONCE", 4)
    mind = fill(store, "Atlas", memories=9)
    delete_mind(store, mind.gmid)
    assert rows_of(store, mind.gmid) == {}


def test_what_another_program_writes_meanwhile_is_deleted_too(
    store: MindStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genesis.minds import deleting

    mind = fill(store, "Atlas")
    late = iter(["a late message"])
    cleared = deleting.clear_messages

    def clear_then_write(*arguments: object) -> int:
        count = cleared(*arguments)  # type: ignore[arg-type]
        for text in late:
            mind.conversation.add_message("user", text)
        return count

    monkeypatch.setattr(deleting, "clear_messages", clear_then_write)
    delete_mind(store, mind.gmid)
    assert rows_of(store, mind.gmid) == {}
    assert files_of(store.home, mind.gmid) == []


def test_a_program_that_never_stops_writing_is_told(
    store: MindStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genesis.minds import deleting

    mind = fill(store, "Atlas", memories=0)
    monkeypatch.setattr(
        deleting, "clear_messages", lambda *_: mind.conversation.add_message("user", "again")
    )
    with pytest.raises(StorageError, match=f"goes on writing to the mind {mind.gmid}"):
        delete_mind(store, mind.gmid)
    assert mind.path.exists()


def test_a_mind_without_its_file_is_deleted_too(store: MindStore) -> None:
    mind = fill(store, "Atlas")
    mind.path.unlink()
    delete_mind(store, mind.gmid)
    assert rows_of(store, mind.gmid) == {}


@pytest.mark.parametrize("gmid", ["../genesis", "", "*", "GMD-2026-*"])
def test_what_is_no_gmid_deletes_nothing(store: MindStore, gmid: str) -> None:
    mind = fill(store, "Atlas", memories=0)
    before = counts(store)
    with pytest.raises(UsageError, match="is no GMID"):
        delete_mind(store, gmid)
    assert counts(store) == before
    assert mind.path.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from genesis.home import Home
from genesis.minds.deleting import delete_mind
from genesis.minds.store import shared_store

left = int(sys.argv[3])
store = shared_store(Home(Path(sys.argv[1])))
write, unlink = store.database.writer.write, Path.unlink

def step():
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

def counted_write(operation):
    step()
    return write(operation)

def counted_unlink(path, missing_ok=False):
    step()
    unlink(path, missing_ok)

store.database.writer.write = counted_write
Path.unlink = counted_unlink
delete_mind(store, sys.argv[2])
"""


def test_a_deletion_that_was_killed_at_any_step_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENESIS_PLUGINS", "")
    store = open_home(tmp_path / "template")
    gmid, other = fill(store, "Atlas").gmid, fill(store, "Other").gmid
    left_alone = rows_of(store, other)
    store.close()
    del store
    killed = 0
    for step in range(0, 40, 3):
        home = Home(tmp_path / f"home-{step}")
        shutil.copytree(tmp_path / "template", home.root)
        arguments = [sys.executable, "-c", KILLED, str(home.root), gmid]
        first = subprocess.run([*arguments, str(step)], env=dict(os.environ))
        assert first.returncode in (0, -signal.SIGKILL)
        again = subprocess.run([*arguments, "1000"], capture_output=True, text=True)
        assert again.returncode == 0, again.stderr
        opened = open_home(home.root)
        assert (rows_of(opened, gmid), files_of(home, gmid)) == ({}, [])
        assert rows_of(opened, other) == left_alone
        killed += first.returncode != 0
        if first.returncode == 0:
            break
    assert killed >= 4
