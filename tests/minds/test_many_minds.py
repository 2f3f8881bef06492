"""A hundred minds used in turn in one process take no more files and threads than a few do."""

from __future__ import annotations

from pathlib import Path

import psutil
from genesis.home import Home
from genesis.mind import Mind
from genesis.minds.store import MindStore
from genesis.settings import KernelSettings
from genesis.storage.database import Database

from tests.minds.memory_fixtures import direction

MINDS, ROUNDS = 100, 2
MOST_FILES, MOST_THREADS = 200, 50
# Enough that indexes are opened and closed meanwhile, few enough to be quick.
INDEXED = range(0, MINDS, 20)


def test_a_hundred_minds_used_in_turn_keep_few_files_and_threads(
    database: Database, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    home.prepare()
    store = MindStore(home, database, KernelSettings(), lambda _: [])
    process = psutil.Process()
    files = threads = 0
    try:
        minds = [Mind(f"Mind {number}", store=store) for number in range(MINDS)]
        for turn in range(ROUNDS):
            for number, mind in enumerate(minds):
                loaded = Mind.load(mind.path, store=store)
                _use(loaded, number, turn)
                if number in INDEXED:
                    assert store.indexes.settle(loaded.gmid)
                files, threads = max(files, process.num_fds()), max(threads, process.num_threads())
        assert [mind.conversation.get_stats()["total_messages"] for mind in minds] == [2] * MINDS
    finally:
        store.close()
    print(f"at most {files} open files and {threads} threads")
    assert files < MOST_FILES
    assert threads < MOST_THREADS


def _use(mind: Mind, number: int, turn: int) -> None:
    """One message, one memory, one search of each kind."""
    mind.conversation.add_message("user", f"hello {number} in turn {turn}", "ann@example.org")
    assert len(mind.conversation.search_messages("hello")) == turn + 1
    vector = direction(number + 200 * turn)
    kept = mind.memory.add_memory(f"what {number} learnt", embedding=vector)
    found = mind.memory.search_memories("", limit=1, embedding=vector)
    assert [memory.id for memory in found] == [kept.id]
