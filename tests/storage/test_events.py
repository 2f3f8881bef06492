"""The event log: order, once per change, and each plugin's own place in it."""

from __future__ import annotations

import pytest
from genesis.storage.database import Database
from genesis.storage.events import (
    NewEvent,
    append_events,
    events_after,
    move_cursor,
    open_cursor,
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


def test_an_id_is_never_used_again(database: Database) -> None:
    database.writer.write(lambda c: append_events(c, [NewEvent("probe.done", "a")]))
    database.writer.write(lambda c: c.exec_driver_sql("DELETE FROM events"))
    database.writer.write(lambda c: append_events(c, [NewEvent("probe.done", "b")]))
    with database.read() as connection:
        assert [event.id for event in events_after(connection, 0)] == [2]


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
