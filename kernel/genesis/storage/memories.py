"""The record of memories: rows, tags, vectors, and what changes them, with its events.

Functions that take a connection run in the caller's transaction. A change of a vector is noted
for the index in the same transaction (`memory_changes`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

from pydantic import JsonValue
from sqlalchemy import Connection, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.sqlite import insert as upsert

from genesis.storage.database import Database
from genesis.storage.events import NewEvent, append_events
from genesis.storage.idempotency import forget_answers
from genesis.storage.memory_changes import note_changes
from genesis.storage.memory_filters import COLUMNS, memories
from genesis.storage.memory_tables import ARCHIVED_MEMORY, MemoryTagRow
from genesis.storage.memory_vectors import (
    NO_VECTOR,
    Model,
    NewVector,
    put_vector,
    takes_vectors,
    write_vector,
)
from genesis.storage.statements import Statement, Value, Values, table
from genesis.storage.vector_codes import encode

Row = tuple[Value, ...]

_m = memories.c
_tags = table(MemoryTagRow)
_MIND = _m.mind_gmid == bindparam("mind")
WRITTEN = (
    "memory_id", "mind_gmid", "type", "content", "content_hash", "emotion", "emotion_intensity",
    "importance", "access_count", "last_accessed", "created_at", "user_email",
    "relationship_context", "environment_id", "environment_name", "tags", "related_memory_ids",
    "extra_data", "archived_at", "merged_into", "awaits_vector", "code",
)  # fmt: skip
_INSERT = Statement(upsert(memories).on_conflict_do_nothing(index_elements=["memory_id"]), WRITTEN)
_TAG = Statement(upsert(_tags).on_conflict_do_nothing(), ["mind_gmid", "tag", "memory"])
_UNTAG = Statement(delete(_tags).where(_tags.c.memory == bindparam("id")))
_DELETE = Statement(delete(memories).where(_m.id == bindparam("id")))
_BY_NAME = Statement(
    select(*(_m[name] for name in COLUMNS)).where(_MIND, _m.memory_id == bindparam("memory_id"))
)
_SAME = Statement(
    select(_m.id, _m.memory_id).where(
        _MIND, _m.content_hash == bindparam("content_hash"), _m.type == bindparam("type"),
        _m.content == bindparam("content"),
        _m.user_email.is_not_distinct_from(bindparam("user_email")),
        _m.relationship_context.is_not_distinct_from(bindparam("relationship_context")),
        _m.archived_at.is_(None),
    ).order_by(_m.id).limit(1)
)  # fmt: skip
_NUMBERS = Statement(select(_m.id, _m.memory_id).where(_MIND, _m.memory_id == bindparam("name")))
# Text, since Core has no word for reading JSON lists or for recursion that SQLite plans well.
# BETWEEN one value and itself: for `=`, SQLite would read all memories into a Bloom filter first.
_WITH_MERGED = Statement(
    "WITH RECURSIVE gone (id, memory_id) AS ("
    "SELECT id, memory_id FROM memories WHERE mind_gmid = :mind "
    "AND memory_id IN (SELECT value FROM json_each(:names)) UNION "
    "SELECT m.id, m.memory_id FROM gone JOIN memories AS m "
    "ON m.merged_into BETWEEN gone.memory_id AND gone.memory_id "
    "WHERE m.merged_into IS NOT NULL AND m.mind_gmid = :mind) SELECT id, memory_id FROM gone"
)
_UNITE = Statement(
    "UPDATE memories SET importance = max(importance, :importance), "
    "access_count = access_count + :hits, extra_data = :extra_data, "
    "tags = (SELECT json_group_array(value) FROM (SELECT value FROM json_each(tags) UNION "
    "SELECT value FROM json_each(:tags))) WHERE id = :id"
)
# Whoever found it did so before this transaction: it may be another user's by now.
_METADATA = Statement(
    select(_m.extra_data).where(
        _m.id == bindparam("id"), _m.archived_at.is_(None), _m.type == bindparam("type"),
        _m.user_email.is_not_distinct_from(bindparam("user_email")),
        _m.relationship_context.is_not_distinct_from(bindparam("relationship_context")),
    )
)  # fmt: skip
_RELATE = Statement(
    "UPDATE memories SET related_memory_ids = json_insert(related_memory_ids, '$[#]', :other) "
    "WHERE mind_gmid = :mind AND memory_id = :name AND :other NOT IN "
    "(SELECT value FROM json_each(related_memory_ids))"
)
_HIT = Statement(
    update(memories)
    .where(_m.id == bindparam("of_id"))
    .values(access_count=_m.access_count + bindparam("hits"), last_accessed=bindparam("at"))
)
_MERGED = Statement(
    select(*(_m[name] for name in COLUMNS))
    .where(_m.merged_into == bindparam("name"), _MIND)
    .order_by(_m.id)
)
_OF_USER = Statement(select(_m.memory_id).where(_MIND, _m.user_email == bindparam("user")))
_BY_TYPE = Statement(select(_m.type, func.count()).where(_MIND).group_by(_m.type))
_ARCHIVED = Statement(
    select(func.count()).select_from(memories).where(_MIND, text(ARCHIVED_MEMORY))
)
_AWAITING = Statement(
    select(func.count()).select_from(memories).where(_MIND, text("awaits_vector = 1"))
)


@dataclass(frozen=True)
class Draft:
    """A memory to write: the values of WRITTEN (but the last two), its tags, its vector."""

    values: Mapping[str, Value]
    tags: Sequence[str]
    vector: bytes | None


def insert_memories(
    connection: Connection, mind: str, drafts: Sequence[Draft], model: Model | None, *, given: bool
) -> tuple[list[str], bool]:
    """Write memories with their tags, vectors, notes for the index and events `memory.added`;
    gives the ids of those that are new (an id that is taken is left as it is), and whether
    vectors were written.

    `model` made the vectors. When the mind's index is of another one, EmbedderMismatchError is
    raised for vectors that were `given`; others are left out, and the memories await theirs.
    """
    fits = model is not None and takes_vectors(connection, mind, model, given=given)
    added: list[tuple[int, str]] = []
    for draft in drafts:
        vector = draft.vector if fits else None
        code = None if vector is None else encode(vector)
        values = {**draft.values, "awaits_vector": int(vector is None), "code": code}
        cursor = _INSERT.run(connection, values)
        if cursor.rowcount != 1:
            continue
        number = cursor.lastrowid
        _write_tags(connection, mind, number, draft.tags)
        if vector is not None:
            write_vector(connection, number, cast(Model, model), vector)
        added.append((number, cast(str, values["memory_id"])))
    note_changes(connection, mind, added if fits else [])
    tell(connection, mind, "memory.added", [name for _, name in added])
    return [name for _, name in added], fits


def find_same(connection: Connection, draft: Draft) -> tuple[int, str] | None:
    """The living memory with the same text, type, user and context, by number and id."""
    named = ("content_hash", "content", "type", "user_email", "relationship_context")
    values = {name: draft.values[name] for name in named} | {"mind": draft.values["mind_gmid"]}
    row = _SAME.run(connection, values).fetchone()
    return None if row is None else (row[0], row[1])


def unite(
    connection: Connection, mind: str, found: tuple[int, str], taken: Values, hits: int = 0
) -> bool:
    """Let a memory take in another one that says the same (`importance`, `tags` and `extra_data`
    of it): the greater importance, all tags, all metadata (its own where both have it). False when
    it is gone, or no longer of the other's type, user and context."""
    number, name = found
    group = {key: taken[key] for key in ("type", "user_email", "relationship_context")}
    row = _METADATA.run(connection, {**group, "id": number}).fetchone()
    if row is None:
        return False
    # Not json_patch: null removes a key there.
    extra = json.dumps(json.loads(str(taken["extra_data"] or "{}")) | json.loads(row[0] or "{}"))
    named = {"importance": taken["importance"], "tags": taken["tags"], "extra_data": extra}
    _UNITE.run(connection, {**named, "hits": hits, "id": number})
    _write_tags(connection, mind, number, json.loads(str(taken["tags"])))
    tell(connection, mind, "memory.updated", [name])
    return True


def change_memory(
    connection: Connection,
    mind: str,
    name: str,
    values: Values,
    tags: Sequence[str] | None = None,
    vector: NewVector | None = None,
) -> bool:
    """Change columns of a memory; False when there is none of that id. New text (`content` among
    the values) without a vector awaits one."""
    row = _NUMBERS.run(connection, {"mind": mind, "name": name}).fetchone()
    if row is None:
        return False
    number = row[0]
    if values:
        _changing(tuple(sorted(values))).run(connection, {**values, "of_id": number})
    if tags is not None:
        _UNTAG.run(connection, {"id": number})
        _write_tags(connection, mind, number, tags)
    if vector is not None or "content" in values:
        put_vector(connection, mind, (number, name), vector)
    tell(connection, mind, "memory.updated", [name])
    return True


def delete_memories(
    connection: Connection, mind: str, names: Sequence[str], event: str
) -> list[str]:
    """Delete memories, and those that were merged into them; gives the ids of all of these."""
    values = {"mind": mind, "names": json.dumps(list(names))}
    gone = [(row[0], row[1]) for row in _WITH_MERGED.run(connection, values).fetchall()]
    numbers: list[Values] = [{"id": number} for number, _ in gone]
    for statement in (_UNTAG, NO_VECTOR, _DELETE):
        statement.run_many(connection, numbers)
    forget_answers(connection)
    note_changes(connection, mind, gone)
    tell(connection, mind, event, [name for _, name in gone])
    return [name for _, name in gone]


def relate_memories(connection: Connection, mind: str, one: str, other: str) -> None:
    """Link two memories both ways; once is enough."""
    for name, to in ((one, other), (other, one)):
        if _RELATE.run(connection, {"mind": mind, "name": name, "other": to}).rowcount == 1:
            tell(connection, mind, "memory.updated", [name])


def count_hits(connection: Connection, hits: Mapping[int, int], at: str) -> None:
    """Add to the counters of memories, by number, that searches found them."""
    rows: list[Values] = [{"of_id": n, "hits": count, "at": at} for n, count in hits.items()]
    _HIT.run_many(connection, rows)


def read_memory(database: Database, mind: str, name: str) -> Row | None:
    """The COLUMNS of a memory, archived or not."""
    rows = database.fetch(_BY_NAME, {"mind": mind, "memory_id": name})
    return rows[0] if rows else None


def merged_memories(database: Database, mind: str, name: str) -> list[Row]:
    """The COLUMNS of the memories that were merged into one, oldest first."""
    return database.fetch(_MERGED, {"mind": mind, "name": name})


def ids_of_user(database: Database, mind: str, user_email: str) -> list[str]:
    """The ids of all memories of a user, archived ones too."""
    return [str(row[0]) for row in database.fetch(_OF_USER, {"mind": mind, "user": user_email})]


def count_memories(database: Database, mind: str) -> tuple[dict[str, int], int, int]:
    """Counts by type (archived ones too), of archived ones, and of those that await a vector."""
    values: Values = {"mind": mind}
    types = {str(row[0]): cast(int, row[1]) for row in database.fetch(_BY_TYPE, values)}
    archived, awaiting = (database.fetch(s, values)[0][0] for s in (_ARCHIVED, _AWAITING))
    return types, cast(int, archived), cast(int, awaiting)


@cache
def _changing(names: tuple[str, ...]) -> Statement:
    changed = update(memories).where(_m.id == bindparam("of_id"))
    return Statement(changed.values(**{name: bindparam(name) for name in names}))


def _write_tags(connection: Connection, mind: str, number: int, tags: Sequence[str]) -> None:
    _TAG.run_many(connection, [{"mind_gmid": mind, "tag": t, "memory": number} for t in tags])


def tell(connection: Connection, mind: str, event: str, names: Sequence[str]) -> None:
    """Write an event about each of these memories."""
    payload: dict[str, JsonValue] = {"mind": mind}
    append_events(connection, [NewEvent(event, name, None, payload) for name in names])
