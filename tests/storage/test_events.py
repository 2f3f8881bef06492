"""The event log: order, once per change, and each plugin's own place in it."""

from __future__ import annotations

import json

import pytest
from genesis.contracts.events import Event
from genesis.errors import StorageError
from genesis.storage.database import Database
from genesis.storage.events import (
    NewEvent,
    append_events,
    events_after,
    move_cursor,
    open_cursor,
)
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from sqlalchemy import Connection, text

_scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_json = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_events_come_in_the_order_in_which_they_were_written(database: Database) -> None:
    for first in (0, 3):
        new = [
            NewEvent("probe.done", f"s{n}", "session-1", {"n": n}) for n in range(first, first + 3)
        ]
        database.writer.write(lambda c, new=new: append_events(c, new))
    with database.read() as connection:
        found = events_after(connection, 0)
        assert [event.payload["n"] for event in found] == list(range(6))
        assert [event.id for event in found] == sorted({event.id for event in found})
        assert events_after(connection, found[3].id) == found[4:]
        assert events_after(connection, 0, at_most=2) == found[:2]
    assert found[0].type == "probe.done"
    assert (found[0].subject, found[0].session_id) == ("s0", "session-1")


def test_an_event_is_gone_with_the_change_that_it_told_of(database: Database) -> None:
    def operation(connection: object) -> None:
        append_events(connection, [NewEvent("probe.done", "s")])
        raise ValueError("undone")

    with pytest.raises(ValueError, match="undone"):
        database.writer.write(operation)
    with database.read() as connection:
        assert events_after(connection, 0) == []


def test_the_newest_event_cannot_be_deleted_so_an_id_is_never_used_again(
    database: Database,
) -> None:
    for subject in "abc":
        append(database, subject)
    with pytest.raises(StorageError, match="newest event"):
        database.writer.write(lambda c: c.exec_driver_sql("DELETE FROM events"))
    database.writer.write(lambda c: c.exec_driver_sql("DELETE FROM events WHERE id < 3"))
    append(database, "d")
    with database.read() as connection:
        assert [event.id for event in events_after(connection, 0)] == [3, 4]


def append(database: Database, subject: str) -> None:
    database.writer.write(lambda c: append_events(c, [NewEvent("probe.done", subject)]))


def test_no_events_write_nothing(database: Database) -> None:
    database.writer.write(lambda c: append_events(c, []))
    with database.read() as connection:
        assert events_after(connection, 0) == []


def test_each_plugin_reads_on_from_its_own_place(database: Database) -> None:
    write = database.writer.write
    assert write(lambda c: open_cursor(c, "one")) == 0
    write(lambda c: move_cursor(c, "one", 7, failures=2))
    assert write(lambda c: open_cursor(c, "one")) == 7
    assert write(lambda c: open_cursor(c, "two")) == 0


@given(payloads=st.lists(st.dictionaries(st.text(), _json, max_size=4), max_size=5))
def test_events_are_read_as_they_were_written(
    database: Database, payloads: list[dict[str, JsonValue]]
) -> None:
    def operation(connection: Connection) -> int:
        last = connection.execute(text("SELECT max(id) FROM events")).scalar_one() or 0
        append_events(connection, [NewEvent("probe.done", "s", None, each) for each in payloads])
        return int(last)

    before = database.writer.write(operation)
    with database.read() as connection:
        found = events_after(connection, before)
        query = text("SELECT * FROM events WHERE id > :before ORDER BY id")
        rows = connection.execute(query, {"before": before}).mappings().all()
    assert [event.payload for event in found] == payloads
    # Nothing is checked when they are read; they are what a check would give.
    checked = [Event.model_validate({**row, "payload": json.loads(row["payload"])}) for row in rows]
    assert found == checked
    assert [event.model_dump() for event in found] == [event.model_dump() for event in checked]
