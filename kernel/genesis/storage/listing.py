"""Pages of a table by its key: a page costs the same at any depth, and nothing is counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue
from sqlalchemy import BindParameter, Select, bindparam, select
from sqlmodel import SQLModel

from genesis.storage.database import Database
from genesis.storage.statements import Statement, Value, table

JsonRow = dict[str, JsonValue]
Read = Callable[[Value], JsonValue]


class Listing:
    """Some columns of one table as JSON, in the order of a key: the newest or the lowest first.

    `read` says how a column's value becomes JSON, where it is not JSON already.
    """

    def __init__(
        self,
        model: type[SQLModel],
        columns: Sequence[str],
        *,
        key: str = "id",
        newest: bool = False,
        read: Mapping[str, Read] | None = None,
    ) -> None:
        self._table = table(model)
        self._columns = tuple(columns)
        self._key = key
        self._newest = newest
        self._read = {self._columns.index(name): how for name, how in (read or {}).items()}
        self._pages: dict[frozenset[str], Statement] = {}
        self._one = Statement(self._select().where(self._table.c[key] == bindparam("key")))

    def page(
        self, database: Database, limit: int, after: str | None = None, **equal: Value
    ) -> dict[str, JsonValue]:
        """`items` and `next`: the key with which the next page begins, None at the end. `equal`
        names columns and the values that they must have; None lets everything through."""
        wanted = {name: value for name, value in equal.items() if value is not None}
        names = frozenset(wanted) | ({"after"} if after is not None else set())
        statement = self._pages.get(names)
        if statement is None:
            statement = self._pages[names] = self._page(names)
        rows = database.fetch(statement, {**wanted, "after": after, "at_most": limit + 1})
        items: list[JsonValue] = [self.row(row) for row in rows[:limit]]
        last = None
        if len(rows) > limit:
            last = str(rows[limit - 1][self._columns.index(self._key)])
        return {"items": items, "next": last}

    def find(self, database: Database, key: str) -> JsonRow | None:
        """The row of a key, or None."""
        rows = database.fetch(self._one, {"key": key})
        return self.row(rows[0]) if rows else None

    def row(self, row: Sequence[Value]) -> JsonRow:
        """A row of the columns as JSON."""
        values: list[JsonValue] = list(row)  # type: ignore[arg-type]  # no column holds bytes
        for place, how in self._read.items():
            values[place] = how(row[place])
        return dict(zip(self._columns, values, strict=True))

    def _select(self) -> Select[tuple[object, ...]]:
        return select(*(self._table.c[name] for name in self._columns))

    def _page(self, names: frozenset[str]) -> Statement:
        key = self._table.c[self._key]
        query = self._select().order_by(key.desc() if self._newest else key)
        for name in sorted(names - {"after"}):
            query = query.where(self._table.c[name] == bindparam(name))
        if "after" in names:
            after: BindParameter[str] = bindparam("after")
            query = query.where(key < after if self._newest else key > after)
        return Statement(query.limit(bindparam("at_most")))


def as_json(value: Value) -> JsonValue:
    """What a column of JSON text holds; nothing is an empty object."""
    if value is None or value == "{}":
        return {}
    parsed: JsonValue = json.loads(str(value))
    return parsed


def as_json_or_none(value: Value) -> JsonValue:
    """What a column of JSON text holds, or None."""
    return None if value is None else as_json(value)


def as_bool(value: Value) -> JsonValue:
    """What a column of truth values holds."""
    return bool(value)
