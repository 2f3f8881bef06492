"""Nearest memories that fit a filter: from the index where that is certain, else exactly."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import cast

from genesis.storage.database import Database
from genesis.storage.exact_search import exact_search
from genesis.storage.index_pool import IndexPool
from genesis.storage.memories import Row
from genesis.storage.memory_changes import IndexRecord, pending
from genesis.storage.memory_filters import (
    VECTORS_GIVEN,
    MemoryFilter,
    codes_of,
    count_up_to,
    fitting,
)
from genesis.storage.vector_codes import code_length, possible_nearest

_LEAST, _TIMES = 40, 4
_PART = 10_000
# Comparing as many takes as long as asking the index, and then those that it did not name.
_FEW = 2000
# Conditions that an index of the database answers alone, so that counting costs next to nothing.
_COUNTED = frozenset({"user", "tags"})
Scores = list[tuple[int, float]]
Found = list[tuple[Row, float]]


def nearest_memories(
    database: Database,
    indexes: IndexPool,
    index: IndexRecord,
    mind: str,
    vector: bytes,
    wanted: MemoryFilter,
    limit: int,
) -> Found:
    """The memories nearest to a vector that fit: (COLUMNS, cosine similarity), best first.

    The vector is of the model that `index`, the record of the mind's vectors, names. Fewer than
    `limit` only when there are no more; all of them are compared when those that the index named
    do not suffice.
    """
    if limit < 1:
        return []
    found = None
    if not _are_few(database, mind, wanted):
        found = _from_index(database, indexes, index, mind, vector, wanted, limit)
    if found is None:
        compared = _compare_all(database, index, mind, vector, wanted, limit)
        found = _fitting(database, mind, wanted, compared, limit)
    return found


def _are_few(database: Database, mind: str, wanted: MemoryFilter) -> bool:
    if not _COUNTED & wanted.names:
        return False
    values = {**wanted.values(mind), "at_most": _FEW + 1}
    return cast(int, database.fetch(count_up_to(wanted.names), values)[0][0]) <= _FEW


def _compare_all(
    database: Database,
    index: IndexRecord,
    mind: str,
    vector: bytes,
    wanted: MemoryFilter,
    limit: int,
) -> Scores:
    """The nearest of all that fit: those that may be by their codes, compared exactly; read in
    parts, since all may be more than memory."""
    values = {**wanted.values(mind), "code_length": code_length(index.dimension)}
    codes = database.fetch_parts(codes_of(wanted.names), values, _PART)
    near = possible_nearest(cast(Iterable[list[tuple[int, bytes]]], codes), vector, limit)
    given = {"ids": json.dumps(near), "embedder": index.embedder}
    best: Scores = []
    for part in database.fetch_parts(VECTORS_GIVEN, given, _PART):
        best += exact_search(cast(list[tuple[int, bytes]], part), vector, limit)
    return sorted(best, key=lambda pair: (-pair[1], pair[0]))[:limit]


def _from_index(
    database: Database,
    indexes: IndexPool,
    index: IndexRecord,
    mind: str,
    vector: bytes,
    wanted: MemoryFilter,
    limit: int,
) -> Found | None:
    """At least `limit` of the nearest that fit; None when the index alone cannot tell."""
    if wanted.include_archived or not indexes.serves(mind, index):
        return None
    # Before asking the index: what it takes in meanwhile is then found in both, not in none.
    changed = pending(database, mind, index)
    fresh = [(number, held) for number, held in changed.items() if held is not None]
    # Most often the nearest ones fit; each further one that Chroma names costs it time.
    for count in (limit, max(_TIMES * limit, _LEAST)):
        named = indexes.nearest(mind, vector, count, index)
        if named is None or len(named) < count:
            return None
        compared = exact_search(fresh, vector, count)
        # Nothing that was not looked at is nearer than this.
        edge = max(named[-1][1], compared[-1][1] if len(fresh) > count else -1.0)
        known = [(number, score) for number, score in named if number not in changed]
        best = sorted(known + compared, key=lambda pair: (-pair[1], pair[0]))
        near = [pair for pair in best if pair[1] >= edge]
        found = _fitting(database, mind, wanted, near, limit)
        if len(found) == limit:
            return found
    return None


def _fitting(
    database: Database, mind: str, wanted: MemoryFilter, scores: Scores, limit: int
) -> Found:
    """The first `limit` of these that fit. Most often the first ones do, and each that is read is
    on another page of the file: as many are read as are wanted, then the others."""
    found: Found = []
    for some in (scores[:limit], scores[limit:]):
        if some and len(found) < limit:
            values = {**wanted.values(mind), "ids": json.dumps([number for number, _ in some])}
            rows = {row[0]: row for row in database.fetch(fitting(wanted.names), values)}
            found += [(rows[number], score) for number, score in some if number in rows]
    return found[:limit]
