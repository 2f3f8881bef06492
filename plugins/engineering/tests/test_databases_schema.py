"""Foreign keys of SQL files, and statements that no database reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.engineering.tests.databases import check, found, make_repository, told

_USERS = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\n"
_INDEX = "CREATE INDEX i ON orders (user_id);\n"


def schema(folder: Path, text: str) -> list[tuple[str, str, int | None]]:
    return told(found("sql-files", folder, {"schema.sql": _USERS + text}))


def test_a_key_to_a_slip_of_a_table_is_high_and_names_what_was_meant(tmp_path: Path) -> None:
    text = _USERS + "CREATE TABLE orders (\n  user_id INT REFERENCES user (id)\n);\n" + _INDEX
    (finding,) = found("sql-files", tmp_path, {"schema.sql": text})
    assert (finding.severity, finding.rule, finding.line) == ("high", "foreign-key-to-nothing", 3)
    assert finding.message.endswith(" users is one.")


def test_a_key_to_a_table_that_is_nowhere_is_medium(tmp_path: Path) -> None:
    text = "CREATE TABLE orders (user_id INT, FOREIGN KEY (user_id) REFERENCES planets (id));\n"
    assert schema(tmp_path, text + _INDEX) == [("medium", "foreign-key-to-nothing", 2)]


def test_a_key_to_a_column_that_is_not_there_is_high(tmp_path: Path) -> None:
    text = "CREATE TABLE orders (user_id INT REFERENCES users (user_id));\n"
    assert schema(tmp_path, text + _INDEX) == [("high", "foreign-key-to-nothing", 2)]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE orders (user_id INT REFERENCES users);",
        "CREATE TABLE orders (user_id INT REFERENCES USERS (ID));",
        'CREATE TABLE orders (user_id INT REFERENCES "users" ("id"));',
        "CREATE TABLE orders (user_id INT REFERENCES auth.accounts (id));",
        "CREATE TABLE orders (user_id INT REFERENCES later (id)); CREATE TABLE later (id INT);",
        "CREATE TABLE orders (user_id INT REFERENCES users (code)); "
        "ALTER TABLE users ADD code INT;",
        "ALTER TABLE other ADD COLUMN x INT; "
        "CREATE TABLE orders (user_id INT REFERENCES other (y));",
        "CREATE TABLE orders (user_id INT REFERENCES {{ table }} (id));",
        "CREATE TABLE a AS SELECT 1; CREATE TABLE orders (user_id INT REFERENCES a (b));",
        "CREATE TABLE a (LIKE users); CREATE TABLE orders (user_id INT REFERENCES a (b));",
        "CREATE TABLE x EXOTIC (id INT) WOW; CREATE TABLE orders (user_id INT REFERENCES x (id));",
    ],
)
def test_a_key_to_what_is_or_may_be_there_is_no_finding(tmp_path: Path, text: str) -> None:
    assert schema(tmp_path, text + "\n" + _INDEX) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "class Planet(Base):\n    __tablename__ = 'planets'\n"),
        ("a.py", "op.create_table('planets')\n"),
        ("a.js", "knex.schema.createTable('planets', f);\n"),
        ("a.rb", "create_table :planets do |t|\nend\n"),
        ("other/b.sql", "CREATE TABLE planets (id INT);\n"),
        ("tests/b.sql", "CREATE TABLE planets (id INT);\n"),
    ],
)
def test_a_table_that_a_program_makes_is_there(tmp_path: Path, path: str, text: str) -> None:
    own = _USERS + "CREATE TABLE orders (user_id INT REFERENCES planets (id));\n" + _INDEX
    assert found("sql-files", tmp_path, {"schema.sql": own, path: text}) == []


def test_a_part_of_a_schema_is_not_judged_by_what_it_lacks(tmp_path: Path) -> None:
    text = (
        "CREATE TABLE orders (user_id INT REFERENCES aa, b INT REFERENCES bb, c INT REFERENCES cc);"
    )
    assert {rule for _, rule, _ in schema(tmp_path, text)} == {"foreign-key-without-index"}


def test_a_key_without_an_index_is_low_and_told_once(tmp_path: Path) -> None:
    text = "CREATE TABLE orders (\n  user_id INT REFERENCES users (id),\n  n INT UNIQUE\n);\n"
    files = {"a/schema.sql": _USERS + text, "b/schema.sql": text}
    assert told(found("sql-files", tmp_path, files)) == [("low", "foreign-key-without-index", 3)]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE orders (user_id INT PRIMARY KEY REFERENCES users (id));",
        "CREATE TABLE orders (user_id INT UNIQUE REFERENCES users (id));",
        "CREATE TABLE orders (user_id INT REFERENCES users (id), n INT, PRIMARY KEY (user_id, n));",
        "CREATE TABLE orders (user_id INT REFERENCES users (id), UNIQUE (user_id, n), n INT);",
        "CREATE TABLE orders (user_id INT REFERENCES users); "
        "CREATE INDEX i ON orders (user_id, x);",
        "CREATE TABLE orders (user_id INT, x INT); CREATE INDEX i ON orders (user_id); "
        "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users (id);",
        "CREATE TABLE orders (user_id INT REFERENCES users); DROP TABLE orders;",
    ],
)
def test_a_key_with_an_index_is_no_finding(tmp_path: Path, text: str) -> None:
    assert schema(tmp_path, text) == []


def test_a_program_that_may_make_the_index_is_believed(tmp_path: Path) -> None:
    text = _USERS + "CREATE TABLE orders (user_id INT REFERENCES users (id));\n"
    program = "op.create_index('i', 'orders', ['user_id'])\n"
    assert found("sql-files", tmp_path, {"schema.sql": text, "a.py": program}) == []


_REST = "CREATE TABLE x (a INT, b TEXT);\nSELECT a FROM x;\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("CREATE TABLE y (\n  a INT,\n);", 4),
        ("CREATE TABLE y (\n  a INT NOT NULL\n  b TEXT\n);", 4),
        ("CREATE TABLE y (a TIMESTAMPTZ DEFAULT now(),);", 3),
        ("CREATE TABLE y (a INT,, b INT);", 3),
        ("SELECT a, FROM x;", 3),
        ("SELECT a\nFORM x;", 4),
        ("SELCT a FROM x;", 3),
        ("CRAETE TABLE y (a INT);", 3),
        ("SELECT a FROM x WEHRE b = 1;", 3),
        ("INSERT INTO x (a, b) VALEUS (1, 2);", 3),
        ("INSERT INTO x (a, b) VALUES (1, 2;", 3),
        ("SELECT a FROM x WHERE (b = 1;", 3),
        ("UPDATE x SET a = 1, WHERE b = 2;", 3),
    ],
)
def test_a_mistake_that_can_be_named_is_medium(tmp_path: Path, text: str, line: int) -> None:
    findings = told(found("sql-files", tmp_path, {"a.sql": f"{_REST}{text}\n"}))
    assert findings == [("medium", "sql-syntax", line)]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ARRAY[1, 2]::int[] @> ARRAY[1];",
        "SELECT a FROM x WHERE b ~* 'a,)' AND c IS NOT DISTINCT FROM d;",
        "CREATE TABLE y (a INT, b GEOMETRY(Point, 4326), EXCLUDE USING gist (b WITH &&));",
        "CREATE TABLE y (a NUMBER(10) GENERATED BY DEFAULT AS IDENTITY) TABLESPACE z;",
        "CREATE TABLE y (a INT) ENGINE=InnoDB ROW_FORMAT=COMPRESSED;",
        "CREATE TABLE [dbo].[y] ([a] INT IDENTITY(1,1),);",
        "SELECT $1::text, :name, @p, ?;",
        "SELECT a FROM {{ x }}, WHERE;",
        "MERGE INTO x USING y ON (x.a = y.a) WHEN MATCHED THEN UPDATE SET b = 1;",
        "SELECT * FROM x TABLESAMPLE BERNOULLI (10);",
        "SELECT form, formular, valeus FROM x;",
        "VACUUM FULL x;",
        "GRANT SELECT, INSERT ON x TO y;",
        "CREATE PUBLICATION p FOR ALL TABLES;",
        "ALTER TABLE x CLUSTER ON i;",
        "SELECT 'it''s (', \"odd ,)\" FROM x; -- ,)",
    ],
)
def test_what_some_database_reads_is_no_mistake(tmp_path: Path, text: str) -> None:
    assert found("sql-files", tmp_path, {"a.sql": f"{_REST}{text}\n"}) == []


def test_a_file_of_another_language_is_not_judged(tmp_path: Path) -> None:
    text = "SELCT a FROM x;\n" * 3 + "SELECT a FROM x;\n"
    assert found("sql-files", tmp_path, {"a.sql": text}) == []


def test_mistakes_in_tests_are_none_and_those_in_examples_low(tmp_path: Path) -> None:
    files = {
        "tests/a.sql": _REST + "SELCT a FROM x;\n",
        "examples/a.sql": _REST + "SELCT a FROM x;\n",
    }
    findings = found("sql-files", tmp_path, files)
    assert [(one.severity, one.file) for one in findings] == [("low", "examples/a.sql")]


def test_at_most_ten_of_a_rule_are_listed_and_the_rest_is_counted(tmp_path: Path) -> None:
    text = "".join(f"CREATE TABLE t{n} (a INT REFERENCES users (id));\n" for n in range(14))
    result = check("sql-files", make_repository(tmp_path / "r", {"a.sql": _USERS + text}))
    assert len(result.findings) == 10
    assert "and 4 more of foreign-key-without-index" in result.summary
    assert result.facts["sql-files"] == {"foreign-key-without-index": 14}
