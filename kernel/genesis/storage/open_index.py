"""Open a mind's index so that it fits the record, feed it, and leave it sealed."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from genesis.storage.clean_memory import clear_allocations
from genesis.storage.database import Database
from genesis.storage.index_files import (
    FolderLock,
    Marker,
    has_left_seal,
    is_untouched,
    look_over,
    read_marker,
    remove_folder,
    seal,
    try_out,
    write_marker,
)
from genesis.storage.memory_changes import (
    IndexRecord,
    count_changes,
    drop_changes,
    living,
    living_vectors,
    note_all,
    pending,
    read_changes,
)
from genesis.storage.vector_index import VectorIndex

# Chroma takes a batch under the interpreter's lock: 100 vectors of 384 dimensions are some 20 ms.
BATCH = 100
_SAMPLE = 200
_log = logging.getLogger("genesis.minds")


@dataclass
class OpenIndex:
    """An index that this process owns.

    `users` search it now; `leaving`: nobody new may; `still`: held while nothing may be fed;
    `is_worth_asking`: comparing a query with all memories of the mind would take too long.
    """

    gmid: str
    folder: Path
    lock: FolderLock
    record: IndexRecord
    marker: Marker
    sealed: Marker
    index: VectorIndex
    still: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0
    leaving: bool = False
    failed: bool = False
    is_worth_asking: bool = False
    used_at: float = field(default_factory=time.monotonic)

    def serves(self, record: IndexRecord) -> bool:
        """Whether it can answer for this record: made for it, and has had all of it once."""
        return self.marker.built and self.record == record and not (self.failed or self.leaving)


def open_index(
    database: Database, folder: Path, gmid: str, record: IndexRecord, stopping: Callable[[], bool]
) -> OpenIndex | None:
    """Become the owner of a mind's index and open it; None when another process owns it.

    What does not fit the record or is damaged is begun anew, and all of the record noted as
    changes. Raises IndexFaultError, ImportError without chromadb, InterruptedError when
    `stopping` says so during a trial.
    """
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FolderLock.take(folder.with_name(f"{gmid}.lock"))
    if lock is None:
        return None
    try:
        marker = _fitting(database, folder, lock, gmid, record, stopping)
        unsealed = marker.model_copy(update={"seal": None})
        write_marker(folder, unsealed)
        clear_allocations()
        index = VectorIndex(folder)
        # Its first search reads the files and what was not yet sorted in; nobody shall wait for it.
        index.nearest(b"\0\0\x80?" + bytes(4 * record.dimension - 4), 1)
    except BaseException:
        lock.release()
        raise
    return OpenIndex(gmid, folder, lock, record, unsealed, marker, index)


def feed(database: Database, opened: OpenIndex) -> bool:
    """Give the index the oldest changes of its mind; whether there are more."""
    with opened.still:
        changes = read_changes(database, opened.gmid, opened.record, BATCH)
        if changes:
            latest = {change.memory: change.vector for change in changes}
            opened.index.put([(n, vector) for n, vector in latest.items() if vector is not None])
            opened.index.remove([n for n, vector in latest.items() if vector is None])
            database.writer.write(lambda connection: drop_changes(connection, changes))
        if len(changes) < BATCH and not opened.marker.built:
            opened.marker = opened.marker.model_copy(update={"built": True})
            write_marker(opened.folder, opened.marker)
    return len(changes) == BATCH


def shut(opened: OpenIndex) -> None:
    """Close it and let others own it; sealed, unless it failed: then the next owner tries it."""
    try:
        opened.index.close()
        if not opened.failed:
            built = opened.sealed.model_copy(update={"built": opened.marker.built})
            write_marker(opened.folder, seal(opened.folder, built))
    finally:
        opened.lock.release()


def _fitting(
    database: Database, folder: Path, lock: FolderLock, gmid: str, record: IndexRecord,
    stopping: Callable[[], bool],
) -> Marker:  # fmt: skip
    """The marker of a folder that fits the record and may be opened; begun anew if need be."""
    marker = read_marker(folder)
    if marker is not None and not fits(marker, record):
        problem = None
    elif marker is None:
        present = folder.exists() or folder.is_symlink()
        problem = "index.json is missing or cannot be read" if present else None
    else:
        problem = _damage(database, folder, lock, gmid, record, marker, stopping)
        if problem is None:
            return marker
    if problem is not None:
        _log.warning(
            "The vector index of mind %s (%s) is damaged: %s. It is built anew from the record; "
            "nothing is lost.", gmid, folder, problem,
        )  # fmt: skip
    return _begin(database, folder, gmid, record)


def fits(marker: Marker, record: IndexRecord) -> bool:
    """Whether a folder was made for this record."""
    return (marker.generation, marker.embedder, marker.dimension) == (
        record.generation, record.embedder, record.dimension,
    )  # fmt: skip


def _damage(
    database: Database, folder: Path, lock: FolderLock, gmid: str, record: IndexRecord,
    marker: Marker, stopping: Callable[[], bool],
) -> str | None:  # fmt: skip
    if marker.seal is not None:
        return has_left_seal(folder, marker)
    if not marker.built and is_untouched(folder):
        return None
    if problem := look_over(folder):
        return problem
    # What is not settled yet may be in the index or not: a crash came in between.
    doubtful = pending(database, gmid, record).keys()
    certain = [number for number in living(database, gmid, record) if number not in doubtful]
    sample = random.sample(certain, min(_SAMPLE, len(certain)))
    counts = range(len(certain), len(certain) + len(doubtful) + 1)
    vectors = living_vectors(database, gmid, record, sample)
    return try_out(folder, lock, list(vectors.items()), counts, stopping)


def _begin(database: Database, folder: Path, gmid: str, record: IndexRecord) -> Marker:
    """Begin anew. The marker comes last: whoever finds none begins anew again."""
    remove_folder(folder)
    folder.mkdir(mode=0o700)
    database.writer.write(lambda connection: note_all(connection, gmid, record))
    marker = Marker(
        generation=record.generation, embedder=record.embedder, dimension=record.dimension
    )
    write_marker(folder, marker)
    return marker


def problems(database: Database, opened: OpenIndex) -> list[str]:
    """How an index differs from the record, apart from the changes that it still lacks."""
    gmid, record, index = opened.gmid, opened.record, opened.index
    with opened.still:
        expected = living(database, gmid, record)
        held = index.numbers()
        different: set[int] = set()
        sample: list[tuple[int, bytes]] = []
        for start in range(0, len(expected), BATCH):
            some = expected[start : start + BATCH]
            vectors = list(living_vectors(database, gmid, record, some).items())
            different.update(index.differing(vectors))
            sample += vectors[:: max(1, len(expected) // _SAMPLE)]
        unfound = set(index.lost(sample))
        # What changed while this looked is among them, since nothing was fed meanwhile.
        lacking = pending(database, gmid, record).keys()
    missing = set(expected) - held
    found = {
        "missing": missing,
        "not of the record": held - set(expected),
        "with another vector": different - missing,
        "not found by a search for them": unfound - different,
    }
    return [
        f"index of mind {gmid}: {len(left)} memories are {what}, the first has number {min(left)}"
        for what, numbers in found.items()
        if (left := numbers - lacking)
    ]


def outstanding(database: Database, folder: Path, gmid: str, record: IndexRecord) -> int | None:
    """How many changes an index lacks, from what its owner wrote; None while it is begun anew."""
    marker = read_marker(folder)
    if marker is None or not fits(marker, record) or not marker.built:
        return None
    return count_changes(database, gmid)
