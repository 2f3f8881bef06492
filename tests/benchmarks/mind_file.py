"""What it costs to have a mind: the import, its memory, and the size of its file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genesis.home import Home
from genesis.mind import Mind
from genesis.minds.memory_record import Memory
from genesis.minds.message_input import NewMessage
from genesis.minds.mind_file import MOST_BYTES
from genesis.minds.store import MindStore
from genesis.settings import KernelSettings
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.testing.embedders import hash_texts

from tests.benchmarks.figures import Figure, interleaved

ROUNDS = 9
MOST_MEGABYTES = 70
OURS = "from genesis import Mind"
THEIRS = "import sqlmodel, pydantic_settings"
# Of the process from its start on: that of its parent does not count.
PEAK = (
    "\nfor line in open('/proc/self/status'):\n    line[:6] == 'VmHWM:' and print(line.split()[1])"
)


def measure(folder: Path) -> Iterator[Figure]:
    """In fresh interpreters, whose files the system has read before; and a mind with a past."""
    _run(OURS), _run(THEIRS)
    ours, theirs = interleaved(ROUNDS, lambda: _run(OURS), lambda: _run(THEIRS))
    yield Figure(OURS, f"{ours * 1000:.0f} ms", f"{THEIRS} {theirs * 1000:.0f} ms",
                 ours / theirs, 1.3)  # fmt: skip
    mine, other = (int(_run(code + PEAK)) / 1024 for code in (OURS, THEIRS))
    yield Figure("  its peak memory", f"{mine:.0f} MB", f"{THEIRS} {other:.0f} MB; limit "
                 f"{MOST_MEGABYTES} MB", mine / MOST_MEGABYTES, 1.0)  # fmt: skip
    with opened_store(folder / "home") as store:
        size = _with_a_past(store).path.stat().st_size
    yield Figure("a mind's file: 10k messages, 1k memories, 300 bonds", f"{size:,} bytes",
                 f"limit {MOST_BYTES:,} bytes", size / MOST_BYTES, 1.0)  # fmt: skip


@contextmanager
def opened_store(root: Path) -> Iterator[MindStore]:
    """The store of a home, without plugins."""
    home = Home(root)
    home.prepare()
    database = Database(home.database)
    migrate(database, "kernel", KERNEL_REVISIONS)
    store = MindStore(home, database, KernelSettings(), lambda _: [])
    yield store
    store.close()
    database.close()


def _run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout


def _with_a_past(store: MindStore) -> Mind:
    """10,000 messages, 1,000 memories, 300 relationships with an event each, 300 feelings."""
    mind = Mind("Atlas", store=store)
    mind.conversation.add_messages(
        NewMessage("user", f"message {n} says something", f"user{n % 300}@example.org")
        for n in range(10_000)
    )
    texts = [f"memory {n} of something" for n in range(1000)]
    mind.memory.add_memories(
        [Memory(text) for text in texts], embeddings=hash_texts(texts), embedder="test-hashing"
    )
    for n in range(300):
        mind.relationships.record_interaction(f"user{n}@example.org", positive=n % 3 > 0)
        mind.feel("joy" if n % 2 else "sadness", 0.5, f"what user{n} said")
    assert mind.conversation.get_stats()["total_messages"] == 10_000
    mind.save()
    return mind
