"""Programs that run background tasks: `python background_program.py HOME WAY LOG [MINDS]`.

`work` runs tasks until none is left, `serve` until it is killed, `die` is killed by itself in the
middle of its first task. All handlers write a line to the log, with one write each.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from genesis.contracts.background import BackgroundContext
from genesis.home import Home, OwnerLock, is_owner_alive
from genesis.minds.background_handlers import Handlers
from genesis.minds.background_runner import BackgroundRunner
from genesis.storage.database import Database
from pydantic import JsonValue


def note(log: str, *words: object) -> None:
    """Append one line."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, (" ".join(str(word) for word in words) + "\n").encode())
    os.close(file)


def main() -> None:
    """Run tasks in the way that is asked for."""
    root, way, log = sys.argv[1:4]

    def handle(context: BackgroundContext, /) -> JsonValue:
        note(log, "ran", context.task_id, context.attempt, os.getpid())
        if way == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if way == "hang":
            time.sleep(3600)
        # So that one process alone is not done before another has begun.
        time.sleep(0.01)
        return {"by": os.getpid(), "context": context.context}

    home = Home(Path(root))
    home.prepare()
    lock = OwnerLock(home)
    database = Database(home.database, durability="normal")
    handlers = Handlers()
    handlers.register("request", handle)
    runner = BackgroundRunner(
        database, handlers, owner=lock.owner, workers=2,
        is_alive=lambda owner: is_owner_alive(home, owner),
    )  # fmt: skip
    note(log, "ready", os.getpid())
    if way == "hang":
        runner.start()
        time.sleep(3600)
    sys.stdin.readline()
    runner.run_until_idle()
    lock.release()
    database.close()


if __name__ == "__main__":
    main()
