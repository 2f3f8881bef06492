"""SQL files are cut into the statements that run forward, whatever they hold."""

from __future__ import annotations

import pytest
from genesis_engineering.databases.dialects import guess_dialect, parse
from genesis_engineering.databases.narrowing import is_narrower
from genesis_engineering.databases.statements import Statement, split_statements
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp


def cut(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.text) for one in split_statements(text)]


def test_semicolons_within_quotes_comments_and_bodies_end_nothing() -> None:
    text = """-- one; two
SELECT 'a;''b', "c;d", `e;f`; /* g; h */ SELECT $$ i; j $$;
SELECT $tag$ k; $$ l $tag$
"""
    assert [line for line, _ in cut(text)] == [2, 2, 3]


def test_a_trigger_is_one_statement_up_to_its_end() -> None:
    text = """CREATE TRIGGER t AFTER INSERT ON a BEGIN
  UPDATE a SET b = CASE WHEN 1 THEN 2 END;
  IF x THEN SELECT 1; END IF;
  DELETE FROM a;
END;
DELETE FROM c;
BEGIN; DELETE FROM d; COMMIT;
"""
    statements = list(split_statements(text))
    assert [one.is_routine for one in statements] == [True, False, False, False, False]
    assert [one.line for one in statements] == [1, 6, 7, 7, 7]


def test_what_undoes_a_migration_and_data_and_procedures_are_left_out() -> None:
    text = """-- +goose Up
SELECT 1;
-- +goose Down
DROP TABLE a;
-- +migrate Up
SELECT 2;
-- migrate:down
DROP TABLE b;
-- migrate:up
COPY a (b) FROM stdin;
1;2
\\.
\\connect other
DELIMITER //
CREATE PROCEDURE p() BEGIN DELETE FROM a; END //
DELIMITER ;
SELECT 3
GO
SELECT 4
"""
    assert cut(text) == [(2, "SELECT 1"), (6, "SELECT 2"), (17, "SELECT 3"), (19, "SELECT 4")]


def test_a_backslash_escapes_a_quote_only_where_one_does() -> None:
    assert len(cut(r"SELECT 'a\'; b'; SELECT 2")) == 2
    assert len(cut("SELECT 'a\\'; SELECT 2;")) in (1, 2)


_PIECES = st.lists(
    st.sampled_from([
        "'", '"', "`", ";", "$$", "$a$", "--", "/*", "*/", "\n", "BEGIN ", "END ", "CASE ", "IF ",
        "CREATE TRIGGER ", "x", " ", "\\", "\f", "-- +goose Down", "COPY a FROM stdin", "GO",
        "DELIMITER //", "é", "#",
    ]), max_size=40,
)  # fmt: skip


@given(_PIECES)
def test_any_text_is_cut_into_parts_of_it_in_order(pieces: list[str]) -> None:
    text = "".join(pieces)
    lines = text.count("\n") + 1
    places = [one.line for one in split_statements(text)]
    assert places == sorted(places)
    assert all(1 <= line <= lines for line in places)
    assert all(one.text.strip() for one in split_statements(text))


@given(st.lists(st.sampled_from(["SELECT 1", "DELETE FROM a", "UPDATE b SET c = 'd;e'"])))
def test_joined_statements_come_apart_again(statements: list[str]) -> None:
    assert [text for _, text in cut(";\n".join(statements))] == statements


@pytest.mark.parametrize(
    "text", ["(" * 1_000_000, "'" * 999_999, "$a$" * 300_000, "CREATE TRIGGER " + "CASE " * 200_000]
)
def test_a_huge_line_is_one_statement_that_nobody_parses(text: str) -> None:
    (statement,) = split_statements(text)
    assert parse(statement) is None


@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(text: str) -> None:
    tree = parse(Statement(text or "x", 1))
    assert tree is None or isinstance(tree, exp.Expr)


@pytest.mark.parametrize(
    ("path", "text", "dialect"),
    [
        ("db/mysql/a.sql", "", "mysql"),
        ("pages/a.sql", "CREATE TABLE a (b SERIAL)", "postgres"),
        ("a.sql", "CREATE TABLE `a` (b INT) ENGINE=InnoDB", "mysql"),
        ("a.sql", "CREATE TABLE a (b INTEGER PRIMARY KEY AUTOINCREMENT)", "sqlite"),
        ("a.sql", "CREATE TABLE a (b INT)", ""),
        ("a.sql", "PRAGMA x; CREATE TABLE `a` (b INT)", ""),
        ("a.sql", "/* drops `a` */ CREATE TABLE b (c SERIAL); -- and `d`", "postgres"),
        ("a.sql", "/*!40101 SET x */; CREATE TABLE `a` (b INT); /* a serial", "mysql"),
    ],
)
def test_a_dialect_is_told_by_path_or_words_or_not_at_all(
    path: str, text: str, dialect: str
) -> None:
    assert guess_dialect(path, text) == dialect


@pytest.mark.parametrize(
    ("old", "new", "narrower"),
    [
        ("BIGINT", "INT", True), ("INT", "BIGINT", False), ("VARCHAR(10)", "VARCHAR(9)", True),
        ("VARCHAR(10)", "VARCHAR(10)", False), ("VARCHAR(10)", "TEXT", False),
        ("TEXT", "VARCHAR(10)", True), ("VARCHAR", "VARCHAR(10)", False),
        ("DOUBLE", "FLOAT", True), ("TIMESTAMP", "DATE", True), ("DATE", "TIMESTAMP", False),
        ("DECIMAL(10,2)", "DECIMAL(8,2)", True), ("DECIMAL(10,2)", "DECIMAL(12,4)", False),
        ("INT", "VARCHAR(5)", False), ("UUID", "INT", False),
    ],
)  # fmt: skip
def test_a_type_is_narrower_where_that_is_certain(old: str, new: str, narrower: bool) -> None:
    assert is_narrower(exp.DataType.build(old), exp.DataType.build(new)) is narrower
