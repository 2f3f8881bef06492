"""What is wrong with a query, given the tables of the repository."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from genesis_engineering.databases.dialects import parse
from genesis_engineering.databases.explain import Answer, explain
from genesis_engineering.databases.literals import Literal
from genesis_engineering.databases.model import Schema
from genesis_engineering.databases.statements import Statement

_MOST_CHARACTERS = 5_000
_OF_THE_SYSTEM = re.compile(
    r"(?:sqlite|pragma|pg|sys|information_schema|all|user|dba|json|v\$)_|dual$|generate_series$"
    r"|excluded$|old$|new$|inserted$|deleted$|unnest$|values$|lateral$|mysql$|sys\w*$"
)
_OWN_SCHEMAS = frozenset({"", "main", "public", "dbo"})
_SPECIAL = re.compile(
    r"rowid|oid|ctid|xmin|xmax|tableoid|rownum|level|user|sysdate|current_\w+|session_user"
    r"|localtime\w*|excluded|rank|value|key|true|false|default|_\w+|\W.*|\d.*"
)
# A driver makes a list of the one parameter; braces are filled in, a semicolon ends a statement.
_PUT_IN = re.compile(r"\b(?:VALUES|IN)\s+\?|[{;]", re.IGNORECASE)
_PYTHON_PARAMETERS = re.compile(r"%\(\w+\)s|%s")


_NOT_SIMPLE = (
    exp.CTE, exp.Subquery, exp.Lateral, exp.Unnest, exp.TableAlias, exp.SetOperation, exp.Values,
    exp.Lambda, exp.Dot, exp.JSONExtract, exp.Anonymous,
)  # fmt: skip


@dataclass(frozen=True)
class Query:
    """A query with its tree and the tables that it names, by the name they have in it."""

    literal: Literal
    text: str
    tree: exp.Expr
    tables: dict[str, str]

    def line_of(self, word: str) -> int:
        """The line of the file in which the query first has a word."""
        found = re.search(rf"\b{re.escape(word)}\b", self.literal.text, re.IGNORECASE)
        return self.literal.line + self.literal.text.count("\n", 0, found.start() if found else 0)


@dataclass(frozen=True)
class Missing:
    """A column by which a table is searched, and that no index starts with."""

    table: str
    column: str
    plan: str


def read_query(literal: Literal, dialect: str) -> Query | None:
    """The query in a literal; None for what is not one whole statement on plain tables."""
    text = _PYTHON_PARAMETERS.sub("?", literal.text).replace("%%", "%").strip().rstrip(";")
    if len(text) > _MOST_CHARACTERS or _PUT_IN.search(text):
        return None
    tree = parse(Statement(text, literal.line), dialect)
    if not isinstance(tree, exp.Query | exp.Insert | exp.Update | exp.Delete):
        return None
    own = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    tables = {}
    for table in tree.find_all(exp.Table):
        name = table.name.lower()
        if not isinstance(table.this, exp.Identifier) or table.args.get("catalog"):
            return None
        if table.db.lower() not in _OWN_SCHEMAS or _OF_THE_SYSTEM.match(name):
            return None
        if name not in own:
            tables[table.alias_or_name.lower()] = name
    return Query(literal, text, tree, tables) if tables else None


def ask(connection: sqlite3.Connection, query: Query, schema: Schema) -> Answer | None:
    """SQLite's answer, where all tables of a query are wholly known."""
    known = [schema.tables.get(name) for name in query.tables.values()]
    if any(table is None or table.is_open or table.kind == "view" for table in known):
        return None
    answer = explain(connection, query.text)
    if not (answer.plan or answer.no_column or answer.counts):
        answer = Answer(no_column=_column_of_none(query, schema))
    if answer.no_column and not _is_column(answer.no_column, query):
        return None
    return answer


def missing_indexes(query: Query, answer: Answer, schema: Schema) -> Iterator[Missing]:
    """Tables that a simple query reads as a whole to find rows by a column without an index."""
    if len(list(query.tree.find_all(exp.Select, exp.SetOperation))) > 1:
        return
    for alias, place in answer.scanned.items():
        name = query.tables.get(alias)
        if name is None:
            continue
        # What is not first is read for each row of the tables before it.
        columns = [
            column.name.lower()
            for column in _compared(query.tree, with_columns=place > 0)
            if _owner(column, query, schema) == alias
        ]
        table = schema.tables[name]
        known = [column for column in columns if column in table.columns]
        if known and not any(table.has_index_on(column) for column in known):
            yield Missing(name, known[0], answer.plan[place])


def _column_of_none(query: Query, schema: Schema) -> str:
    """For a query that SQLite does not read: a column that none of its tables has, "" where all
    have one, or the query is not simple enough to say."""
    if query.tree.find(*_NOT_SIMPLE) or len(list(query.tree.find_all(exp.Select))) > 1:
        return ""
    columns = {name for table in query.tables.values() for name in schema.tables[table].columns}
    aliases = {alias.alias.lower() for alias in query.tree.find_all(exp.Alias)}
    for column in query.tree.find_all(exp.Column):
        name, owner = column.name.lower(), column.table.lower()
        if owner and owner not in query.tables:
            return ""
        if name not in columns | aliases | query.tables.keys() and isinstance(
            column.this, exp.Identifier
        ):
            return name
    return ""


def _is_column(name: str, query: Query) -> bool:
    """Whether a name that SQLite does not find is a plain column of the query."""
    plain = name.strip("\"'`[]").lower()
    if _SPECIAL.fullmatch(plain):
        return False
    return any(column.name.lower() == plain for column in query.tree.find_all(exp.Column)) or (
        isinstance(query.tree, exp.Insert)
        and any(one.name.lower() == plain for one in query.tree.find_all(exp.Identifier))
    )


def _compared(tree: exp.Expr, *, with_columns: bool) -> Iterator[exp.Column]:
    """The columns that all conditions of WHERE and ON set equal to a parameter, or to a column."""
    conditions = [node.this for node in tree.find_all(exp.Where)]
    conditions += [join.args["on"] for join in tree.find_all(exp.Join) if join.args.get("on")]
    while conditions:
        node = conditions.pop(0)
        if isinstance(node, exp.And | exp.Paren):
            conditions += [part for part in (node.this, node.args.get("expression")) if part]
        elif isinstance(node, exp.EQ):
            yield from _sides(node, with_columns=with_columns)


def _sides(node: exp.EQ, *, with_columns: bool) -> Iterator[exp.Column]:
    for one, other in ((node.this, node.expression), (node.expression, node.this)):
        is_given = isinstance(other, exp.Placeholder | exp.Parameter)
        if isinstance(one, exp.Column) and (
            is_given or (with_columns and isinstance(other, exp.Column))
        ):
            yield one


def _owner(column: exp.Column, query: Query, schema: Schema) -> str:
    """The table, as the query calls it, that a column belongs to; "" where several may."""
    if column.table:
        return column.table.lower()
    name = column.name.lower()
    owners = [a for a, table in query.tables.items() if name in schema.tables[table].columns]
    return owners[0] if len(owners) == 1 else ""
