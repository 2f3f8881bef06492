"""Uses a hundred minds in turn; `python -m tests.minds.many_minds FOLDER` prints the most open
files and threads that it had. A process of its own, since whatever else lives in one counts."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import psutil
from genesis.home import Home
from genesis.mind import Mind
from genesis.minds.store import MindStore
from genesis.settings import KernelSettings
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate

from tests.minds.memory_fixtures import direction

MINDS, ROUNDS = 100, 2
# Enough that indexes are opened and closed meanwhile, few enough to be quick.
INDEXED = range(0, MINDS, 20)


def main(folder: Path) -> None:
    home = Home(folder)
    home.prepare()
    database = Database(home.database, durability="normal")
    migrate(database, "kernel", KERNEL_REVISIONS)
    store = MindStore(home, database, KernelSettings(), lambda _: [])
    process = psutil.Process()
    files = threads = 0
    minds = [Mind(f"Mind {number}", store=store) for number in range(MINDS)]
    for turn in range(ROUNDS):
        for number, mind in enumerate(minds):
            loaded = Mind.load(mind.path, store=store)
            _use(loaded, number, turn)
            if number in INDEXED:
                assert store.indexes.settle(loaded.gmid)
            files, threads = max(files, process.num_fds()), max(threads, process.num_threads())
    assert [mind.conversation.get_stats()["total_messages"] for mind in minds] == [2] * MINDS
    store.close()
    database.close()
    print(json.dumps([files, threads]))


def _use(mind: Mind, number: int, turn: int) -> None:
    """One message, one memory, one search of each kind."""
    mind.conversation.add_message("user", f"hello {number} in turn {turn}", "ann@example.org")
    assert len(mind.conversation.search_messages("hello")) == turn + 1
    vector = direction(number + 200 * turn)
    kept = mind.memory.add_memory(f"what {number} learnt", embedding=vector)
    found = mind.memory.search_memories("", limit=1, embedding=vector)
    assert [memory.id for memory in found] == [kept.id]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
