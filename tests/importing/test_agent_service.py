"""be-agents-service: what the kernel owns becomes rows, what plugins own waits."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from genesis.clock import utc_now
from genesis.home import Home
from genesis.importing.sources.agent_service import WAITING_PLUGINS
from genesis.importing.waiting import list_waiting, read_waiting, waiting_folder
from genesis.storage.database import Database
from genesis.storage.records import open_sessions, read_session, read_tasks

from tests.importing import older
from tests.importing.conftest import Import
from tests.importing.older import SERVICE_TABLES, add, counted


@pytest.fixture
def service(tmp_path: Path) -> Path:
    return older.make_service(tmp_path / "service" / ".compound-state")


def test_the_fixture_has_the_tables_of_the_original() -> None:
    assert len(SERVICE_TABLES) == 23
    assert set(WAITING_PLUGINS) | {"teams", "agents", "sessions", "tasks", "repositories"} == set(
        SERVICE_TABLES
    )


def test_what_the_kernel_owns_is_imported_and_the_rest_waits(
    service: Path, run: Import, home: Home
) -> None:
    report = run(service)
    got = {name: (k.found, k.imported, k.skipped) for name, k in report.kinds.items()}
    assert got == {
        "team": (2, 2, 0), "agent": (4, 4, 0), "repository": (1, 1, 0), "session": (2, 2, 0),
        "task": (2, 2, 0), "session_folder": (1, 1, 0), "waiting: metrics": (3, 3, 0),
        "waiting: leads": (3, 3, 0), "waiting: xp_transactions": (3, 3, 0),
        "waiting: agent_levels": (1, 1, 0),
    }  # fmt: skip
    assert report.is_complete
    waiting = {t.table: (t.plugin, t.rows) for t in list_waiting(home)}
    assert waiting == {
        "agent_levels": ("gamification", 1), "leads": ("marketing", 3),
        "metrics": ("learning", 3), "xp_transactions": ("gamification", 3),
    }  # fmt: skip
    assert list(read_waiting(home, "agent_levels")) == [
        {"agent_id": "agent-1", "level": 3, "total_xp": 300}
    ]
    folder = home.session_folder("session-20260208-232600")
    assert json.loads((folder / "orchestrator.json").read_text())["status"] == "completed"
    again = run(service)
    assert again.imported == 0
    assert sum(kind.present for kind in again.kinds.values()) == report.imported


def test_programs_read_imported_sessions_and_nobody_takes_them_up(
    service: Path, run: Import, opened: Database, home: Home
) -> None:
    run(service)
    with opened.read() as connection:
        assert open_sessions(connection) == []
        done = read_session(connection, "session-1770592000")
        was_open = read_session(connection, "session-1770592001")
        (task,) = read_tasks(connection, was_open.id)
    assert (done.status, done.duration_seconds) == ("completed", 840.0)
    assert done.started_at == "2026-02-08T23:26:00.000000Z"
    assert (was_open.status, was_open.exit_code) == ("failed", 0)
    assert "in_progress in be-agents-service" in was_open.reason
    assert (task.status, task.attempt) == ("failed", 2)
    assert task.started_at == "2026-02-08T23:06:40.001000Z"
    assert counted(home.database, "queue") == 0


def test_a_team_that_is_here_is_the_same_team_and_a_name_that_is_taken_gets_its_id(
    service: Path, run: Import, home: Home
) -> None:
    now = utc_now()
    with closing(sqlite3.connect(home.database)) as connection, connection:
        add(connection, "teams", id="engineering", name="Engineering", domain="ours",
            description="", created_at=now, updated_at=now)  # fmt: skip
        add(connection, "teams", id="growth", name="Marketing", domain="ours", description="",
            created_at=now, updated_at=now)  # fmt: skip
    report = run(service)
    assert (report.kinds["team"].imported, report.kinds["team"].present) == (1, 1)
    assert counted(home.database, "teams", "name = 'Marketing (marketing)'") == 1
    assert counted(home.database, "teams", "domain = 'ours'") == 2


def test_rows_that_refer_to_nothing_are_named(service: Path, run: Import, home: Home) -> None:
    with closing(sqlite3.connect(service / "agent-service.db")) as connection, connection:
        add(connection, "tasks", id="t-1", session_id="session-gone", agent_id="agent-1")
        add(connection, "tasks", id="t-2", session_id="session-1770592000", agent_id="nobody")
        add(connection, "tasks", id="t-3", session_id="session-1770592000")
        add(connection, "sessions", id="s-1", team_id="nobody", started_at=1770592000)
    report = run(service)
    assert dict(report.kinds["task"].skipped_because.counts) == {
        "its session_id session-gone is not here": 1, "its agent_id nobody is not here": 1,
        "agent_id is missing": 1,
    }  # fmt: skip
    assert dict(report.kinds["session"].skipped_because.counts) == {
        "its team_id nobody is not here": 1
    }


def test_a_line_that_was_half_written_when_the_process_died_is_written_again(
    service: Path, run: Import, home: Home
) -> None:
    run(service)
    path = waiting_folder(home) / "metrics.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1][:20])
    report = run(service)
    assert (report.kinds["waiting: metrics"].imported, report.imported) == (2, 2)
    assert path.read_bytes().splitlines(keepends=True) == lines


def test_a_session_folder_that_is_there_is_kept(service: Path, run: Import, home: Home) -> None:
    folder = home.session_folder("session-20260208-232600")
    folder.mkdir(parents=True)
    (folder / "orchestrator.json").write_text("ours")
    report = run(service)
    assert report.kinds["session_folder"].skipped == 1
    assert (folder / "orchestrator.json").read_text() == "ours"


def test_links_in_a_session_folder_are_named_and_not_followed(
    service: Path, run: Import, home: Home, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    (service / "session-20260208-232600" / "link.json").symlink_to(tmp_path / "secret")
    report = run(service)
    assert any(left.what.endswith("link.json") for left in report.left)
    copied = home.session_folder("session-20260208-232600")
    assert sorted(path.name for path in copied.iterdir()) == [
        "orchestrator.json", "verification.json",
    ]  # fmt: skip
    assert [p.name for p in copied.parent.iterdir()] == [copied.name]


def test_both_older_systems_in_one_working_folder_are_imported_together(
    service: Path, run: Import, home: Home
) -> None:
    older.make_minds_home(service.parent / ".genesis")
    report = run(service.parent)
    assert (report.kinds["message"].imported, report.kinds["task"].imported) == (6, 2)
