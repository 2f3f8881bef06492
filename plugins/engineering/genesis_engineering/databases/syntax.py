"""Statements that no database reads, where the mistake itself can be named."""

from __future__ import annotations

import itertools
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import sqlglot
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from genesis_engineering.databases.dialects import is_sql_anywhere
from genesis_engineering.databases.statements import Statement

_MOST_CHARACTERS = 5_000
_KEYWORDS = (
    "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "TABLE", "FROM", "WHERE", "VALUES",
    "INTO", "ORDER", "GROUP", "HAVING", "INDEX", "PRIMARY", "FOREIGN", "REFERENCES", "UNIQUE",
    "DEFAULT", "NULL", "JOIN", "COLUMN", "CONSTRAINT", "LIMIT",
)  # fmt: skip
_STARTS = re.compile(
    r"(?:SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|CREATE\s+(?:UNIQUE\s+)?(?:TABLE|INDEX)"
    r"|ALTER\s+TABLE)\b",
    re.IGNORECASE,
)
_FIRST = ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER")
_KNOWN_FIRST = frozenset({"ALERT"})  # of PostgreSQL's and Snowflake's extensions
_AFTER_A_LIST = frozenset(
    {TokenType.COMMA, TokenType.R_PAREN, TokenType.FROM, TokenType.WHERE, TokenType.VALUES}
)
# SQL Server, BigQuery and others allow a comma after the last element.
_STRICT = frozenset({"", "postgres", "mysql", "sqlite"})


def find_mistakes(statement: Statement, dialect: str) -> Iterator[tuple[int, str]]:
    """The line of a mistake and what it is; at most one.

    A comma too many is one to PostgreSQL, MySQL and SQLite. Else a statement counts as wrong when
    SQLite stops at it and no dialect of sqlglot reads it, and then only for a missing comma, a
    parenthesis too many or too few, or a keyword that is misspelt.
    """
    text = statement.text
    if len(text) > _MOST_CHARACTERS or statement.is_template or statement.is_routine:
        return
    misspelt = _misspelt_start(statement)
    if misspelt:
        yield statement.line, misspelt
        return
    if not _STARTS.match(text):
        return
    try:
        tokens = sqlglot.tokenize(text, read=dialect or "postgres")
    except SqlglotError:
        return  # an odd quote: some dialect may know it
    found = _comma_too_many(tokens) if dialect in _STRICT else None
    if found is None and "\\" not in text:
        near = _stops_at(text)
        if near is not None and not is_sql_anywhere(statement):
            found = _name_mistake(tokens, near)
    if found is not None:
        token, what = found
        yield statement.line + token.line - 1, what


def _comma_too_many(tokens: list[Token]) -> tuple[Token, str] | None:
    for before, token in itertools.pairwise(tokens):
        if before.token_type == TokenType.COMMA and token.token_type in _AFTER_A_LIST:
            return before, f"the comma in front of {token.text} is one too many"
    return None


def _misspelt_start(statement: Statement) -> str:
    """A first word such as SELCT, in front of what only SQL has."""
    first = statement.head.partition(" ")[0]
    meant = next((word for word in _FIRST if _is_slip(first, word)), "")
    if not meant or first in _KNOWN_FIRST:
        return ""
    rest = statement.text[len(first) :].lstrip()
    repaired = Statement(f"{meant} {rest}", statement.line)
    is_certain = _STARTS.match(repaired.text) is not None and is_sql_anywhere(repaired)
    return f"{first} is no SQL; {meant} is" if is_certain and " " in rest else ""


def _stops_at(text: str) -> str | None:
    """The word at which SQLite's parser stops, None when it reads all of it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute("EXPLAIN " + text)
        except sqlite3.Error as error:
            found = re.search(r'near "(.*)": syntax error', str(error), re.DOTALL)
            if found is not None:
                return found.group(1)
            return "" if "incomplete input" in str(error) else None
    return None


def _name_mistake(tokens: list[Token], near: str) -> tuple[Token, str] | None:
    """The first mistake that explains why the parser stops at a word."""
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if depth < 0:
            return token, "this parenthesis closes nothing"
    if depth > 0 and near in ("", ";"):
        return tokens[-1], "a parenthesis is not closed"
    for before, token in itertools.pairwise(tokens):
        is_in_list = tokens[0].text.upper() == "CREATE" and before.text not in (",", "(")
        if is_in_list and token.text == near and token.line > before.line:
            return before, f"a comma is missing between {before.text} and {near}"
    for token, following in itertools.pairwise(tokens):
        meant = next((word for word in _KEYWORDS if _is_slip(token.text.upper(), word)), "")
        if meant and near in (token.text, following.text) and token.token_type == TokenType.VAR:
            return token, f"{token.text} is no SQL here; {meant} is"
    return None


def _is_slip(word: str, keyword: str) -> bool:
    """Whether one letter is missing, too many or wrong, or two have changed places."""
    if word == keyword or abs(len(word) - len(keyword)) > 1 or len(word) < 4:
        return False
    if len(word) == len(keyword):
        wrong = [i for i, pair in enumerate(zip(word, keyword, strict=True)) if pair[0] != pair[1]]
        if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
            return word[wrong[0]] == keyword[wrong[1]] and word[wrong[1]] == keyword[wrong[0]]
        return len(wrong) == 1
    longer, shorter = (word, keyword) if len(word) > len(keyword) else (keyword, word)
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))
