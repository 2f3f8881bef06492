"""Keep memories in order: archive what no longer matters, merge what says the same.

Nothing is deleted: what is archived or merged keeps its row, is left out of searches and lists,
and can be read by its id.
"""

from __future__ import annotations

from functools import partial
from typing import cast

from genesis.clock import utc_after
from genesis.storage.database import Database
from genesis.storage.memory_changes import index_record
from genesis.storage.memory_filters import MemoryFilter, vectors_of
from genesis.storage.memory_upkeep import (
    Pair,
    archive_faded,
    exact_duplicates,
    groups,
    merge_pairs,
)

MERGE = 0.90
"""The cosine similarity from which consolidation merges."""
NEEDED_AFTER = 1000
_ARCHIVED_AFTER_DAYS = 365
_ROWS = 128
_AT_ONCE = 200


def consolidate(database: Database, mind: str) -> dict[str, int]:
    """Archive memories older than a year, of an importance below 0.3, used less than three times;
    then merge duplicates. Gives the counts `archived` and `merged`."""
    write, archived, merged = database.writer.write, 0, 0
    before = utc_after(-_ARCHIVED_AFTER_DAYS * 86_400)
    while done := write(partial(archive_faded, mind=mind, before=before, at_most=_AT_ONCE)):
        archived += done
    pairs = duplicates(database, mind, MERGE)
    for start in range(0, len(pairs), _AT_ONCE):
        part = pairs[start : start + _AT_ONCE]
        merged += write(partial(merge_pairs, mind=mind, pairs=part, threshold=MERGE))
    return {"archived": archived, "merged": merged}


def duplicates(database: Database, mind: str, threshold: float) -> list[Pair]:
    """(one that stays, a newer one that says the same), by memories.id: living memories of one
    type, user and context. None is in two pairs as the second, or once as first and as second.

    Compares all with all: the time grows with the square of the memories of one group.
    """
    into = {absorbed: kept for kept, absorbed in exact_duplicates(database, mind)}
    index = index_record(database, mind)
    for kind, user, context in groups(database, mind) if index is not None else ():
        wanted = MemoryFilter(type=kind, owner=(user, context))
        values = {**wanted.values(mind), "embedder": index.embedder if index else None}
        rows = cast(list[tuple[int, bytes]], database.fetch(vectors_of(wanted.names), values))
        into |= _near(sorted(row for row in rows if row[0] not in into), threshold)
    return [(_last(kept, into), absorbed) for absorbed, kept in sorted(into.items())]


def _near(vectors: list[tuple[int, bytes]], threshold: float) -> dict[int, int]:
    """absorbed -> kept, oldest first; nothing that is absorbed absorbs, so likeness does not
    travel along a chain."""
    import numpy as np

    if len(vectors) < 2:
        return {}
    numbers = np.array([number for number, _ in vectors])
    matrix = np.frombuffer(b"".join([v for _, v in vectors]), "<f4").reshape(len(vectors), -1)
    into: dict[int, int] = {}
    gone = np.zeros(len(vectors), dtype=bool)
    for start in range(0, len(vectors), _ROWS):
        scores = matrix[start : start + _ROWS] @ matrix[start:].T
        for row in range(len(scores)):
            if gone[start + row]:
                continue
            alike = start + row + 1 + np.flatnonzero(scores[row, row + 1 :] >= threshold)
            for place in alike[~gone[alike]]:
                into[int(numbers[place])] = int(numbers[start + row])
            gone[alike] = True
    return into


def _last(kept: int, into: dict[int, int]) -> int:
    while kept in into:
        kept = into[kept]
    return kept
