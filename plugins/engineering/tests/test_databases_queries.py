"""Literal SQL of programs, against the tables that the repository defines."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from genesis_engineering.databases.literals import find_literals
from genesis_engineering.files import RepositoryFile
from hypothesis import given
from hypothesis import strategies as st

from plugins.engineering.tests.databases import check, found, make_repository, told

_SCHEMA = """CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, email TEXT UNIQUE);
CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER, total INTEGER);
CREATE TABLE items (order_id INTEGER, sku TEXT, PRIMARY KEY (order_id, sku));
CREATE INDEX orders_user ON orders (user_id);
CREATE VIEW totals AS SELECT user_id, sum(total) AS sum FROM orders GROUP BY 1;
"""


def ask(folder: Path, sql: str) -> list[tuple[str, str, int | None]]:
    """What is told of one query in a Python program, beside queries of all tables."""
    program = f"def run(db):\n    db.execute({sql!r})\n"
    return told(found("queries", folder, files(program)))


def files(program: str, path: str = "app/run.py") -> Mapping[str, str]:
    others = "A = 'SELECT name FROM users'\nB = 'SELECT total FROM orders, items'\n"
    return {"schema.sql": _SCHEMA, path: program, "app/others.py": others}


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("SELECT nam FROM users", "unknown-column"),
        ("SELECT u.id, o.sum FROM users u JOIN orders o ON o.user_id = u.id", "unknown-column"),
        ("UPDATE users SET nick = ? WHERE id = ?", "unknown-column"),
        ("INSERT INTO users (id, nick) VALUES (?, ?)", "unknown-column"),
        ("DELETE FROM orders WHERE userid = %s", "unknown-column"),
        ("select nam from users", "unknown-column"),
        ("SELECT id FROM users ORDER BY nam", "unknown-column"),
        ("WITH x AS (SELECT nam FROM users) SELECT * FROM x", "unknown-column"),
        ("SELECT id FROM users WHERE nick ILIKE $1", "unknown-column"),
        ("INSERT INTO users (id, name) VALUES (?, ?, ?)", "values-mismatch"),
        ("SELECT id FROM user", "unknown-table"),
        ("INSERT INTO oders (id) VALUES (1)", "unknown-table"),
    ],
)
def test_a_query_that_cannot_work_is_high(tmp_path: Path, sql: str, rule: str) -> None:
    assert ask(tmp_path, sql) == [("high", rule, 2)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT u.name, count(*) AS n FROM users u GROUP BY u.name HAVING n > 1 ORDER BY n",
        "SELECT rowid, * FROM users",
        "SELECT sum FROM totals",
        "SELECT weight FROM totals",
        "SELECT x.a FROM (SELECT id AS a FROM users) x",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t",
        "SELECT table_name FROM information_schema.tables",
        "SELECT name FROM sqlite_master",
        "SELECT id FROM other_schema.users2",
        "SELECT nam FROM {table}",
        "SELECT %s FROM users",
        "SELECT id FROM users WHERE id IN %s",
        "INSERT INTO users (id, name) VALUES %s",
        "INSERT INTO users (id, name) VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET name = "
        "EXCLUDED.name RETURNING id",
        "SELECT id::text, name ~* 'x' FROM users WHERE email = ANY(%(list)s)",
        'SELECT "name" FROM "users" WHERE "email" = \'x\'',
        "SELECT name FROM users; DROP TABLE users",
        "SELECT me FROM the crowd",
        "SELECT value FROM json_each(?)",
        "UPDATE users SET name = ? FROM orders WHERE orders.user_id = users.id",
        "SELECT id FROM USERS WHERE EMAIL = ?",
    ],
)
def test_a_query_that_works_or_cannot_be_judged_is_no_finding(tmp_path: Path, sql: str) -> None:
    assert ask(tmp_path, sql) == []


@pytest.mark.parametrize(
    "program",
    [
        "def run(db, t):\n    db.execute(f'SELECT nam FROM {t}')\n",
        "def run(db, t):\n    db.execute('SELECT nam FROM ' + t)\n",
        "def run(db, t):\n    db.execute('SELECT nam FROM users ' + t)\n",
        "def run(db, t):\n    db.execute('SELECT nam FROM %s' % t)\n",
        "def run(db, t):\n    db.execute('SELECT nam FROM {}'.format(t))\n",
        'def run(db):\n    """SELECT nam FROM users"""\n',
        "print('select nam from users')\n",
        "x = 'SELECT nam FROM users' if",
    ],
)
def test_text_that_is_put_together_or_only_said_is_no_query(tmp_path: Path, program: str) -> None:
    assert found("queries", tmp_path, files(program)) == []


def test_the_line_is_that_of_the_name_within_a_long_text(tmp_path: Path) -> None:
    program = (
        'Q = """\nSELECT id,\n       nam\nFROM users\n"""\nR = (\n    "SELECT id FROM user"\n)'
    )
    assert told(found("queries", tmp_path, files(program))) == [
        ("high", "unknown-column", 3), ("high", "unknown-table", 7),
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["tests/test_x.py", "app/x_test.py", "conftest.py"])
def test_queries_of_tests_are_not_judged(tmp_path: Path, path: str) -> None:
    assert found("queries", tmp_path, files("Q = 'SELECT nam FROM users'\n", path)) == []


def test_queries_of_examples_are_low(tmp_path: Path) -> None:
    findings = found("queries", tmp_path, files("Q = 'SELECT nam FROM users'\n", "examples/x.py"))
    assert told(findings) == [("low", "unknown-column", 1)]


@pytest.mark.parametrize(
    "more",
    [
        {"m/models.py": "class U(Base):\n    __tablename__ = 'users'\n"},
        {"m/x.py": "def f(db, c):\n    db.execute(f'ALTER TABLE users ADD COLUMN {c} TEXT')\n"},
        {"m/x.py": "Q = 'ALTER TABLE users ADD COLUMN nam TEXT'\n"},
        {"m/x.py": "op.add_column('users', x)\n"},
        {"m/x.sql": "ALTER TABLE users ADD COLUMN nam TEXT;\n"},
        {"m/x.sql.j2": "CREATE TABLE users ({{ columns }});\n"},
        {"app/x.py": "def f(db, t):\n    db.execute(f'ALTER TABLE {t} ADD COLUMN nam TEXT')\n"},
        {"m/x.sql": "ALTER TABLE users SOMETHING ODD HERE;\n"},
    ],
)
def test_a_table_that_something_else_may_change_is_not_judged(
    tmp_path: Path, more: dict[str, str]
) -> None:
    program = "Q = 'SELECT nam FROM users'\n"
    assert found("queries", tmp_path, {**files(program), **more}) == []


@pytest.mark.parametrize(
    "more",
    [
        {"app/models.py": "from django.db import models\n\n\nclass User(models.Model): ...\n"},
        {"app/x.py": "def f(db, t):\n    db.execute(f'CREATE TABLE {t} (a INT)')\n"},
        {"tests/x.py": "db.execute('CREATE TABLE user (id INT)')\n"},
        {"lib/x.js": "db.exec(`CREATE TABLE user (id INT, ${more})`);\n"},
    ],
)
def test_a_table_that_something_else_may_make_is_not_missed(
    tmp_path: Path, more: dict[str, str]
) -> None:
    program = "Q = 'SELECT id FROM user'\n"
    assert found("queries", tmp_path, {**files(program), **more}) == []


def test_a_table_unlike_any_is_medium_where_nearly_all_are_known(tmp_path: Path) -> None:
    both = "Q = 'SELECT x FROM planets'\nR = 'SELECT id FROM users'\n"
    findings = found("queries", tmp_path, files(both))
    assert told(findings) == [("medium", "unknown-table", 1)]
    alone = files("Q = 'SELECT x FROM planets'\n")
    assert found("queries", tmp_path / "alone", alone) == []
    several = files(both + "S = 'SELECT x FROM suns'\nT = 'SELECT x FROM moons'\n")
    assert found("queries", tmp_path / "several", several) == []


def test_tables_of_literal_definitions_count_too(tmp_path: Path) -> None:
    program = '''import sqlite3

SCHEMA = """
CREATE TABLE IF NOT EXISTS birds (id INTEGER PRIMARY KEY, name TEXT);
CREATE INDEX IF NOT EXISTS birds_name ON birds (name);
"""


def run(db):
    db.executescript(SCHEMA)
    db.execute("ALTER TABLE birds ADD COLUMN size INT")
    db.execute("SELECT size FROM birds WHERE name = ?", ("a",))
    db.execute("SELECT weight FROM birds")
'''
    assert told(found("queries", tmp_path, {"a.py": program})) == [("high", "unknown-column", 13)]


def test_a_column_that_a_migration_took_away_is_gone(tmp_path: Path) -> None:
    more = {
        "migrations/1_a.sql": "CREATE TABLE cars (id INT, size INT); CREATE TABLE b (c INT);",
        "migrations/2_b.sql": "ALTER TABLE cars DROP COLUMN size; "
        "ALTER TABLE b RENAME COLUMN c TO d;",
        "app/x.py": "Q = 'SELECT size FROM cars'\nR = 'SELECT d FROM b'\nS = 'SELECT c FROM b'\n",
    }
    assert told(found("queries", tmp_path, more)) == [
        ("high", "unknown-column", 1), ("high", "unknown-column", 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "column"),
    [
        ("SELECT id FROM users WHERE name = ?", "users.name"),
        ("SELECT id FROM users WHERE name = :name AND length(email) > 3", "users.name"),
        ("DELETE FROM items WHERE sku = %s", "items.sku"),
        ("UPDATE orders SET total = 0 WHERE total = ?", "orders.total"),
        ("SELECT o.id FROM orders o JOIN users u ON u.name = o.total WHERE o.user_id = ?",
         "users.name"),
    ],
)  # fmt: skip
def test_a_search_without_an_index_is_low_with_its_plan(
    tmp_path: Path, sql: str, column: str
) -> None:
    program = f"def run(db):\n    db.execute({sql!r})\n    db.execute({sql!r})\n"
    (finding,) = found("queries", tmp_path, files(program))
    assert (finding.severity, finding.rule, finding.line) == ("low", "missing-index", 2)
    assert column in finding.message
    assert "EXPLAIN QUERY PLAN: " in finding.evidence


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM users WHERE email = ?",
        "SELECT id FROM users WHERE id = ? AND name = ?",
        "SELECT id FROM users WHERE name = ? AND email = ?",
        "SELECT id FROM users WHERE name = 'fixed'",
        "SELECT id FROM users WHERE name LIKE ?",
        "SELECT id FROM users WHERE name = ? OR email = ?",
        "SELECT name FROM users",
        "SELECT o.id FROM orders o JOIN users u ON u.id = o.user_id",
        "SELECT o.id FROM orders o JOIN users u ON u.id = o.total",
        "SELECT total FROM orders WHERE user_id = ?",
        "SELECT id FROM users WHERE id IN (SELECT user_id FROM orders WHERE total = ?)",
        "INSERT INTO users (name) VALUES (?)",
    ],
)
def test_a_search_by_an_index_or_of_everything_is_no_finding(tmp_path: Path, sql: str) -> None:
    assert ask(tmp_path, sql) == []


def test_a_program_that_may_make_the_index_is_believed(tmp_path: Path) -> None:
    program = (
        "def run(db, add):\n    db.execute('SELECT id FROM users WHERE name = ?')\n"
        "    add(index='users_name', table='users', columns=['name'])\n"
    )
    assert found("queries", tmp_path, files(program)) == []


def test_a_search_of_many_rows_without_an_index_is_medium(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "many.sqlite")) as db:
        db.execute("CREATE TABLE birds (id INTEGER PRIMARY KEY, name TEXT)")
        db.executemany("INSERT INTO birds (name) VALUES (?)", [(str(n),) for n in range(12_000)])
        db.commit()
    data = (tmp_path / "many.sqlite").read_bytes()
    program = "Q = 'SELECT id FROM birds WHERE name = ?'\nR = 'SELECT size FROM birds'\n"
    both = {"a.py": program, "data/birds.sqlite": data}
    findings = check("queries", make_repository(tmp_path / "r", both)).findings
    assert told(list(findings)) == [("medium", "missing-index", 1), ("high", "unknown-column", 2)]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.js", 'db.all("SELECT nam FROM users");'),
        ("a.ts", "const q = 'SELECT nam FROM users';"),
        ("a.go", "rows, err := db.Query(`SELECT nam FROM users`)"),
        ("a.rb", "db.execute('SELECT nam FROM users')"),
        ("a.php", '$db->query("SELECT nam FROM users");'),
        ("a.rs", 'conn.prepare("SELECT nam FROM users")?;'),
        ("a.java", 'jdbc.query("SELECT nam FROM users", mapper);'),
    ],
)
def test_queries_of_other_languages_are_read(tmp_path: Path, name: str, line: str) -> None:
    findings = found("queries", tmp_path, files(f"\n{line}\n", f"app/{name}"))
    assert told(findings) == [("high", "unknown-column", 2)]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.js", "db.all(`SELECT nam FROM ${t}`);"),
        ("a.js", 'db.all("SELECT nam FROM " + t);'),
        ("a.php", '$db->query("SELECT nam FROM $t");'),
        ("a.php", "$db->query('SELECT nam FROM ' . $t);"),
        ("a.rb", 'db.execute("SELECT nam FROM #{t}")'),
        ("a.java", 'q = "SELECT nam FROM users"\n    + " WHERE x";'),
        ("a.go", 'q := fmt.Sprintf("SELECT nam FROM %s", t)'),
    ],
)
def test_text_of_other_languages_that_is_put_together_is_no_query(
    tmp_path: Path, name: str, line: str
) -> None:
    assert found("queries", tmp_path, files(f"\n{line}\n", f"app/{name}")) == []


def test_queries_in_sql_files_are_read(tmp_path: Path) -> None:
    more = {
        **files(""),
        "queries/all.sql": "-- name: A :one\nSELECT nam FROM users WHERE id = $1;\n",
    }
    assert told(found("queries", tmp_path, more)) == [("high", "unknown-column", 2)]


def test_without_queries_that_is_said(tmp_path: Path) -> None:
    result = check("queries", make_repository(tmp_path / "r", {"schema.sql": _SCHEMA}))
    assert result.summary == "There is no literal SQL in programs to look at."


_WORDS = st.lists(
    st.sampled_from([
        '"', "'", "`", "SELECT a FROM b", "INSERT INTO x ", "(", ")", "\n", " ", "+", "f", "%s",
        "${x}",
        "\\", "x = ", "#", "CREATE TABLE t (a INT)", "{", "}", "é", "\0",
    ]), max_size=30,
)  # fmt: skip


@given(_WORDS, st.sampled_from([".py", ".js", ".go", ".php"]))
def test_any_program_gives_literals_that_lie_within_it(words: list[str], suffix: str) -> None:
    text = "".join(words)
    for literal in find_literals(RepositoryFile("a" + suffix, Path("a"), len(text)), text):
        assert 1 <= literal.line <= text.count("\n") + 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.js", "x = '" + "SELECT a " * 100_000),
        ("a.js", '"SELECT ' * 100_000),
        ("a.js", "table" * 180_000),
        ("a.py", "x = 'SELECT a FROM b'\n" + "(" * 900),
        ("a.py", "CREATE TABLE " * 70_000),
        ("a.py", "x = [" + "'SELECT a FROM b'," * 20_000 + "]"),
        ("a.go", "WITH a " * 100_000),
    ],
)
def test_hostile_programs_are_read_in_time(tmp_path: Path, name: str, text: str) -> None:
    result = check("queries", make_repository(tmp_path / "r", {name: text}), seconds=40)
    assert result.findings == ()
