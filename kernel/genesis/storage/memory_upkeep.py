"""Archiving and merging memories, as statements. Nothing is deleted here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, bindparam, func, select, text

from genesis.clock import utc_now
from genesis.storage.database import Database
from genesis.storage.exact_search import exact_search
from genesis.storage.memories import tell, unite
from genesis.storage.memory_changes import note_changes
from genesis.storage.memory_filters import memories
from genesis.storage.statements import Statement, Values

Pair = tuple[int, int]
"""(memories.id that stays, memories.id that goes into it)."""
Group = tuple[str, str | None, str | None]
"""(type, user_email, relationship_context): only within one is anything merged."""

_m = memories.c
_LIVING = (_m.mind_gmid == bindparam("mind"), _m.archived_at.is_(None))
_GROUP = (_m.type, _m.user_email, _m.relationship_context)
_GROUPS = Statement(select(*_GROUP).where(*_LIVING).group_by(*_GROUP).having(func.count() > 1))
# Text, since Core cannot say UPDATE .. RETURNING with a LIMIT on SQLite.
_ARCHIVE = Statement(
    "UPDATE memories SET archived_at = :now WHERE id IN (SELECT id FROM memories "
    "WHERE mind_gmid = :mind AND archived_at IS NULL AND created_at < :before "
    "AND importance < 0.3 AND access_count < 3 LIMIT :at_most) RETURNING id, memory_id"
)
_SAME = Statement(
    "SELECT kept, m.id FROM memories AS m JOIN ("
    "SELECT content_hash, type, user_email, relationship_context, min(id) AS kept FROM memories "
    "WHERE mind_gmid = :mind AND archived_at IS NULL GROUP BY 1, 2, 3, 4 HAVING count(*) > 1"
    ") AS one ON m.content_hash = one.content_hash AND m.type = one.type "
    "AND m.user_email IS one.user_email AND m.relationship_context IS one.relationship_context "
    "WHERE m.mind_gmid = :mind AND m.archived_at IS NULL AND m.id <> kept ORDER BY m.id"
)
_TAKEN = ("importance", "tags", "extra_data", *(column.name for column in _GROUP))
_READ = Statement(
    select(
        _m.memory_id, _m.access_count, *(_m[name] for name in _TAKEN)
    ).where(_m.id == bindparam("id"), _m.archived_at.is_(None))
)  # fmt: skip
_BESIDE = Statement(
    "SELECT k.content = m.content, kv.vector, mv.vector FROM memories AS k, memories AS m "
    "LEFT JOIN memory_vectors AS kv ON kv.memory = k.id "
    "LEFT JOIN memory_vectors AS mv ON mv.memory = m.id WHERE k.id = :kept AND m.id = :id"
)
_MERGE = Statement("UPDATE memories SET archived_at = :now, merged_into = :kept WHERE id = :id")
_NAMES = Statement(
    select(_m.id, _m.memory_id).where(
        _m.id.in_(select(text("value")).select_from(func.json_each(bindparam("ids"))))
    )
)


def archive_faded(connection: Connection, mind: str, before: str, at_most: int) -> int:
    """Archive memories created before a time, of an importance below 0.3 and used less than three
    times; gives how many (0: none is left)."""
    values: Values = {"mind": mind, "before": before, "at_most": at_most, "now": utc_now()}
    done = [(row[0], row[1]) for row in _ARCHIVE.run(connection, values).fetchall()]
    note_changes(connection, mind, done)
    tell(connection, mind, "memory.archived", [name for _, name in done])
    return len(done)


def merge_pairs(connection: Connection, mind: str, pairs: Sequence[Pair], threshold: float) -> int:
    """Let memories take others in (`unite`); those are archived and name what they went into.
    Gives how many were merged: a pair of which one is gone, archived, of another group or says
    something else meanwhile is not."""
    now, merged = utc_now(), list[tuple[int, str]]()
    for kept, absorbed in pairs:
        into = _READ.run(connection, {"id": kept}).fetchone()
        row = _READ.run(connection, {"id": absorbed}).fetchone()
        if into is None or row is None or not _still_alike(connection, kept, absorbed, threshold):
            continue
        name, hits, *taken = row
        values: Values = dict(zip(_TAKEN, taken, strict=True))
        if not unite(connection, mind, (kept, into[0]), values, hits):
            continue
        _MERGE.run(connection, {"now": now, "kept": into[0], "id": absorbed})
        merged.append((absorbed, name))
    note_changes(connection, mind, merged)
    tell(connection, mind, "memory.merged", [name for _, name in merged])
    return len(merged)


def _still_alike(connection: Connection, kept: int, absorbed: int, threshold: float) -> bool:
    """Whether two memories say the same now: who found that did so before this transaction."""
    ((same, one, other),) = _BESIDE.run(connection, {"kept": kept, "id": absorbed}).fetchall()
    if same or one is None or other is None:
        return bool(same)
    return len(one) == len(other) and bool(exact_search([(kept, one)], other, 1)[0][1] >= threshold)


def exact_duplicates(database: Database, mind: str) -> list[Pair]:
    """Living memories with the text of an older one of their group."""
    return cast(list[Pair], database.fetch(_SAME, {"mind": mind}))


def groups(database: Database, mind: str) -> list[Group]:
    """The groups of living memories that have more than one."""
    return cast(list[Group], database.fetch(_GROUPS, {"mind": mind}))


def names_of(database: Database, numbers: Sequence[int]) -> dict[int, str]:
    """The ids (memory_id) of memories by their numbers."""
    rows = database.fetch(_NAMES, {"ids": json.dumps(list(numbers))})
    return cast(dict[int, str], dict(cast(list[tuple[int, str]], rows)))
