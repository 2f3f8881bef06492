"""The process that is killed: gives tasks, runs them, and writes down what it was told.

`python background_driver.py HOME` goes on until it is killed; with `drain` it gives none and ends
when all are done. The log is one file, appended to with single writes.
"""

from __future__ import annotations

import logging
import os
import random
import sys
import time
import uuid
from pathlib import Path

from crash_team import note
from genesis.clock import utc_after, utc_now
from genesis.contracts.background import BackgroundContext
from genesis.home import Home, OwnerLock, is_owner_alive
from genesis.minds.background import BackgroundTasks
from genesis.minds.background_handlers import Handlers
from genesis.minds.background_runner import BackgroundRunner
from genesis.storage import background_tasks
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.storage.minds import MindRecord, find_minds, register_mind
from pydantic import JsonValue

GMID = "GMD-2026-AAAA-0001"
WORKERS = 2
MOST_OPEN = 30
# So that what fails on purpose is soon tried again, and says nothing.
background_tasks.FIRST_PAUSE_SECONDS = 0.01
logging.disable()


def work(context: BackgroundContext, /) -> JsonValue:
    """A small task whose token tells one attempt's result from another's; some fail at first."""
    note("start", context.task_id, context.attempt)
    time.sleep(random.uniform(0, 0.01))
    context.progress(0.5, "half")
    if context.context["fails"] and context.attempt == 1:
        raise ValueError("not yet")
    return {"token": uuid.uuid4().hex, "said": context.context["said"]}


def give(tasks: BackgroundTasks) -> None:
    """Give one task after another, and note each that was accepted."""
    while True:
        if len(tasks.get_active_tasks()) >= MOST_OPEN:
            time.sleep(0.005)
            continue
        word = uuid.uuid4().hex
        later = utc_after(0.05) if random.random() < 0.2 else None
        task = tasks.submit(
            "small", context={"said": word, "fails": random.random() < 0.2}, run_at=later,
            priority=random.randrange(3),
        )  # fmt: skip
        note("accepted", task.task_id, word)


def main() -> None:
    """Give and run, or only run."""
    home = Home(Path(sys.argv[1]))
    home.prepare()
    lock = OwnerLock(home)
    database = Database(home.database)
    migrate(database, "kernel", KERNEL_REVISIONS)
    if not find_minds(database, GMID):
        mind = MindRecord(GMID, "A", "t", None, "", None, None, "active", utc_now(), utc_now(), "x")
        database.writer.write(lambda connection: register_mind(connection, mind))
    handlers = Handlers()
    handlers.register("request", work)
    runner = BackgroundRunner(
        database, handlers, owner=lock.owner, workers=WORKERS,
        is_alive=lambda owner: is_owner_alive(home, owner),
    )  # fmt: skip
    tasks = BackgroundTasks(GMID, database, handlers=handlers, wake=runner.wake)
    runner.start()
    note("ready", os.getpid())
    if "drain" not in sys.argv:
        give(tasks)
    while tasks.get_active_tasks():
        time.sleep(0.01)
    runner.stop()
    lock.release()
    database.close()


if __name__ == "__main__":
    main()
