"""Verifying a home: each kind of damage is found, named, mended if it can be, and then gone."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from genesis import Mind
from genesis.errors import StorageError
from genesis.home import Home
from genesis.minds.store import MindStore
from genesis.minds.verify import find_problems
from genesis.storage.index_files import FolderLock

from tests.minds.homes import fill, open_home, settle, wait_closed


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with one mind whose index is complete and closed; it is only copied."""
    root = tmp_path_factory.mktemp("verified") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENESIS_PLUGINS", "")
        store = open_home(root)
        mind = fill(store, "Atlas")
        folder = settle(store, mind)
        store.close()
        wait_closed(folder)
        gmid = mind.gmid
        del mind, store
    return root, gmid


@pytest.fixture
def home(template: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("GENESIS_PLUGINS", "")
    shutil.copytree(template[0], tmp_path / "home")
    return Home(tmp_path / "home")


@pytest.fixture
def gmid(template: tuple[Path, str]) -> str:
    return template[1]


class Found(NamedTuple):
    """A problem, without the store that would mend it."""

    what: str
    message: str
    can_be_mended: bool


def look(home: Home) -> list[Found]:
    """What is found by a process that has nothing open yet."""
    store = open_home(home.root)
    try:
        return [Found(p.what, p.message, p.mend is not None) for p in find_problems(store)]
    finally:
        store.close()


def mend(home: Home) -> list[str]:
    """Mend what can be mended; gives what was found."""
    store = open_home(home.root)
    told = []
    try:
        for problem in find_problems(store):
            told.append(problem.message)
            if problem.mend is not None:
                problem.mend()
    finally:
        store.close()
    return told


def change(home: Home, *statements: str) -> None:
    """Change the database behind everybody's back."""
    with closing(sqlite3.connect(home.database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_a_home_in_order_has_no_problems(home: Home) -> None:
    assert look(home) == []


def test_a_home_in_use_has_no_problems(home: Home, gmid: str) -> None:
    store: MindStore = open_home(home.root)
    mind = Mind.load(gmid, store=store)
    mind.conversation.add_message("user", "not in the index of words yet")
    mind.memory.add_memory(
        "not in the index of vectors yet", embedding=[1.0] * 256, embedder="tests"
    )
    mind.background.submit("not done yet")
    assert list(find_problems(store)) == []


INJECTED = {
    "a counter": ("UPDATE conversation_threads SET user_messages = user_messages + 1", "counters"),
    "the last message": ("UPDATE conversation_threads SET last_message_id = 1", "counters"),
    "the last time": (
        "UPDATE conversation_threads SET last_message_time = '2020-01-01T00:00:00.000000Z'",
        "counters",
    ),
    "a thread that is gone": ("DELETE FROM conversation_threads", "counters"),
    "a thread too many": (
        "INSERT INTO conversation_threads SELECT mind_gmid, 'eve', '', 1, 1, 0, 0, 0, 1, "
        "'2020-01-01T00:00:00.000000Z' FROM conversation_threads LIMIT 1",
        "counters",
    ),
    "words overwritten": ("UPDATE message_words_data SET block = x'00' WHERE id > 10", "full-text"),
    "words removed": ("DELETE FROM message_words_data WHERE id > 10", "full-text"),
    "words without a head": ("DELETE FROM message_words_data WHERE id <= 10", "full-text"),
    "words of a message": ("DELETE FROM message_words_docsize WHERE id = 1", "full-text"),
    "words said to be fed": ("UPDATE message_words_progress SET message_id = 0", "full-text"),
    "no word fed": ("DELETE FROM message_words_progress", "full-text"),
    "work of nobody": (
        "INSERT INTO queue (lane, item, priority, run_at, attempt, status) "
        "VALUES ('background:now:request', 'task-gone', 0, '', 0, 'ready')",
        "the queue holds task-gone",
    ),
    "work of an ended task": (
        "INSERT INTO queue (lane, item, priority, run_at, attempt, status) SELECT "
        "'background:now:request', task_id, 0, '', 0, 'ready' FROM background_tasks "
        "WHERE completed_at IS NOT NULL",
        "which is no open background task",
    ),
    "a task that nobody would do": ("DELETE FROM queue", "is open and not in the queue"),
}  # fmt: skip


@pytest.mark.parametrize("kind", INJECTED)
def test_damage_in_the_database_is_named_and_mended_from_other_rows(home: Home, kind: str) -> None:
    statement, word = INJECTED[kind]
    change(home, statement)
    (problem,) = look(home)
    assert word in problem.message
    assert mend(home) == [problem.message]
    assert look(home) == []


def test_after_mending_the_words_a_search_finds_all_of_them_again(home: Home, gmid: str) -> None:
    change(
        home, "DELETE FROM message_words_data", "UPDATE message_words_progress SET message_id = 2"
    )
    mend(home)
    mind = Mind.load(gmid, store=open_home(home.root))
    assert len(mind.conversation.search_messages("hello")) == 4
    mind.conversation.clear_all()
    assert mind.conversation.search_messages("hello") == []


def test_after_mending_the_counters_they_are_those_of_the_messages(home: Home, gmid: str) -> None:
    def told() -> object:
        talk = Mind.load(gmid, store=open_home(home.root)).conversation
        return talk.get_stats(), talk.get_conversation_threads()

    before = told()
    change(home, "UPDATE conversation_threads SET message_count = 99, last_message_id = 1")
    assert told() != before
    mend(home)
    assert told() == before


@pytest.mark.parametrize("run_at", [None, "2999-01-01T00:00:00.000000Z"])
def test_a_task_that_was_lost_from_the_queue_is_done_after_mending(
    home: Home, gmid: str, run_at: str | None
) -> None:
    when = "NULL" if run_at is None else f"'{run_at}'"
    change(home, "DELETE FROM queue",
           f"UPDATE background_tasks SET status = 'running', run_at = {when}, priority = 7 "
           "WHERE completed_at IS NULL")  # fmt: skip
    mend(home)
    store = open_home(home.root)
    (task,) = Mind.load(gmid, store=store).background.get_active_tasks()
    assert task.status == "pending"
    done: list[str] = []
    store.handlers.register("request", lambda context: done.append(context.task_id))
    store.background_runner(1).run_until_idle()
    assert done == ([task.task_id] if run_at is None else [])
    with closing(sqlite3.connect(home.database)) as connection:
        queued = connection.execute("SELECT lane, priority, run_at FROM queue").fetchall()
    assert queued == ([] if run_at is None else [("background:later:request", 7, run_at)])


def test_a_row_that_refers_to_nothing_is_named_and_left_to_a_person(home: Home) -> None:
    change(home, "UPDATE conversation_messages SET mind_gmid = 'GMD-2026-0000-0000' WHERE id = 1")
    problems = [problem for problem in look(home) if problem.what == "database"]
    assert "row 1 of conversation_messages" in problems[0].message
    assert not problems[0].can_be_mended


def test_a_damaged_database_is_named_with_the_way_out(home: Home) -> None:
    with closing(sqlite3.connect(home.database)) as connection:
        ((page, size),) = connection.execute(
            "SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_master "
            "WHERE name = 'ix_messages_time'"
        )
    with home.database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)
    (problem,) = look(home)
    assert str(home.database) in problem.message
    assert "Restore a backup" in problem.message
    assert not problem.can_be_mended


# --- mind files ---------------------------------------------------------------------------------


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def rename(path: Path) -> None:
    path.rename(path.with_name("GMD-2026-0000-0000.json"))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(truncate, ["cannot be used"]), (Path.unlink, ["has no file", "genesis minds delete"]),
     (rename, ["rename it", "has no file"])],
)  # fmt: skip
def test_a_mind_file_that_cannot_be_used_is_named_and_left_to_a_person(
    home: Home, gmid: str, spoil: Callable[[Path], None], words: list[str]
) -> None:
    spoil(home.minds / f"{gmid}.json")
    problems = look(home)
    told = " ".join(problem.message for problem in problems)
    assert all(word in told for word in [*words, gmid])
    assert {(problem.what, problem.can_be_mended) for problem in problems} == {("minds", False)}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o700])
def test_a_mind_file_that_others_can_read_is_named_and_mended(
    home: Home, gmid: str, mode: int
) -> None:
    path = home.minds / f"{gmid}.json"
    path.chmod(mode)
    (problem,) = look(home)
    assert str(path) in problem.message
    mend(home)
    assert path.stat().st_mode & 0o777 == 0o600
    assert look(home) == []


def test_a_mind_file_that_was_put_here_is_named(home: Home, gmid: str) -> None:
    new = "GMD-2026-0000-0000"
    text = (home.minds / f"{gmid}.json").read_text().replace(gmid, new)
    path = home.minds / f"{new}.json"
    path.touch(mode=0o600)
    path.write_text(text)
    (problem,) = look(home)
    assert f"genesis minds show {new}" in problem.message
    Mind.load(new, store=open_home(home.root))
    assert look(home) == []


# --- vector indexes -----------------------------------------------------------------------------


def a_file(folder: Path) -> Path:
    return min(folder.rglob("data_level0.bin"))


def cut_a_file(folder: Path) -> None:
    path = a_file(folder)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite_a_file(folder: Path) -> None:
    (folder / "chroma.sqlite3").write_text("This is a diary.")


def remove_the_marker(folder: Path) -> None:
    (folder / "index.json").unlink()


def remove_a_file(folder: Path) -> None:
    a_file(folder).unlink()


@pytest.mark.parametrize(
    "spoil", [shutil.rmtree, cut_a_file, overwrite_a_file, remove_a_file, remove_the_marker]
)
def test_a_damaged_index_is_named_and_made_anew_from_the_record(
    home: Home, gmid: str, spoil: Callable[[Path], None]
) -> None:
    folder = home.indexes / gmid
    spoil(folder)
    for _ in range(2):  # to look changes nothing
        (problem,) = look(home)
        assert problem.what == "indexes"
        assert str(folder) in problem.message
    mend(home)
    assert look(home) == []
    store = open_home(home.root)
    assert store.indexes.check(gmid) == []


def test_an_index_that_lacks_a_memory_is_named_and_made_anew(home: Home, gmid: str) -> None:
    change(home, "UPDATE memory_vectors SET vector = zeroblob(length(vector)) WHERE memory = 2")
    change(home, "UPDATE memories SET archived_at = created_at WHERE id = 1")
    (problem,) = look(home)
    assert "1 memories are not of the record" in problem.message
    assert "with another vector" in problem.message
    change(home, "UPDATE memory_vectors SET vector = (SELECT vector FROM memory_vectors "
                 "WHERE memory = 3) WHERE memory = 2")  # fmt: skip
    mend(home)
    assert look(home) == []


def test_an_index_that_was_never_built_is_no_problem(home: Home, gmid: str) -> None:
    """A process that ended at once leaves it to the next one."""
    shutil.rmtree(home.indexes)
    change(home, "INSERT INTO memory_changes (mind_gmid, memory, memory_id) "
                 "SELECT mind_gmid, id, memory_id FROM memories")  # fmt: skip
    assert look(home) == []
    assert (home.indexes / gmid).is_dir()


def test_the_index_of_a_mind_that_is_gone_is_named_and_removed(home: Home, gmid: str) -> None:
    orphan = home.indexes / "GMD-2026-0000-0000"
    shutil.copytree(home.indexes / gmid, orphan)
    (problem,) = look(home)
    assert f"{orphan} is the index of a mind that is gone" in problem.message
    mend(home)
    assert not orphan.exists()
    assert look(home) == []


def test_an_index_in_use_is_not_removed(home: Home, gmid: str) -> None:
    orphan = home.indexes / "GMD-2026-0000-0000"
    shutil.copytree(home.indexes / gmid, orphan)
    lock = FolderLock.take(orphan.with_name(f"{orphan.name}.lock"))
    assert lock is not None
    with pytest.raises(StorageError, match="has it open"):
        mend(home)
    assert orphan.exists()
    lock.release()


@pytest.mark.parametrize("name", ["GMD-2026-0000-0000", "notes"])
def test_a_folder_that_is_not_ours_is_never_removed(home: Home, name: str) -> None:
    """In homes of the older program, such a folder holds the only copy of all memories."""
    theirs = home.indexes / name
    theirs.mkdir()
    (theirs / "chroma.sqlite3").write_text("precious")
    told = mend(home)
    assert told == [problem.message for problem in look(home)]
    assert str(theirs) in told[0]
    assert (theirs / "chroma.sqlite3").read_text() == "precious"
