"""Homes as they really are: half-written, twice there, orphaned, damaged. All of it is named."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from genesis.home import Home
from genesis.importing.report import ImportReport
from genesis.minds.mind_file import MOST_BYTES, read_mind_file
from genesis.storage.database import Database

from tests.importing import older
from tests.importing.conftest import Import
from tests.importing.older import ATLAS, LOST, NOVA, add, counted


def reasons(report: ImportReport, kind: str) -> dict[str, int]:
    return dict(report.kinds[kind].skipped_because.counts)


def changes(report: ImportReport, kind: str) -> dict[str, int]:
    return dict(report.kinds[kind].changed_because.counts)


def message(source: Path, **values: object) -> None:
    """One more message of Atlas, as its columns are given."""
    row = {"mind_gmid": ATLAS, "role": "user", "content": "x", "timestamp": "2026-01-06 10:00:00"}
    with closing(sqlite3.connect(source / "genesis.db")) as connection, connection:
        add(connection, "conversation_messages", **{**row, **values})


def test_a_half_written_mind_is_named_with_its_backup_and_neither_is_taken(
    source: Path, run: Import, home: Home
) -> None:
    path = source / "minds" / f"{ATLAS}.json"
    shutil.copy(path, f"{path}.bak")
    path.write_bytes(path.read_bytes()[:400])
    (source / "minds" / f"{NOVA}.json.tmp").write_text('{"identity": ')
    report = run(source)
    (reason,) = reasons(report, "mind")
    assert "cut off" in reason
    assert f"genesis import {path}.bak" in reason
    assert {Path(left.what).name for left in report.left} >= {
        f"{ATLAS}.json.bak", f"{NOVA}.json.tmp",
    }  # fmt: skip
    assert report.kinds["message"].imported == 3
    assert all("cut off" in reason for reason in reasons(report, "message"))
    assert not report.is_complete
    # The way out that the report names.
    assert run(Path(f"{path}.bak")).kinds["mind"].imported == 1
    assert run(source).kinds["message"].imported == 3
    assert counted(home.database, "conversation_messages") == 6


def test_rows_of_deleted_and_unknown_minds_are_counted_and_not_taken(
    source: Path, run: Import, home: Home
) -> None:
    older.change(source / "genesis.db", "INSERT INTO minds (gmid, name) VALUES (?, 'Gone')", LOST)
    message(source, mind_gmid=LOST)
    message(source, mind_gmid="../../etc/passwd")
    message(source, mind_gmid=None)
    report = run(source)
    assert reasons(report, "mind") == {
        "it has no file in minds/ that can be read: it was deleted there, or its file is lost": 1
    }
    assert report.kinds["message"].found == 9
    assert sorted(reasons(report, "message").values()) == [1, 1, 1]
    assert counted(home.database, "conversation_messages") == 6


def test_an_unknown_role_is_skipped_with_its_name(source: Path, run: Import, home: Home) -> None:
    for role in ("banana", None, ""):
        message(source, role=role)
    report = run(source)
    assert reasons(report, "message") == {
        "role 'banana' is unknown; known are assistant, system, user": 1,
        "role is missing": 1, "role is empty": 1,
    }  # fmt: skip
    assert report.kinds["message"].skipped_because.samples["role is missing"] == ["8"]


def test_every_form_of_time_becomes_the_same_moment(
    source: Path, run: Import, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: list[object] = [
        1767693600, 1767693600.0, 1767693600000, "1767693600", "1767693600000",
        "2026-01-06T10:00:00Z", "2026-01-06T11:00:00+01:00", "2026-01-06 11:00:00.000000+01:00",
    ]  # fmt: skip
    for moment in times:
        message(source, timestamp=moment)
    run(source)
    where = "timestamp = '2026-01-06T10:00:00.000000Z'"
    assert counted(home.database, "conversation_messages", where) == len(times)


def test_a_time_that_is_none_takes_the_place_after_the_message_before(
    source: Path, run: Import, home: Home
) -> None:
    message(source, content="before", timestamp="2026-01-06T10:00:00Z")
    message(source, content="between", timestamp="soon")
    message(source, content="nothing", timestamp=None)
    report = run(source)
    assert changes(report, "message") == {
        "timestamp 'soon' is no time": 1,
        "timestamp is missing; that of the message before is used": 2,
    }
    where = "timestamp = '2026-01-06T10:00:00.000000Z'"
    assert counted(home.database, "conversation_messages", where) == 3


def test_text_that_is_none_is_replaced_and_named(source: Path, run: Import, home: Home) -> None:
    older.change(
        source / "genesis.db",
        "INSERT INTO conversation_messages (mind_gmid, role, content, timestamp) "
        "VALUES (?, 'user', CAST(X'6772FCDF65' AS TEXT), '2026-01-06 10:00:00')", ATLAS,
    )  # fmt: skip
    message(source, content="a\0b")
    message(source, content=None)
    message(source, content=b"bytes \xe2\x82\xac")
    report = run(source)
    assert reasons(report, "message") == {"content is missing": 1}
    changed = "content held bytes that are no text; U+FFFD is in their place"
    assert changes(report, "message") == {changed: 2}
    for text in ("gr\ufffd\ufffde", "a\ufffdb", "bytes €"):
        assert counted(home.database, "conversation_messages", f"content = '{text}'") == 1


def test_invalid_json_is_kept_as_text(source: Path, run: Import, opened: Database) -> None:
    message(source, content="broken", extra_data='{"half": ')
    message(source, content="nan", extra_data='{"n": NaN}')
    message(source, content="list", extra_data="[1, 2]")
    report = run(source)
    assert changes(report, "message") == {"extra_data is not valid JSON; kept as text": 2}
    with closing(sqlite3.connect(opened.path)) as connection:
        found = dict(
            connection.execute(
                "SELECT content, extra_data FROM conversation_messages WHERE content IN "
                "('broken', 'nan', 'list')"
            ).fetchall()
        )
    assert {k: json.loads(v) for k, v in found.items()} == {
        "broken": {"value": '{"half": '}, "nan": {"value": '{"n": NaN}'}, "list": {"value": [1, 2]},
    }  # fmt: skip


def test_a_message_of_ten_megabytes_stays_whole(source: Path, run: Import, home: Home) -> None:
    message(source, content="x" * 10_000_000)
    run(source)
    assert counted(home.database, "conversation_messages", "length(content) = 10000000") == 1


def test_ids_that_occur_twice_are_taken_once(source: Path, run: Import, home: Home) -> None:
    with closing(sqlite3.connect(source / "genesis.db")) as connection, connection:
        add(connection, "relationships", from_gmid=ATLAS, to_gmid=NOVA, closeness=0.9,
            relationship_type="rival")  # fmt: skip
    report = run(source)
    assert report.kinds["relationship"].imported == 1
    assert report.kinds["relationship"].skipped == 1
    assert counted(home.database, "relationships", "relationship_type = 'friend'") == 1


def test_values_out_of_bounds_are_brought_inside_and_named(
    source: Path, run: Import, home: Home
) -> None:
    with closing(sqlite3.connect(source / "genesis.db")) as connection, connection:
        add(connection, "concerns", concern_id="con-2", mind_gmid=ATLAS, concern_type="My Type!",
            content="c", status="snoozed", confidence=7.5, priority="urgent",
            created_at="2026-01-05 10:00:00", check_count="many")  # fmt: skip
    report = run(source)
    assert set(changes(report, "concern")) == {
        "concern_type 'My Type!' is written 'my_type'",
        "status 'snoozed' is unknown; 'active' is used",
        "confidence 7.5 lies outside of 0 to 1",
        "priority 'urgent' is unknown; 'medium' is used",
        "check_count 'many' is no number",
    }
    assert counted(home.database, "concerns", "concern_type = 'my_type' AND confidence = 1") == 1


def test_tables_without_a_place_are_named_with_their_rows(source: Path, run: Import) -> None:
    report = run(source)
    named = {left.what.rpartition(" ")[2]: left.rows for left in report.left}
    assert named == {"metaverse_state": 1}


def test_two_files_of_one_mind_are_taken_once(source: Path, run: Import) -> None:
    older.write_mind(source, older.mind_document(ATLAS, "Atlas"), "A copy of Atlas.json")
    report = run(source)
    assert report.kinds["mind"].imported == 2
    assert reasons(report, "mind") == {f"{ATLAS}.json holds the same mind {ATLAS}": 1}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is empty"),
        (b"[1, 2]", "not an object"),
        (b'{"hello": 1}', "no identity"),
        ('{"identity": {"gmid": "x"}}'.encode("utf-16"), "not UTF-8"),
        (b'{"identity": {"gmid": "gr\xfc\xdfe"}}', "not UTF-8"),
        (b'{"identity": {"gmid": "../../x", "name": "n"}}', "no GMID"),
        (b'{"identity": {"gmid": "GMID-00000001"}}', "identity.name"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_mind_is_named_with_the_reason(
    source: Path, run: Import, content: bytes, told: str
) -> None:
    (source / "minds" / "GMID-00000001.json").write_bytes(content)
    report = run(source)
    (reason,) = reasons(report, "mind")
    assert told in reason
    assert report.kinds["mind"].imported == 2


def test_links_are_named_and_never_followed(
    source: Path, run: Import, home: Home, tmp_path: Path
) -> None:
    secret = older.write_mind(tmp_path / "elsewhere", older.mind_document(LOST, "Elsewhere"))
    (source / "minds" / f"{LOST}.json").symlink_to(secret)
    (source / "minds" / "nowhere.json").symlink_to(tmp_path / "nowhere")
    os.mkfifo(source / "minds" / "pipe.json")
    report = run(source)
    told = {Path(left.what).name: left.reason for left in report.left}
    assert "symbolic link" in told[f"{LOST}.json"]
    assert "symbolic link" in told["nowhere.json"]
    assert "neither a file" in told["pipe.json"]
    assert not (home.minds / f"{LOST}.json").exists()


def test_a_database_in_wal_mode_is_read_with_what_is_only_in_its_log(
    source: Path, run: Import, home: Home
) -> None:
    database = source / "genesis.db"
    code = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute('PRAGMA journal_mode=WAL'); c.execute('PRAGMA wal_autocheckpoint=0');"
        "c.execute(\"UPDATE conversation_messages SET content = 'from the log'\"); c.commit();"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(database)], check=True)
    assert (source / "genesis.db-wal").stat().st_size > 0
    run(source)
    assert counted(home.database, "conversation_messages", "content = 'from the log'") == 6


def test_a_database_in_wal_mode_gets_no_files_beside_it(source: Path, run: Import) -> None:
    with closing(sqlite3.connect(source / "genesis.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    assert sorted(path.name for path in source.iterdir()) == ["genesis.db", "minds"]
    assert run(source).kinds["message"].imported == 6


def test_a_transaction_that_was_never_finished_is_not_imported(
    source: Path, run: Import, home: Home
) -> None:
    code = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute('PRAGMA cache_size=1'); c.execute('PRAGMA cache_spill=1');"
        "c.execute(\"UPDATE conversation_messages SET content = 'half' || hex(zeroblob(9000))\");"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(source / "genesis.db")], check=True)
    assert (source / "genesis.db-journal").stat().st_size > 0
    run(source)
    assert counted(home.database, "conversation_messages", "content LIKE 'message %'") == 6


def test_a_locked_database_is_read_as_it_was_before(source: Path, run: Import, home: Home) -> None:
    with closing(sqlite3.connect(source / "genesis.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert run(source).kinds["message"].imported == 6
        other.execute("ROLLBACK")


def test_a_damaged_database_is_named_and_the_rest_goes_on(
    source: Path, run: Import, with_memories: Path, home: Home
) -> None:
    database = source / "genesis.db"
    database.write_bytes(database.read_bytes()[:100] + b"\x13" * 4096)
    report = run(source)
    assert any("genesis.db" in fault and "recover" in fault for fault in report.faults)
    assert report.kinds["mind"].imported == 2
    assert report.kinds["memory"].imported == 4
    assert not report.is_complete


def test_a_page_damaged_in_the_middle_costs_no_row_before_it(
    tmp_path: Path, run: Import, home: Home
) -> None:
    source = older.make_minds_home(tmp_path / "large", messages=2000)
    database = source / "genesis.db"
    with closing(sqlite3.connect(database)) as connection:
        ((page,),) = connection.execute(
            "SELECT pageno FROM dbstat WHERE name = 'conversation_messages' AND pagetype = 'leaf' "
            "ORDER BY path LIMIT 1 OFFSET 10"
        ) if _has_dbstat(connection) else [(30,)]  # fmt: skip
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    data = bytearray(database.read_bytes())
    data[(page - 1) * size : page * size] = b"\xff" * size
    database.write_bytes(data)
    report = run(source)
    taken = counted(home.database, "conversation_messages")
    assert 0 < taken < 2000
    assert report.kinds["message"].imported == taken
    assert any("damaged" in fault for fault in report.faults)


def _has_dbstat(connection: sqlite3.Connection) -> bool:
    options = {row[0] for row in connection.execute("PRAGMA compile_options")}
    return "ENABLE_DBSTAT_VTAB" in options


def test_a_section_too_large_for_a_minds_file_waits_beside_it(
    source: Path, run: Import, home: Home
) -> None:
    document = older.mind_document(ATLAS, "Atlas")
    events = [{"id": n, "text": "x" * 200} for n in range(300)]
    document["plugins"] = {"events": {"events": events}, "tasks": {"open": [1]}}
    older.write_mind(source, document)
    report = run(source)
    (change,) = changes(report, "mind")
    assert f"it waits in {ATLAS}.events.json" in change
    path = home.minds / f"{ATLAS}.json"
    assert path.stat().st_size <= MOST_BYTES
    assert read_mind_file(path).plugins == {"tasks": {"open": [1]}}
    waiting = home.root / "imports" / "waiting" / f"{ATLAS}.events.json"
    assert json.loads(waiting.read_text()) == {"events": {"events": events}}


def test_every_row_that_is_not_taken_stands_in_the_row_log(
    source: Path, run: Import, home: Home
) -> None:
    older.change(
        source / "genesis.db",
        "INSERT INTO conversation_messages (mind_gmid, role, content, timestamp) "
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700) "
        "SELECT ?, 'banana', i, '2026-01-06 10:00:00' FROM n", ATLAS,
    )  # fmt: skip
    report = run(source)
    assert report.row_log is not None
    lines = [json.loads(line) for line in report.row_log.read_text().splitlines()]
    skipped = [line for line in lines if line["state"] == "skipped"]
    assert len(skipped) == 700 == report.kinds["message"].skipped
    assert {line["reason"] for line in skipped} == {
        "role 'banana' is unknown; known are assistant, system, user"
    }
    assert len({line["id"] for line in skipped}) == 700


def test_rows_that_the_reader_loses_are_an_error(
    source: Path, run: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genesis.importing.sources import tables

    def lossy(connection: sqlite3.Connection, table: str) -> object:
        rows = list(rows_of(connection, table))
        return iter(rows[:-1])

    rows_of = tables.rows_of
    monkeypatch.setattr(tables, "rows_of", lossy)
    report = run(source)
    assert "6 rows are there, and what became of 5 is known" in " ".join(report.faults)
    assert not report.is_complete


def test_a_file_larger_than_any_mind_is_named_and_not_read(
    source: Path, run: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genesis.importing.sources import mind_files

    monkeypatch.setattr(mind_files, "MOST_BYTES", 1000)
    told = reasons(run(source), "mind")
    assert len(told) == 2
    assert all("more than any mind's file should have" in reason for reason in told)
