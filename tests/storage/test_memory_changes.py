"""The outbox between the record of memories and their index."""

from __future__ import annotations

import pytest
from genesis.clock import utc_now
from genesis.storage.database import Database
from genesis.storage.memory_changes import (
    IndexRecord,
    begin_index,
    count_changes,
    drop_changes,
    drop_unwanted,
    index_record,
    living,
    living_vectors,
    note_all,
    note_changes,
    pending,
    read_changes,
    renew_index,
)

from tests.storage.vectors import (
    DIMENSION,
    EMBEDDER,
    add_memories,
    add_mind,
    archive_memories,
    change_vector,
    delete_memories,
    vector_of,
)

GMID = "GMD-2026-AAAA-0001"
OTHER = "GMD-2026-BBBB-0002"


@pytest.fixture
def minds(database: Database) -> Database:
    add_mind(database, GMID)
    add_mind(database, OTHER)
    return database


def record_of(database: Database, gmid: str = GMID) -> IndexRecord:
    record = index_record(database, gmid)
    assert record is not None
    return record


def test_pending_has_the_vector_of_what_lives_and_none_for_what_is_gone(minds: Database) -> None:
    numbers = add_memories(minds, GMID, range(4))
    add_memories(minds, OTHER, [9])
    delete_memories(minds, GMID, [numbers[0]])
    archive_memories(minds, GMID, [numbers[1]], utc_now())
    change_vector(minds, GMID, numbers[2], vector_of(77))
    assert pending(minds, GMID, record_of(minds)) == {
        numbers[0]: None, numbers[1]: None, numbers[2]: vector_of(77), numbers[3]: vector_of(3),
    }  # fmt: skip
    assert count_changes(minds, GMID) == 7


def test_dropping_what_was_read_keeps_a_later_change_of_the_same_memory(minds: Database) -> None:
    numbers = add_memories(minds, GMID, [1])
    read = read_changes(minds, GMID, record_of(minds), 100)
    change_vector(minds, GMID, numbers[1], vector_of(2))
    minds.writer.write(lambda c: drop_changes(c, read))
    assert pending(minds, GMID, record_of(minds)) == {numbers[1]: vector_of(2)}


def test_vectors_of_another_embedder_or_length_do_not_belong_into_the_index(
    minds: Database,
) -> None:
    numbers = add_memories(minds, GMID, [1])
    strange = add_memories(minds, GMID, [2], embedder="another")
    short = add_memories(minds, GMID, [3])
    change_vector(minds, GMID, short[3], vector_of(3)[:-4])
    record = record_of(minds)
    assert living(minds, GMID, record) == [numbers[1]]
    assert pending(minds, GMID, record)[strange[2]] is None
    assert living_vectors(minds, GMID, record, [*numbers.values(), *strange.values()]) == {
        numbers[1]: vector_of(1)
    }


def test_an_index_keeps_the_embedder_that_it_began_with(minds: Database) -> None:
    first = minds.writer.write(lambda c: begin_index(c, GMID, EMBEDDER, DIMENSION))
    again = minds.writer.write(lambda c: begin_index(c, GMID, "another", 8))
    assert first == again == record_of(minds)
    minds.writer.write(lambda c: renew_index(c, GMID, "another", 8))
    assert record_of(minds).embedder == "another"
    assert record_of(minds).generation != first.generation


def test_noting_all_replaces_what_was_noted(minds: Database) -> None:
    numbers = add_memories(minds, GMID, range(3))
    archive_memories(minds, GMID, [numbers[0]], utc_now())
    add_memories(minds, OTHER, [5])
    minds.writer.write(lambda c: note_all(c, GMID, record_of(minds)))
    assert pending(minds, GMID, record_of(minds)).keys() == {numbers[1], numbers[2]}
    assert count_changes(minds, GMID) == 2
    assert count_changes(minds, OTHER) == 1


def test_only_a_mind_without_an_index_loses_its_changes_unread(minds: Database) -> None:
    minds.writer.write(lambda c: note_changes(c, OTHER, [(1, "one")]))
    add_memories(minds, GMID, [1])
    for gmid in (GMID, OTHER):
        minds.writer.write(lambda c, gmid=gmid: drop_unwanted(c, gmid))
    assert (count_changes(minds, GMID), count_changes(minds, OTHER)) == (1, 0)
