"""A process of its own that uses the index of one mind; what it shall do is its argument.

python -m tests.storage.index_driver HOME GMID leave|hold|write
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from genesis.storage import index_pool
from genesis.storage.database import Database
from genesis.storage.index_pool import IndexPool

from tests.storage.vectors import add_memories


def main(home: Path, gmid: str, task: str) -> None:
    """leave: note and end at once. hold: settle, then hold. write: note for ever."""
    database = Database(home / "genesis.db", durability="normal")
    pool = IndexPool(database, home / "chroma")
    seed = time.time_ns()
    if task == "leave":
        add_memories(database, gmid, range(seed, seed + 300))
        pool.wake(gmid)
        time.sleep(float(sys.argv[4]))
        return
    index_pool._GATHER_SECONDS = 0.0
    pool.settle(gmid)
    print("ready", flush=True)
    while task == "write":
        add_memories(database, gmid, range(seed, seed + 20))
        seed += 20
        pool.wake(gmid)
        time.sleep(0.02)
    time.sleep(600)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
