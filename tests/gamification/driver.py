"""A process that reads the log of a database: `python driver.py DATABASE BATCH`.

With `forks` as a third word it forks a child for each line of stdin, which reads on, and prints
its number and then how it ended, so that a test can kill hundreds of processes without starting
Python as often. Whoever reads on prints "ready" first.
"""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from genesis.storage.database import Database
from genesis_gamification import ingest

from tests.gamification.logs import deliver, events_of, make_plugin, rows


def read_on(path: Path) -> None:
    """Tell a plugin of all events from a few before the checkpoint on, each by itself."""
    with closing(Database(path, durability="normal")) as database:
        plugin = make_plugin(database, path.parent, packs=["base", "penalties"])
        ((checkpoint,),) = rows(database, "SELECT checkpoint FROM gamification_state")
        after = max(0, checkpoint - 20)
        print("ready", flush=True)
        while events := events_of(database, after, 100):
            deliver(plugin, events)
            after = events[-1].id


def main() -> None:
    """Read once, or in a child for each line."""
    path = Path(sys.argv[1])
    ingest.BATCH = int(sys.argv[2])
    if "forks" not in sys.argv:
        read_on(path)
        return
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            read_on(path)
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(status, flush=True)


if __name__ == "__main__":
    main()
