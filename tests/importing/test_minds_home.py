"""A home of genesis-minds, clean and complete."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from genesis.errors import UsageError
from genesis.home import Home
from genesis.importing.report import ImportReport
from genesis.importing.running import import_from
from genesis.minds.concerns import Concerns
from genesis.minds.conversation import ConversationManager
from genesis.minds.deleting import delete_mind
from genesis.minds.mind_file import read_mind_file
from genesis.minds.store import shared_store
from genesis.storage.background_tasks import read_open_tasks, read_task
from genesis.storage.concerns import due_concerns
from genesis.storage.database import Database
from genesis.storage.environments import read_environment

from tests.importing import older
from tests.importing.conftest import Import
from tests.importing.older import ATLAS, NOVA, counted


def counts(report: ImportReport) -> dict[str, tuple[int, int, int, int]]:
    """found, imported, there already, skipped of each kind."""
    return {n: (k.found, k.imported, k.present, k.skipped) for n, k in report.kinds.items()}


EVERYTHING = {
    "mind": (2, 2, 0, 0), "environment": (1, 1, 0, 0), "relationship": (1, 1, 0, 0),
    "message": (6, 6, 0, 0), "concern": (1, 1, 0, 0), "background_task": (2, 2, 0, 0),
}  # fmt: skip


def test_a_home_is_imported_whole(source: Path, run: Import, home: Home) -> None:
    report = run(source)
    assert counts(report) == EVERYTHING
    assert report.faults == []
    assert report.is_complete
    assert counted(home.database, "conversation_messages") == 6
    assert sorted(p.name for p in home.minds.iterdir()) == [f"{ATLAS}.json", f"{NOVA}.json"]


def test_a_second_run_imports_nothing_and_says_so(source: Path, run: Import, home: Home) -> None:
    run(source)
    before = {t: counted(home.database, t) for t in ("conversation_messages", "events", "minds")}
    again = counts(run(source))
    assert again == {k: (found, 0, imported, 0) for k, (found, imported, *_) in EVERYTHING.items()}
    after = {t: counted(home.database, t) for t in ("conversation_messages", "events", "minds")}
    assert after == before


def test_a_copy_of_the_home_elsewhere_is_the_same_home(
    source: Path, run: Import, tmp_path: Path
) -> None:
    run(source)
    moved = source.rename(tmp_path / "elsewhere")
    assert run(moved).imported == 0


def test_what_was_added_there_since_is_imported(source: Path, run: Import, home: Home) -> None:
    run(source)
    older.change(
        source / "genesis.db",
        "INSERT INTO conversation_messages (mind_gmid, role, content, timestamp) "
        "VALUES (?, 'user', 'later', '2026-01-09 10:00:00')", ATLAS,
    )  # fmt: skip
    assert run(source).imported == 1
    assert counted(home.database, "conversation_messages") == 7


def test_a_row_that_changed_there_since_is_named_and_ours_is_kept(
    source: Path, run: Import, home: Home
) -> None:
    run(source)
    older.change(source / "genesis.db", "UPDATE concerns SET status = 'resolved'")
    report = run(source)
    assert report.kinds["concern"].skipped == 1
    assert "says something else" in next(iter(report.kinds["concern"].skipped_because.counts))
    assert counted(home.database, "concerns", "status = 'active'") == 1


def test_programs_find_what_was_imported(source: Path, run: Import, opened: Database) -> None:
    run(source)
    conversation = ConversationManager(ATLAS, opened)
    messages = conversation.get_recent_messages(limit=10, user_email="user@example.org")
    assert [m["content"] for m in messages] == ["message 0", "message 2", "message 4"]
    assert messages[1]["metadata"] == {"n": 2}
    stats = conversation.get_stats()
    assert (stats["total_messages"], stats["user_messages"], stats["assistant_messages"]) == (
        3,
        2,
        1,
    )
    (thread,) = conversation.get_conversation_threads()
    assert (thread["message_count"], thread["last_message_preview"]) == (3, "message 4")
    (concern,) = due_concerns(opened, ATLAS, "2026-02-01T00:00:00.000000Z", 10)
    assert (concern.concern_id, concern.priority) == ("con-1", "high")
    assert concern.metadata == {"urgency": 0.8}
    assert Concerns(ATLAS, opened).get("con-1") == concern
    place = read_environment(opened, ATLAS, "env-1")
    assert place is not None
    assert place.metadata == {
        "shelves": 4,
        "genesis_minds": {"is_shared": 0, "atmosphere": "quiet", "current_inhabitants": []},
    }


def test_an_open_task_is_kept_as_failed_and_never_run(
    source: Path, run: Import, opened: Database, home: Home
) -> None:
    report = run(source)
    task = read_task(opened, ATLAS, "task-open")
    assert task is not None
    assert (task.status, task.metadata["genesis_minds"]) == ("failed", {"status": "running"})
    assert "running in genesis-minds" in str(task.error)
    done = read_task(opened, ATLAS, "task-done")
    assert done is not None
    assert (done.status, done.result) == ("completed", {"poem": "..."})
    assert read_open_tasks(opened, ATLAS, 10) == []
    assert counted(home.database, "queue") == 0
    (reason,) = report.kinds["background_task"].changed_because.counts
    assert reason == "it was running; it is kept as failed, to be given again by hand"


def test_the_local_time_of_messages_and_the_utc_of_minds_become_utc(
    source: Path, run: Import, opened: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setenv("TZ", "Europe/Stockholm")
    time.tzset()
    try:
        run(source)
        (message, *_) = ConversationManager(ATLAS, opened).get_recent_messages()
        assert message["timestamp"] == "2026-01-05T09:00:00.000000Z"
        place = read_environment(opened, ATLAS, "env-1")
        assert place is not None
        assert place.created_at == "2026-01-04T08:31:00.000000Z"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_file_of_a_mind_holds_no_secret_and_keeps_the_sections_of_unknown_plugins(
    source: Path, run: Import, home: Home
) -> None:
    report = run(source)
    assert report.secrets == [
        f"{ATLAS}.json: intelligence.api_keys",
        f"{NOVA}.json: intelligence.api_keys",
    ]
    path = home.minds / f"{ATLAS}.json"
    assert "SECRET" not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    document = read_mind_file(path)
    assert document.plugins["somebodys_own"] == {"kept": True}
    assert document.memory is None
    for file in home.root.rglob("*"):
        assert not file.is_file() or b"SECRET" not in file.read_bytes(), file


def test_a_dry_run_says_the_same_and_writes_nothing(
    source: Path, home: Home, tmp_path: Path
) -> None:
    before = older.state_of(tmp_path)
    report = import_from(source, home, None, dry_run=True)
    assert counts(report) == EVERYTHING
    assert older.state_of(tmp_path) == before
    assert not home.root.exists()


def test_a_dry_run_knows_what_is_there_already(source: Path, run: Import, home: Home) -> None:
    run(source)
    before = older.state_of(home.root)
    assert run(source, dry_run=True).imported == 0
    after = older.state_of(home.root)
    assert {k: v for k, v in after.items() if "shm" not in k} == {
        k: v for k, v in before.items() if "shm" not in k
    }


def test_progress_is_told_with_what_is_there_in_all(source: Path, run: Import) -> None:
    told: list[tuple[str, int, int]] = []
    run(source, progress=lambda what, done, total: told.append((what, done, total)))
    assert (f"{source}/genesis.db: table conversation_messages", 6, 6) in told


def test_one_file_of_a_mind_is_imported_alone(source: Path, run: Import, home: Home) -> None:
    report = run(source / "minds" / f"{ATLAS}.json")
    assert counts(report) == {"mind": (1, 1, 0, 0)}
    assert [p.name for p in home.minds.iterdir()] == [f"{ATLAS}.json"]


def test_a_working_folder_is_searched_for_the_homes_in_it(source: Path, run: Import) -> None:
    assert counts(run(source.parent)) == EVERYTHING


@pytest.mark.parametrize("name", ["nothing", "empty", "text"])
def test_what_is_no_older_home_is_refused(
    name: str, run: Import, home: Home, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "notes.txt").write_text("hello")
    with pytest.raises(UsageError, match="genesis-minds"):
        import_from(tmp_path / name, home, None, dry_run=True)


def test_a_mind_that_lives_here_already_keeps_its_file(
    source: Path, run: Import, home: Home
) -> None:
    run(source)
    path = home.minds / f"{ATLAS}.json"
    changed = json.loads(path.read_text())
    changed["state"]["current_thought"] = "a later one"
    path.write_text(json.dumps(changed))
    assert run(source).kinds["mind"].present == 2
    assert "a later one" in path.read_text()


def test_rows_of_another_mind_with_the_same_gmid_are_not_mixed_with_ours(
    source: Path, run: Import, home: Home, tmp_path: Path
) -> None:
    run(source)
    stranger = older.make_minds_home(tmp_path / "stranger")
    document = older.mind_document(ATLAS, "Somebody else")
    document["identity"]["birth_timestamp"] = "2025-06-06T06:06:06"  # type: ignore[index]
    older.write_mind(stranger, document)
    older.change(
        stranger / "genesis.db",
        "UPDATE conversation_messages SET content = 'of a stranger' WHERE mind_gmid = ?", ATLAS,
    )  # fmt: skip
    report = run(stranger)
    assert report.kinds["mind"].skipped == 1
    assert counted(home.database, "conversation_messages", "content = 'of a stranger'") == 0


def test_a_mind_that_was_deleted_here_can_be_imported_again(
    source: Path, run: Import, opened: Database, home: Home
) -> None:
    run(source)
    ConversationManager(ATLAS, opened).clear_all()
    # Deleted on purpose: messages that were only pruned do not come back.
    assert run(source).kinds["message"].imported == 0
    store = shared_store(home)
    delete_mind(store, ATLAS)
    again = run(source).kinds
    assert (again["mind"].imported, again["message"].imported) == (1, 3)
    assert again["concern"].imported > 0
    assert run(source).kinds["message"].present == 6
