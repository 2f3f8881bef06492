"""The vector indexes that this process has open, and the thread that opens and feeds them."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import bindparam, func, select

from genesis.errors import StorageError
from genesis.storage.database import Database
from genesis.storage.index_files import FolderLock, read_marker, remove_folder
from genesis.storage.memory_changes import (
    IndexRecord,
    count_changes,
    drop_unwanted,
    index_record,
    renew_index,
)
from genesis.storage.memory_tables import MemoryRow
from genesis.storage.open_index import (
    OpenIndex,
    feed,
    fits,
    open_index,
    outstanding,
    problems,
    shut,
)
from genesis.storage.statements import Statement, table
from genesis.storage.vector_index import IndexFaultError

# To compare with as many vectors takes less than importing Chroma does, and finds all of them: of
# some hundred that are much alike, the index loses sight of 4 % when others change or are deleted.
LARGE = 2000
_GATHER_SECONDS = 2.0
_MOST_GATHERING_SECONDS = 10.0
_LOOK_SECONDS = 2.0
_RETRY_SECONDS = 60.0
_IDLE_SECONDS = 300.0
_POLL_SECONDS = 0.02
_log = logging.getLogger("genesis.minds")

_FIRST = (
    select(table(MemoryRow).c.id)
    .where(table(MemoryRow).c.mind_gmid == bindparam("gmid"))
    .limit(bindparam("most"))
)
_COUNT_FIRST = Statement(select(func.count()).select_from(_FIRST.subquery()))


class IndexPool:
    """The vector indexes of all minds of a home. Thread-safe.

    `folder` holds one folder for each mind, and a lock file beside it: one process owns an index
    while it has it open. Only the pool's own thread opens, feeds and closes. Nothing is lost when
    it ends at any moment: what it has not done yet stands in `memory_changes`, and any later
    process goes on with it.
    """

    def __init__(
        self, database: Database, folder: Path, *, at_most: int = 4, large: int = LARGE
    ) -> None:
        """Opens nothing yet and starts no thread. `at_most` indexes are open at a time; only that
        of a mind with more than `large` memories is asked."""
        self._database = database
        self._folder = folder
        self._at_most = at_most
        self._large = large
        self._process = os.getpid()
        self._turn = threading.Condition()
        self._open: OrderedDict[str, OpenIndex] = OrderedDict()
        self._due: dict[str, float] = {}
        self._gathering: dict[str, float] = {}
        self._wanted: set[str] = set()
        self._foreign: set[str] = set()
        self._waiting = 0
        self._stopping = False
        self._thread: threading.Thread | None = None

    def nearest(
        self, gmid: str, vector: bytes, count: int, record: IndexRecord | None = None
    ) -> list[tuple[int, float]] | None:
        """The memories nearest to a vector: (memories.id, cosine similarity), best first.

        `vector`: 32-bit floats, little-endian, unit length. None when this process cannot answer
        from the index now, or the vector has not the index's dimension: then compare with every
        vector of the record. It never waits for an index to be opened or built: it asks for that
        and gives None. May name memories that are gone or changed since: read `pending` BEFORE
        this and let that decide about the memories it names. `record`: the index's, already read.
        """
        opened = self._borrow(gmid, len(vector) // 4, record)
        if opened is None:
            return None
        try:
            return opened.index.nearest(vector, count)
        except IndexFaultError as fault:
            opened.failed = True
            _log.warning("The vector index of mind %s failed in a search: %s", gmid, fault)
            self._ask(gmid)
            return None
        finally:
            self._give_back(opened)

    def serves(self, gmid: str, record: IndexRecord | None = None) -> bool:
        """Whether `nearest` can answer for a mind now and is worth asking: of few memories, all
        are compared at least as well. Asks for the index if it is not open."""
        opened = self._borrow(gmid, None, record)
        if opened is not None:
            self._give_back(opened)
        return opened is not None and opened.is_worth_asking

    def wake(self, gmid: str) -> None:
        """Say that changes of a mind were noted (after the commit); returns at once.

        The index takes them in once no more come for a while: importing and feeding Chroma would
        slow down whoever is writing one after the other.
        """
        now = time.monotonic()
        with self._turn:
            if gmid in self._due:
                if gmid in self._gathering:
                    last = self._gathering[gmid] + _MOST_GATHERING_SECONDS
                    self._due[gmid] = min(now + _GATHER_SECONDS, last)
                return
            self._gathering[gmid] = now
        self._schedule(gmid, _GATHER_SECONDS)

    def settle(
        self, gmid: str, timeout: float = 60.0, progress: Callable[[int], None] | None = None
    ) -> bool:
        """Wait until the index has all changes; False when it has not within `timeout` seconds.

        `progress` gets the number of changes still outstanding, several times a second. When this
        process is or can become the owner, the index is open afterwards; otherwise the owner is
        waited for.
        """

        def settled() -> bool:
            record = index_record(self._database, gmid)
            if record is None:
                return count_changes(self._database, gmid) == 0
            left = outstanding(self._database, self._folder / gmid, gmid, record)
            if progress is not None and left is not None:
                progress(left)
            return left == 0 and (gmid not in self._wanted or gmid in self._foreign)

        return self._wait(gmid, settled, timeout)

    def rebuild(self, gmid: str, embedder: str, dimension: int) -> None:
        """Begin a new index from the record, in the background; `settle` waits for it.

        Vectors of other embedders in the record stay out of it.
        """
        self._database.writer.write(
            lambda connection: renew_index(connection, gmid, embedder, dimension)
        )
        self._ask(gmid)

    def forget(self, gmid: str, timeout: float = 30.0) -> None:
        """Remove what the index has on disk, then build it anew in the background.

        For erasing, after the record has let go: when this returns, no vector of the old index
        is left in any file. Raises StorageError when its owner does not get to it within
        `timeout` seconds: it will as soon as it can.
        """
        record = index_record(self._database, gmid)
        if record is not None:
            self.rebuild(gmid, record.embedder, record.dimension)

        def gone() -> bool:
            marker = read_marker(self._folder / gmid)
            now = index_record(self._database, gmid)
            begun = marker is not None and now is not None and fits(marker, now)
            return begun or not (self._folder / gmid).exists()

        if not self._wait(gmid, gone, timeout):
            raise StorageError(
                f"The vector index {self._folder / gmid} could not be removed within {timeout:g} "
                f"seconds; the process with id {FolderLock.owner(self._lock_path(gmid))} has it "
                "open. The record is erased; the index follows once that process ends or gets to "
                "it. End it, then run `genesis verify --fix`."
            )

    def check(self, gmid: str, timeout: float = 60.0) -> list[str] | None:
        """What is wrong with the index of a mind once it has all changes; [] if nothing.

        Compares all numbers and vectors with the record, and searches for some. None when
        another process owns the index.
        """
        if not self.settle(gmid, timeout):
            return [f"index of mind {gmid}: does not have all changes after {timeout:g} seconds"]
        record = index_record(self._database, gmid)
        if record is None:
            return []
        opened = self._borrow(gmid, record.dimension)
        if opened is None:
            return None
        try:
            return problems(self._database, opened)
        except IndexFaultError as fault:
            opened.failed = True
            return [f"index of mind {gmid}: {fault}"]
        finally:
            self._give_back(opened)

    def close(self) -> None:
        """Stop feeding after the batch in flight, close every index and give up ownership."""
        atexit.unregister(self.close)
        if self._process != os.getpid():
            return  # a forked child has neither the thread nor, for certain, the lock's release
        with self._turn:
            self._stopping = True
            self._turn.notify_all()
        # The last who holds a store may be this very thread, in the middle of a batch.
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _borrow(
        self, gmid: str, dimension: int | None, record: IndexRecord | None = None
    ) -> OpenIndex | None:
        record = record or index_record(self._database, gmid)
        with self._turn:
            opened = self._open.get(gmid)
            if opened is not None and record is not None and opened.serves(record):
                if dimension not in (None, record.dimension):
                    return None
                self._open.move_to_end(gmid)
                opened.users += 1
                opened.used_at = time.monotonic()
                return opened
        if opened is None and record is not None and self._is_large(gmid):
            self._ask(gmid)
        return None

    def _give_back(self, opened: OpenIndex) -> None:
        with self._turn:
            opened.users -= 1
            if opened.leaving:
                self._turn.notify_all()

    def _is_large(self, gmid: str) -> bool:
        most = self._large + 1
        return self._database.fetch(_COUNT_FIRST, {"gmid": gmid, "most": most})[0] == (most,)

    def _ask(self, gmid: str) -> None:
        self._wanted.add(gmid)
        with self._turn:
            self._gathering.pop(gmid, None)
        self._schedule(gmid, 0)

    def _schedule(self, gmid: str, seconds: float) -> None:
        """Let the thread tend an index that many seconds from now, or sooner."""
        moment = time.monotonic() + seconds
        with self._turn:
            if self._stopping or self._due.get(gmid, moment + 1) <= moment:
                return
            self._due[gmid] = moment
            if self._thread is None:
                # Ended in order at exit: Chroma's threads must not meet an interpreter in ruins.
                atexit.register(self.close)
                self._thread = threading.Thread(target=self._run, name="memory-index", daemon=True)
                self._thread.start()
            self._turn.notify_all()

    def _wait(self, gmid: str, done: Callable[[], bool], timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        with self._turn:
            self._waiting += 1
        try:
            self._foreign.discard(gmid)
            self._ask(gmid)
            while not done():
                if time.monotonic() > deadline or self._stopping:
                    return False
                time.sleep(_POLL_SECONDS)
            return True
        finally:
            with self._turn:
                self._waiting -= 1

    def _run(self) -> None:
        while (gmid := self._next()) is not None:
            try:
                again = self._tend(gmid)
            except InterruptedError:
                break
            except Exception as error:  # noqa: BLE001 - one mind's trouble is not another's
                if not threading.main_thread().is_alive():
                    break  # at exit, imports fail from some moment on
                _log.warning(
                    "The vector index of mind %s cannot be kept up: %s. Searches compare with "
                    "every memory meanwhile; it is tried again in %g seconds.",
                    gmid, error, _RETRY_SECONDS,
                )  # fmt: skip
                self._shut(gmid, failed=True)
                again = _RETRY_SECONDS
            if again is not None:
                self._schedule(gmid, again)
        for gmid in list(self._open):
            self._shut(gmid)

    def _next(self) -> str | None:
        """The next mind to be tended, when its time has come; None at the end."""
        with self._turn:
            while not self._stopping:
                gmid = min(self._due, key=self._due.__getitem__, default=None)
                left = None if gmid is None else self._due[gmid] - time.monotonic()
                if gmid is not None and left is not None and left <= 0:
                    del self._due[gmid]
                    self._gathering.pop(gmid, None)
                    return gmid
                self._turn.wait(left)
        return None

    def _tend(self, gmid: str) -> float | None:
        """Do what is to be done for one index now; gives the seconds until the next look."""
        record = index_record(self._database, gmid)
        opened = self._open.get(gmid)
        if opened is not None and (opened.failed or opened.record != record):
            self._wanted.add(gmid)
            self._shut(gmid)
            opened = None
        if record is None:
            return self._remove(gmid)
        if opened is None:
            if gmid not in self._wanted and self._is_settled(gmid, record):
                return None
            self._make_room()
            opened = open_index(
                self._database, self._folder / gmid, gmid, record, lambda: self._stopping
            )
            if opened is None:
                self._foreign.add(gmid)
                return _LOOK_SECONDS
            self._foreign.discard(gmid)
            with self._turn:
                self._open[gmid] = opened
        self._wanted.discard(gmid)
        return self._feed(opened)

    def _is_settled(self, gmid: str, record: IndexRecord) -> bool:
        return outstanding(self._database, self._folder / gmid, gmid, record) == 0

    def _feed(self, opened: OpenIndex) -> float | None:
        started = time.monotonic()
        more = feed(self._database, opened)
        opened.is_worth_asking = self._is_large(opened.gmid)
        now = time.monotonic()
        if more:
            # Chroma takes what it gets under the interpreter's lock: the others have half the time.
            return 0 if self._waiting else now - started
        if now - opened.used_at > _IDLE_SECONDS:
            self._shut(opened.gmid)
            return None
        return _LOOK_SECONDS

    def _remove(self, gmid: str) -> float | None:
        """A mind without an index in the record: nothing on disk belongs to it."""
        self._wanted.discard(gmid)
        self._database.writer.write(lambda connection: drop_unwanted(connection, gmid))
        if (self._folder / gmid).exists():
            lock = FolderLock.take(self._lock_path(gmid))
            if lock is None:
                return _LOOK_SECONDS
            remove_folder(self._folder / gmid)
            lock.release()
        return None

    def _make_room(self) -> None:
        while len(self._open) >= self._at_most:
            self._shut(next(iter(self._open)))

    def _shut(self, gmid: str, *, failed: bool = False) -> None:
        with self._turn:
            opened = self._open.pop(gmid, None)
            if opened is None:
                return
            opened.leaving = True
            opened.failed = opened.failed or failed
            self._turn.wait_for(lambda: opened.users == 0)
        try:
            shut(opened)
        except (IndexFaultError, OSError) as error:
            _log.warning("The vector index of mind %s was not closed in order: %s", gmid, error)

    def _lock_path(self, gmid: str) -> Path:
        return self._folder / f"{gmid}.lock"
