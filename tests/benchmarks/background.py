"""Background tasks accepted, run and completed, beside huey and DBOS on SQLite.

The task does nothing, so this is the cost of keeping it: ours with its record and its events. All
write with synchronous=FULL and have the same number of workers; huey keeps a write-ahead log as we
do, DBOS the rollback journal that it is delivered with.
"""

from __future__ import annotations

import importlib
import importlib.util
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

from genesis.clock import utc_now
from genesis.minds.background import BackgroundTasks
from genesis.minds.background_handlers import Handlers
from genesis.minds.background_runner import BackgroundRunner
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.storage.minds import MindRecord, register_mind

from tests.benchmarks.figures import Figure, interleaved

TASKS = 200
ROUNDS = 7
GMID = "GMD-2026-AAAA-0001"


def measure(folder: Path) -> Iterator[Figure]:
    """Each round gives TASKS tasks one after another and then works until all are done."""
    with ExitStack() as stack:
        database = _open(folder / "genesis.db")
        stack.callback(database.close)
        huey, dbos = _peer("huey"), _peer("dbos")
        for workers in (1, 2):
            calls: list[Callable[[], object]] = [lambda n=workers: _ours(database, n)]  # type: ignore[misc]
            if huey is not None:
                calls.append(_huey(huey, folder / f"huey-{workers}.db", workers))
            if dbos is not None and workers == 2:
                calls.append(_dbos(dbos, folder / "dbos.db", stack))
            ours, *peers = interleaved(ROUNDS, *calls)
            targets = [("huey", 0.7)] if huey is not None else []
            targets += [("DBOS", 5.0)] if len(calls) > len(targets) + 1 else []
            for (peer, target), seconds in zip(targets, peers, strict=True):
                yield Figure(f"background tasks, {workers} worker(s)", f"{TASKS / ours:,.0f}/s",
                             f"{peer} {TASKS / seconds:,.0f}/s", seconds / ours, target,
                             at_most=False)  # fmt: skip


def _peer(name: str) -> ModuleType | None:
    if importlib.util.find_spec(name) is None:
        print(f"background tasks beside {name}: skipped, the package is not installed")
        return None
    return importlib.import_module(name)


def _open(path: Path) -> Database:
    database = Database(path)
    migrate(database, "kernel", KERNEL_REVISIONS)
    mind = MindRecord(GMID, "Atlas", "bench", None, "", None, None, "active", utc_now(), utc_now(),
                      f"{GMID}.json")  # fmt: skip
    database.writer.write(lambda connection: register_mind(connection, mind))
    return database


def _ours(database: Database, workers: int) -> None:
    handlers = Handlers()
    handlers.register("request", lambda _context: None)
    mine = BackgroundTasks(GMID, database, handlers=handlers)
    last = [mine.submit("nothing") for _ in range(TASKS)][-1]
    runner = BackgroundRunner(
        database, handlers, owner="bench", is_alive=lambda _owner: True, workers=workers
    )
    runner.run_until_idle()
    ended = mine.get_task(last.task_id)
    assert ended is not None
    assert ended.status == "completed"
    assert mine.get_active_tasks() == []


def _huey(module: ModuleType, path: Path, workers: int) -> Callable[[], None]:
    huey = module.SqliteHuey(filename=str(path), fsync=True)
    done = threading.Semaphore(0)
    nothing = huey.task()(lambda: None)
    # Called by the worker when the task has ended.
    huey.signal("complete")(lambda *_: done.release())

    def call() -> None:
        for _ in range(TASKS):
            nothing()
        consumer = huey.create_consumer(workers=workers, periodic=False, check_worker_health=False)
        consumer.start()
        for _ in range(TASKS):
            done.acquire()
        consumer.stop(graceful=True)
        assert huey.pending_count() == 0

    return call


def _dbos(module: ModuleType, path: Path, stack: ExitStack) -> Callable[[], None]:
    """Without its queues, which poll: each workflow is started at once and waited for."""
    dbos = module.DBOS
    dbos(config={"name": "bench", "system_database_url": f"sqlite:///{path}",
                 "run_admin_server": False, "log_level": "ERROR"})  # fmt: skip
    stack.callback(dbos.destroy)

    @dbos.workflow()  # type: ignore[misc]  # not installed where types are checked
    def nothing() -> None:
        return None

    dbos.launch()

    def call() -> None:
        handles = [dbos.start_workflow(nothing) for _ in range(TASKS)]
        for handle in handles:
            handle.get_result()

    return call
