"""How often memories were found: counted at once, written later.

A search is not to wait for the disk. What was counted is written with a later search, and when
the store that the minds share is closed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable

from genesis.clock import utc_now
from genesis.errors import StorageError
from genesis.storage import memories as rows
from genesis.storage.database import Database

_MOST_HITS, _HIT_SECONDS = 500, 30.0
_log = logging.getLogger("genesis.memories")


class Accesses:
    """The hits of one process, by memories.id. Thread-safe.

    A kill loses those since the last write: at most five hundred, or those of half a minute of
    searching.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._hits: Counter[int] = Counter()
        self._first_hit = 0.0
        self._not_before = 0.0

    def count(self, memories: Iterable[int]) -> None:
        """Count an access of each; writes them when they are many or have waited long."""
        now = time.monotonic()
        with self._lock:
            if not self._hits:
                self._first_hit = now
            self._hits.update(memories)
            many = self._hits.total() >= _MOST_HITS and now >= self._not_before
            due = many or now - max(self._first_hit, self._not_before) > _HIT_SECONDS
        if due:
            try:
                self.write()
            except StorageError as error:
                # A search has its answer, whatever becomes of its counting.
                self._not_before = now + _HIT_SECONDS
                _log.warning("The hits of searches are not written yet: %s", error)

    def waiting(self, memory: int) -> int:
        """How many accesses of a memory are not written yet."""
        return self._hits.get(memory, 0)

    def write(self) -> None:
        """Write what was counted. Raises StorageError; it is then still counted."""
        with self._lock:
            hits, self._hits = self._hits, Counter()
        if not hits:
            return
        now = utc_now()
        try:
            self._database.writer.write(lambda connection: rows.count_hits(connection, hits, now))
        except BaseException:
            with self._lock:
                self._hits.update(hits)
            raise
