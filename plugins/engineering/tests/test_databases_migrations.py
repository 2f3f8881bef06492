"""What migrations in SQL do to rows that are there."""

from __future__ import annotations

from pathlib import Path

import pytest
from genesis_engineering.databases.migrations import is_backward

from plugins.engineering.tests.databases import check, found, make_repository, told

_BASE = """CREATE TABLE users (id BIGSERIAL PRIMARY KEY, email VARCHAR(80) NOT NULL, note TEXT);
CREATE TABLE orders (id BIGSERIAL PRIMARY KEY, total BIGINT);
CREATE VIEW names AS SELECT email FROM users;
"""


def steps(
    folder: Path, text: str, name: str = "0002_more.sql"
) -> list[tuple[str, str, int | None]]:
    return told(found("sql-files", folder, {"migrations/0001_a.sql": _BASE,
                                            f"migrations/{name}": text}))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("DROP TABLE users;", "drop-table"),
        ("DROP TABLE IF EXISTS public.users CASCADE;", "drop-table"),
        ("ALTER TABLE users DROP COLUMN note;", "drop-column"),
        ("ALTER TABLE users DROP COLUMN IF EXISTS note CASCADE;", "drop-column"),
        ("DELETE FROM users;", "delete-all-rows"),
        ("TRUNCATE orders;", "delete-all-rows"),
        ("UPDATE users SET email = 'x';", "update-all-rows"),
        ("UPDATE orders SET total = -1;", "update-all-rows"),
        ("ALTER TABLE users ADD COLUMN age INT NOT NULL;", "not-null-without-default"),
        ("ALTER TABLE users ADD age INT NOT NULL CHECK (age > 0);", "not-null-without-default"),
        ("ALTER TABLE users ALTER COLUMN email TYPE VARCHAR(20);", "narrowed-type"),
        ("ALTER TABLE orders ALTER COLUMN total TYPE INTEGER;", "narrowed-type"),
    ],
)
def test_a_step_that_loses_or_fails_is_medium(tmp_path: Path, text: str, rule: str) -> None:
    assert steps(tmp_path, f"-- More.\n{text}\n") == [("medium", rule, 2)]


@pytest.mark.parametrize(
    "text",
    [
        "DROP VIEW names;",
        "DROP VIEW names; DROP TABLE names;",
        "DROP INDEX users_email;",
        "CREATE TABLE tmp (a INT); DROP TABLE tmp;",
        "CREATE TEMP TABLE x AS SELECT * FROM orders; DROP TABLE orders;",
        "CREATE TABLE users_new (id INT); INSERT INTO users_new SELECT id FROM users; "
        "DROP TABLE users; ALTER TABLE users_new RENAME TO users;",
        "DROP TABLE IF EXISTS fresh; CREATE TABLE fresh (id INT);",
        "ALTER TABLE orders RENAME TO bills; DROP TABLE orders;",
        "DROP TABLE users_backup;",
        "DELETE FROM users WHERE id = 1;",
        "DELETE FROM users; INSERT INTO users (email) VALUES ('a');",
        "DELETE FROM users USING orders WHERE orders.id = users.id;",
        "ALTER TABLE users ADD COLUMN score INT; UPDATE users SET score = 0;",
        "UPDATE users SET email = lower(email);",
        "UPDATE users SET note = email;",
        "UPDATE users SET note = 'x' FROM orders WHERE orders.id = users.id;",
        "ALTER TABLE users ADD COLUMN age INT NOT NULL DEFAULT 0;",
        "ALTER TABLE users ADD COLUMN age INT;",
        "ALTER TABLE users ADD COLUMN number BIGSERIAL NOT NULL;",
        "ALTER TABLE users ADD COLUMN n INT GENERATED ALWAYS AS IDENTITY NOT NULL;",
        "CREATE TABLE c (a INT); ALTER TABLE c ADD COLUMN b INT NOT NULL;",
        "DELETE FROM users_old; ALTER TABLE users_old ADD COLUMN b INT NOT NULL;",
        "ALTER TABLE users ALTER COLUMN email TYPE VARCHAR(200);",
        "ALTER TABLE users ALTER COLUMN email TYPE TEXT;",
        "ALTER TABLE users ALTER COLUMN note SET NOT NULL;",
        "ALTER TABLE users DROP CONSTRAINT users_email_key;",
        "CREATE FUNCTION f() RETURNS void AS $$ BEGIN DELETE FROM users; END $$ LANGUAGE plpgsql;",
        "DO $$ BEGIN DROP TABLE users; END $$;",
        "INSERT INTO users (email) VALUES ('DROP TABLE users;');",
        "-- DROP TABLE users;",
    ],
)
def test_what_is_meant_or_harmless_is_no_finding(tmp_path: Path, text: str) -> None:
    assert steps(tmp_path, text) == []


def test_what_a_name_announces_is_low_and_what_is_old_only_good_to_know(tmp_path: Path) -> None:
    files = {"migrations/001_a.sql": _BASE, "migrations/002_b.sql": "DROP TABLE users;"}
    for number in range(3, 6):
        files[f"migrations/{number:03}_x.sql"] = "SELECT 1;"
    files["migrations/006_remove_orders.sql"] = "DROP TABLE orders;"
    findings = found("sql-files", tmp_path, files)
    assert [(one.severity, one.file) for one in findings] == [
        ("low", "migrations/006_remove_orders.sql"), ("info", "migrations/002_b.sql"),
    ]  # fmt: skip
    for number in range(7, 13):
        (tmp_path / f"repository/migrations/{number:03}_x.sql").write_text("SELECT 1;")
    result = check("sql-files", tmp_path / "repository")
    assert [one.file for one in result.findings] == ["migrations/006_remove_orders.sql"]


def test_mysql_gives_a_new_column_its_zero_and_a_key_its_index(tmp_path: Path) -> None:
    files = {
        "migrations/1_a.sql": "CREATE TABLE `a` (`id` INT PRIMARY KEY, `b` INT, "
        "FOREIGN KEY (`b`) REFERENCES `a` (`id`)) ENGINE=InnoDB;",
        "migrations/2_b.sql": "ALTER TABLE a ADD COLUMN c INT NOT NULL;",
    }
    assert found("sql-files", tmp_path, files) == []


def test_an_index_blocks_writing_only_in_postgresql_and_on_a_table_that_is_there(
    tmp_path: Path,
) -> None:
    text = "CREATE INDEX a ON users (email);\nCREATE INDEX CONCURRENTLY b ON users (note);\n"
    assert steps(tmp_path, text) == [("low", "locking-index", 1)]
    plain = {
        "migrations/1.sql": "CREATE TABLE a (b INT);",
        "migrations/2.sql": "CREATE INDEX i ON a (b);",
    }
    assert found("sql-files", tmp_path / "plain", plain) == []


@pytest.mark.parametrize(
    "paths",
    [
        ["flyway/V1__a.sql", "flyway/V1__b.sql"],
        ["flyway/V1.0__a.sql", "flyway/V1_0__b.sql"],
        ["migrations/000001_a.up.sql", "migrations/000001_b.up.sql"],
    ],
)
def test_a_version_that_its_tool_refuses_is_high(tmp_path: Path, paths: list[str]) -> None:
    findings = found("sql-files", tmp_path, dict.fromkeys(paths, "SELECT 1;"))
    assert [(one.severity, one.rule, one.file) for one in findings] == [
        ("high", "duplicate-version", paths[1])
    ]


@pytest.mark.parametrize(
    "paths",
    [
        ["migrations/0001_a.up.sql", "migrations/0001_a.down.sql"],
        ["migrations/0001_a.sqlite.sql", "migrations/0001_a.postgres.sql"],
        ["migrations/01a.sql.sqlite", "migrations/01a.sql.postgres"],
        ["flyway/mysql/V1__a.sql", "flyway/h2/V1__a.sql"],
        ["flyway/V1__a.sql", "flyway/U1__a.sql", "flyway/R__a.sql", "flyway/R__b.sql"],
        ["migrations/1_a.sql", "migrations/1_b.sql", "migrations/2_a.sql", "migrations/2_b.sql"],
        ["delta/1/01a.sql", "delta/2/01b.sql"],
        ["tests/V1__a.sql", "tests/V1__b.sql"],
        ["seeds/01_a.sql", "seeds/01_b.sql"],
    ],
)
def test_versions_that_may_be_there_twice_are_none(tmp_path: Path, paths: list[str]) -> None:
    assert found("sql-files", tmp_path, dict.fromkeys(paths, "SELECT 1;")) == []


def test_one_number_that_is_there_twice_by_mistake_is_medium(tmp_path: Path) -> None:
    files = dict.fromkeys(["db/1_a.sql", "db/2_b.sql", "db/2_c.sql", "db/3_d.sql"], "SELECT 1;")
    assert told(found("sql-files", tmp_path, files)) == [("medium", "duplicate-version", 1)]


@pytest.mark.parametrize(
    ("path", "backward"),
    [
        ("a/1.down.sql", True), ("a/down.sql", True), ("a/1_rollback.sql", True),
        ("a/U1__x.sql", True), ("down/1.sql", True), ("a/1_shutdown.sql", False),
        ("a/1_countdown_column.sql", False), ("a/V1__undone.sql", False),
    ],
)  # fmt: skip
def test_a_file_takes_back_by_its_name_or_folder(path: str, backward: bool) -> None:
    assert is_backward(path) is backward


def test_the_way_of_a_schema_over_folders_of_versions_is_one(tmp_path: Path) -> None:
    files = {
        "delta/1/01.sql": "CREATE TABLE a (b VARCHAR(9)); CREATE TABLE old_a (c INT);",
        "delta/2/01.sql": "ALTER TABLE a ALTER COLUMN b TYPE VARCHAR(3);",
        "delta/10/01.sql": "CREATE TABLE a2 AS SELECT * FROM a; DROP TABLE a;",
    }
    assert told(found("sql-files", tmp_path, files)) == [("medium", "narrowed-type", 1)]


def test_rows_that_a_script_loses_are_low_unless_its_name_says_so(tmp_path: Path) -> None:
    files = {"tools/fix.sql": "DELETE FROM users;", "tools/cleanup.sql": "DELETE FROM users;",
             "tools/seeds/a.sql": "DELETE FROM users;",
             "tools/drop.sql": "DROP TABLE users;"}  # fmt: skip
    findings = found("sql-files", tmp_path, files)
    assert [(one.severity, one.file) for one in findings] == [("low", "tools/fix.sql")]


def test_without_sql_that_is_said(tmp_path: Path) -> None:
    result = check("sql-files", make_repository(tmp_path / "r", {"a.py": "x = 1\n"}))
    assert result.summary == "There are no SQL files and no migrations."


def test_files_that_are_no_text_or_too_large_or_templates_do_no_harm(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "migrations/1.sql": b"\xff\xfe\x00DROP TABLE a;",
        "migrations/2.sql": b"CREATE TABLE \xe9\xff (a INT); DROP TABLE x\xff;",
        "migrations/3.sql": "-- x\n" * 300_000,
        "migrations/4.sql": "CREATE TABLE {{ a }} (b INT); DROP TABLE {{ a }};",
        "migrations/5.sql": "SELECT " + "(" * 30_000,
        "migrations/6.sql": "ALTER TABLE a ADD COLUMN " + "x" * 15_000 + " INT NOT NULL DEFAULT 1;",
        "migrations/7.sql": "CREATE TABLE z (" + ", ".join(f"c{n} INT" for n in range(900)) + ");",
    }
    result = check("sql-files", make_repository(tmp_path / "r", files))
    assert all(one.severity != "high" for one in result.findings)
    assert "1 SQL file" in [one.what for one in result.omissions]
    assert any("definition" in one.what for one in result.omissions)
