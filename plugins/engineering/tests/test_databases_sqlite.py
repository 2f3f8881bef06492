"""The repository's own SQLite files: damaged, inconsistent, wasteful, or made to do harm."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from genesis_engineering.databases import sqlite_probe

from plugins.engineering.tests.databases import check, found, make_repository, told


def database(folder: Path, *statements: str, rows: Iterable[int] = ()) -> bytes:
    """The bytes of a database that these statements make; `?` is run for each of `rows`."""
    path = folder / "made.sqlite"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            if "?" in statement:
                connection.executemany(statement, [(row,) for row in rows])
            else:
                connection.execute(statement)
        connection.commit()
    return path.read_bytes()


_PARENT = "CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT)"
_CHILD = "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INT REFERENCES parent (id))"
_INDEX = "CREATE INDEX child_parent ON child (parent_id)"


def review(folder: Path, data: bytes, path: str = "data/app.db") -> list[tuple[str, str]]:
    findings = found("sqlite-files", folder, {path: data})
    return [(one.severity.value, one.rule) for one in findings]


def test_a_whole_database_is_no_finding(tmp_path: Path) -> None:
    data = database(tmp_path, _PARENT, _CHILD, _INDEX, "INSERT INTO parent VALUES (1, 'a')",
                    "INSERT INTO child VALUES (1, 1), (2, NULL)")  # fmt: skip
    assert review(tmp_path, data) == []


def test_a_page_that_was_overwritten_is_high_and_low_in_a_test(tmp_path: Path) -> None:
    whole = database(tmp_path, _PARENT, "INSERT INTO parent (name) VALUES (?)", rows=range(2000))
    broken = whole[:8192] + b"\x5a" * 2048 + whole[10240:]
    assert review(tmp_path / "a", broken) == [("high", "sqlite-damaged")]
    assert review(tmp_path / "b", broken, "tests/data/app.db") == [("low", "sqlite-damaged")]


def test_a_file_that_was_cut_off_is_high(tmp_path: Path) -> None:
    whole = database(tmp_path, _PARENT, "INSERT INTO parent (name) VALUES (?)", rows=range(2000))
    assert review(tmp_path, whole[: len(whole) // 2]) == [("high", "sqlite-damaged")]


def test_an_index_that_lacks_a_row_is_damage(tmp_path: Path) -> None:
    data = database(
        tmp_path, _PARENT, "INSERT INTO parent VALUES (1, 'a')", "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_master SELECT 'index', 'i', 'parent', 3, 'CREATE INDEX i ON parent "
        "(name)'", "CREATE TABLE spare (a)", "CREATE INDEX spare_a ON spare (a)",
    )  # fmt: skip
    assert ("high", "sqlite-damaged") in review(tmp_path, data)


def test_rows_that_break_a_constraint_are_medium(tmp_path: Path) -> None:
    data = database(
        tmp_path, "CREATE TABLE a (b INT)", "INSERT INTO a VALUES (NULL)",
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = 'CREATE TABLE a (b INT NOT NULL)'",
    )  # fmt: skip
    findings = found("sqlite-files", tmp_path, {"a.db": data})
    assert [(one.severity, one.rule) for one in findings] == [("medium", "sqlite-constraint")]
    assert "NULL value in a.b" in findings[0].message


def test_rows_that_point_to_nothing_are_counted(tmp_path: Path) -> None:
    data = database(tmp_path, _PARENT, _CHILD, _INDEX,
                    "INSERT INTO child (parent_id) VALUES (?)", rows=range(7))  # fmt: skip
    (finding,) = found("sqlite-files", tmp_path, {"a.db": data})
    assert (finding.severity, finding.rule) == ("medium", "foreign-key-violated")
    assert finding.message == "7 rows of child point to a row of parent that is not there."
    assert finding.check == "sqlite3 -readonly a.db 'PRAGMA foreign_key_check(child)'"


def test_a_key_to_a_table_that_is_not_there_is_told_once(tmp_path: Path) -> None:
    data = database(tmp_path, _CHILD, _INDEX, "INSERT INTO child VALUES (1, 1)")
    assert review(tmp_path, data) == [("medium", "foreign-key-to-nothing")]


def test_a_key_to_a_column_that_is_not_unique_can_never_hold(tmp_path: Path) -> None:
    data = database(tmp_path, _PARENT, "CREATE TABLE c (n TEXT REFERENCES parent (name))",
                    "CREATE INDEX i ON c (n)", "INSERT INTO c VALUES ('a')")  # fmt: skip
    assert review(tmp_path, data) == [("medium", "foreign-key-to-nothing")]


@pytest.mark.parametrize(
    "indexes",
    [
        ["CREATE INDEX a ON parent (name)", "CREATE INDEX b ON parent (name, id)"],
        ["CREATE INDEX a ON parent (name)", "CREATE INDEX b ON parent (name)"],
        ["CREATE UNIQUE INDEX a ON parent (name)", "CREATE INDEX b ON parent (name)"],
        ["CREATE INDEX a ON parent (id)"],
    ],
)
def test_an_index_that_another_covers_is_low_and_told_once(
    tmp_path: Path, indexes: list[str]
) -> None:
    assert review(tmp_path, database(tmp_path, _PARENT, *indexes)) == [("low", "redundant-index")]


@pytest.mark.parametrize(
    "indexes",
    [
        ["CREATE UNIQUE INDEX a ON parent (name)", "CREATE INDEX b ON parent (name, id)"],
        ["CREATE INDEX a ON parent (name)", "CREATE INDEX b ON parent (id, name)"],
        ["CREATE INDEX a ON parent (name)", "CREATE INDEX b ON parent (name DESC, id)"],
        ["CREATE INDEX a ON parent (name)", "CREATE INDEX b ON parent (name COLLATE NOCASE, id)"],
        ["CREATE INDEX a ON parent (name) WHERE id > 1", "CREATE INDEX b ON parent (name)"],
        ["CREATE INDEX a ON parent (name) WHERE id > 1", "CREATE INDEX b ON parent (name, id)"],
        ["CREATE INDEX a ON parent (lower(name))", "CREATE INDEX b ON parent (lower(name), id)"],
    ],
)
def test_an_index_that_does_what_no_other_does_is_no_finding(
    tmp_path: Path, indexes: list[str]
) -> None:
    assert review(tmp_path, database(tmp_path, _PARENT, *indexes)) == []


def test_a_key_without_an_index_is_low_and_medium_with_many_rows(tmp_path: Path) -> None:
    few = database(tmp_path, _PARENT, _CHILD)
    assert review(tmp_path / "few", few) == [("low", "foreign-key-without-index")]
    fill = "INSERT INTO child (parent_id, id) VALUES (1, ?)"
    parent = "INSERT INTO parent VALUES (1, 'a')"
    many = database(tmp_path, _PARENT, _CHILD, parent, fill, rows=range(12_000))
    assert review(tmp_path / "many", many) == [("medium", "foreign-key-without-index")]
    assert review(tmp_path / "test", many, "tests/app.db") == []


def test_a_journal_that_was_kept_is_read_with_the_file_and_told_of(tmp_path: Path) -> None:
    live = tmp_path / "live.db"
    with closing(sqlite3.connect(live)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(_PARENT)
        connection.execute(_CHILD)
        connection.execute(_INDEX)
        connection.execute("INSERT INTO child VALUES (1, 9)")
        connection.commit()
        repository = make_repository(tmp_path / "r", {})
        for name in ("live.db", "live.db-wal"):
            shutil.copyfile(tmp_path / name, repository / name)
    findings = check("sqlite-files", repository).findings
    assert [(one.severity, one.rule, one.file) for one in findings] == [
        ("medium", "foreign-key-violated", "live.db"), ("low", "sqlite-leftover", "live.db-wal"),
    ]  # fmt: skip
    assert sorted(path.name for path in repository.iterdir()) == [".git", "live.db", "live.db-wal"]
    assert list((tmp_path / "work").iterdir()) == []


def test_no_file_of_the_repository_is_changed(tmp_path: Path) -> None:
    wal = database(tmp_path, "PRAGMA journal_mode = WAL", _PARENT)
    repository = make_repository(tmp_path / "r", {"a.db": wal, "b.db": wal[:5000], "c.db": b""})
    before = {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in repository.glob("*.db")}
    (repository / "a.db").chmod(0o444)
    check("sqlite-files", repository)
    after = {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in repository.glob("*.db*")}
    assert after == before


def test_what_is_no_sqlite_file_is_left_alone(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"Thumbs.db": b"\xd0\xcf\x11\xe0" * 100, "empty.db": b"",
                                     "text.sqlite": "hello"}  # fmt: skip
    result = check("sqlite-files", make_repository(tmp_path / "r", files))
    assert result.summary == "There are no SQLite files."


def test_what_cannot_be_checked_here_is_said_and_no_finding(tmp_path: Path) -> None:
    path = tmp_path / "made.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.create_collation("ODD", lambda a, b: (a > b) - (a < b))
        connection.execute("CREATE TABLE a (b TEXT COLLATE ODD PRIMARY KEY)")
        connection.commit()
    result = check("sqlite-files", make_repository(tmp_path / "r", {"a.db": path.read_bytes()}))
    assert result.findings == ()
    assert [one.what for one in result.omissions] == ["integrity of a.db"]


def test_a_file_over_the_limit_is_not_opened(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"a.db": database(tmp_path, _PARENT)})
    with (repository / "a.db").open("r+b") as file:
        file.truncate(5_000_000_000)
    result = check("sqlite-files", repository)
    assert [(one.what, one.reason) for one in result.omissions] == [("a.db", "larger than 200 MB")]


def test_a_schema_made_to_do_harm_does_none(tmp_path: Path) -> None:
    target = tmp_path / "written"
    data = database(
        tmp_path, "CREATE TABLE a (b)", "INSERT INTO a VALUES (1)",
        f"CREATE VIEW v AS SELECT writefile('{target}', 'x'), load_extension('{target}')",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT load_extension('x'); END",
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 3) SELECT * FROM n",
        "CREATE VIEW endless AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
        "SELECT x FROM n",
    )  # fmt: skip
    assert review(tmp_path, data) == []
    assert not target.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO a VALUES (2)", "DROP TABLE a", "ATTACH 'x.db' AS x", "CREATE TABLE c (d)",
        "PRAGMA writable_schema = ON", "VACUUM INTO 'x.db'", "PRAGMA journal_mode = DELETE",
    ],
)  # fmt: skip
def test_the_authorizer_refuses_all_but_reading(statement: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE a (b)")
        connection.set_authorizer(sqlite_probe.authorize)
        connection.execute("SELECT b FROM a").fetchall()
        with pytest.raises(sqlite3.DatabaseError):
            connection.execute(statement)


@pytest.mark.parametrize("seed", range(12))
def test_a_file_with_odd_bytes_anywhere_ends_in_a_result(tmp_path: Path, seed: int) -> None:
    fill = "INSERT INTO parent (name) VALUES (?)"
    whole = bytearray(database(tmp_path, _PARENT, _CHILD, _INDEX, fill, rows=range(400)))
    digest = hashlib.sha256(str(seed).encode()).digest()
    for number in range(0, 30, 2):
        place = int.from_bytes(digest[number : number + 2], "big") % len(whole)
        whole[max(place, 16)] ^= 0xFF
    result = check("sqlite-files", make_repository(tmp_path / "r", {"a.db": bytes(whole)}))
    assert result.summary.startswith(("1 remark", "2 remark", "3 remark", "0 remark"))
    assert {one.rule for one in result.findings} <= {
        "sqlite-damaged", "foreign-key-violated", "foreign-key-to-nothing", "redundant-index",
        "sqlite-constraint", "foreign-key-without-index",
    }  # fmt: skip
    assert told(list(result.findings)) is not None
