"""What the minds of one home share: its database, its embedder, its vector indexes.

A kernel makes one of its own parts. A program that opens a mind by itself gets that of the
mind's home; all minds of a home in one process share it, since their writes are committed in
groups and a vector index has one owner.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from genesis.home import Home, OwnerLock, is_owner_alive
from genesis.settings import KernelSettings, load_kernel_settings, read_settings_file
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate

# What a program does not use is not imported: it may only read messages.
if TYPE_CHECKING:
    from genesis.contracts.models import ChatModel
    from genesis.minds.accesses import Accesses
    from genesis.minds.background_handlers import Handlers
    from genesis.minds.background_runner import BackgroundRunner
    from genesis.minds.embedding import Embedding
    from genesis.storage.index_pool import IndexPool

T = TypeVar("T")


class Records(Protocol):
    """Gives what plugins contribute of one type, in their order."""

    def __call__(self, record_type: type[T], /) -> list[T]:
        """The records of that type."""


class MindStore:
    """The services of one home's minds; they cannot be used after `close`.

    `on_commit` is called after events of background tasks were written.
    """

    def __init__(
        self,
        home: Home,
        database: Database,
        settings: KernelSettings,
        records: Records,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self.home = home
        self.database = database
        self.records = records
        self._settings = settings
        self._on_commit = on_commit
        self._cleanup = ExitStack()
        self._runner: BackgroundRunner | None = None

    @cached_property
    def embedding(self) -> Embedding:
        """What turns the texts of memories into vectors."""
        from genesis.contracts.embedders import Embedder
        from genesis.minds.embedding import Embedding

        records = self.records
        return Embedding(lambda: records(Embedder), self._settings.embedder)

    @cached_property
    def indexes(self) -> IndexPool:
        """The vector indexes of the minds' memories."""
        from genesis.storage.index_pool import IndexPool

        pool = IndexPool(self.database, self.home.indexes)
        self._cleanup.callback(pool.close)
        return pool

    @cached_property
    def accesses(self) -> Accesses:
        """How often memories were found; what is not written yet is written by `close`."""
        from genesis.minds.accesses import Accesses

        accesses = Accesses(self.database)
        self._cleanup.callback(accesses.write)
        return accesses

    @cached_property
    def handlers(self) -> Handlers:
        """What carries out background tasks in this process."""
        from genesis.contracts.background import TaskHandler
        from genesis.minds.background_handlers import Handlers
        from genesis.minds.retention_job import RETENTION, retention_handler

        known = Handlers(self.records(TaskHandler))
        known.register(RETENTION, retention_handler(self.home.minds, self.database))
        return known

    def chat_model(self) -> ChatModel:
        """The model that `[kernel] model` names, or the first that lacks nothing at this moment.
        Raises ModelError, which says how to get one."""
        from genesis.contracts.models import ChatModel
        from genesis.minds.chat import choose_model

        return choose_model(self.records(ChatModel), self._settings.model)

    def start_background(self, workers: int | None = None) -> BackgroundRunner:
        """Run the background tasks of this home's minds in this process until `close`; gives who
        runs them, the same at every call. Raises StorageError."""
        if self._runner is None:
            self._runner = self.background_runner(workers)
            self._cleanup.callback(self._runner.stop)
            self._runner.start()
        return self._runner

    def background_runner(self, workers: int | None = None) -> BackgroundRunner:
        """Who can run the background tasks, not started."""
        from genesis.minds.background_runner import BackgroundRunner

        lock = OwnerLock(self.home)
        self._cleanup.callback(lock.release)
        return BackgroundRunner(
            self.database,
            self.handlers,
            owner=lock.owner,
            is_alive=lambda owner: is_owner_alive(self.home, owner),
            workers=workers or self._settings.workers,
            on_commit=self._on_commit,
        )

    def serve(self, part: T) -> T:
        """Stay open as long as a part lives: it may outlive the mind that it came from."""
        weakref.finalize(part, _let_go, self)
        return part

    def wake_background(self) -> None:
        """Say that a task was submitted."""
        if self._runner is not None:
            self._runner.wake()

    def close(self) -> None:
        """Give every file and thread back. Can be called twice."""
        self._cleanup.close()


_lock = threading.Lock()
_in_use: weakref.WeakValueDictionary[tuple[int, Path], MindStore] = weakref.WeakValueDictionary()


def shared_store(home: Home) -> MindStore:
    """The store of a home for programs without a kernel; opened, and its tables brought up to
    date, when nobody in this process uses it yet; closed with the last mind that does.

    Raises SettingsError, HomeError, StorageError.
    """
    # A forked child must not write through its parent's connections.
    key = (os.getpid(), home.root.resolve())
    with _lock:
        found = _in_use.get(key)
        if found is None:
            found = _open(home)
            _in_use[key] = found
    return found


def _open(home: Home) -> MindStore:
    tables = read_settings_file(home.settings_file)
    settings = load_kernel_settings(home.settings_file, tables)
    home.prepare()
    with ExitStack() as stack:
        # So that nobody restores a backup over a home in which a program holds a mind.
        stack.callback(OwnerLock(home).release)
        database = Database(home.database, durability=settings.durability)
        stack.callback(database.close)
        migrate(database, "kernel", KERNEL_REVISIONS)
        store = MindStore(home, database, settings, _InstalledRecords(home, database, settings))
        kept = stack.pop_all()
    # At the end of the program, too: a finalizer runs then if the store still lives.
    services = store._cleanup  # noqa: SLF001 - its own module
    weakref.finalize(store, _close, os.getpid(), services, kept)
    return store


def _let_go(_store: MindStore) -> None:
    """A finalizer holds what it is called with until then; there is nothing else to do."""


def _close(process: int, services: ExitStack, database: ExitStack) -> None:
    # A forked child must leave what is its parent's alone: files, locks, and counts not written.
    if process == os.getpid():
        with database:
            services.close()


class _InstalledRecords:
    """What installed plugins contribute; they are loaded, not started, on the first question."""

    def __init__(self, home: Home, database: Database, settings: KernelSettings) -> None:
        self._home = home
        self._database = database
        self._settings = settings
        self._lock = threading.Lock()
        self._found: list[object] | None = None

    def __call__(self, record_type: type[T], /) -> list[T]:
        with self._lock:
            if self._found is None:
                self._found = self._load()
        return [record for record in self._found if isinstance(record, record_type)]

    def _load(self) -> list[object]:
        # Only a program that embeds or runs tasks pays for the import of the host.
        from genesis.host.discovery import discover
        from genesis.host.host import PluginHost
        from genesis.host.selection import select_by_settings

        tables = read_settings_file(self._home.settings_file)
        host = PluginHost(self._database, tables, self._home.root / "plugins")
        try:
            host.load(select_by_settings(discover(), self._settings))
            return host.records(object)
        finally:
            host.stop()
