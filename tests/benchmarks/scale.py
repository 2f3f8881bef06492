"""A mind with 1,000,000 messages, 100,000 memories and 100,000 concerns: memory and every latency.

Messages and memories are seeded through the bulk calls of the API, concerns by SQL. A process of
its own then loads the mind and makes each call, and another one does the same with an empty mind:
that is the baseline. `scale` searches memories while another process owns the vector index, so
by comparing with all of them; `scale-index` builds the index first, which takes minutes.

`python -m tests.benchmarks.scale FILE` is that process: it prints a JSON object.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from itertools import count
from pathlib import Path
from typing import Any

from genesis.clock import utc_after
from genesis.mind import Mind
from genesis.minds.memory_record import Memory
from genesis.minds.message_input import NewMessage
from genesis.minds.mind_file import MOST_BYTES
from genesis.storage.index_files import FolderLock

from tests.benchmarks.figures import Figure
from tests.benchmarks.memories import _clustered as clustered
from tests.benchmarks.mind_file import opened_store

MESSAGES, MEMORIES, CONCERNS = 1_000_000, 100_000, 100_000
TEXT = "the quick brown fox jumps over the lazy dog and so on " * 5
# One word that each message of a thousand has alone, and one that all have.
RARE, COMMON = "needle", "quick"
SECONDS, MOST_CALLS, LEAST_CALLS = 1.0, 200, 7
BUILD_SECONDS = 1800
_CONCERN = (
    "INSERT INTO concerns (concern_id, mind_gmid, user_email, concern_type, content, context, "
    "priority, confidence, status, created_at, next_check_at, check_count) "
    "VALUES (?, ?, ?, 'health', 'has a cold', '', 'medium', 0.5, ?, ?, ?, 0)"
)


def measure(folder: Path) -> Iterator[Figure]:
    """Memories are compared with one by one."""
    yield from _measure(folder, indexed=False)


def measure_indexed(folder: Path) -> Iterator[Figure]:
    """Memories are searched with their index."""
    yield from _measure(folder, indexed=True)


def _measure(folder: Path, *, indexed: bool) -> Iterator[Figure]:
    empty, full = _seed(folder / "empty", 0), _seed(folder / "full", 1)
    if indexed:
        yield _build(full)
    before, after = _calls(empty, indexed=indexed), _calls(full, indexed=indexed)
    yield Figure("peak memory after every call", f"{after['peak']:.0f} MB",
                 f"empty mind {before['peak']:.0f} MB", after["peak"] / before["peak"],
                 None)  # fmt: skip
    size = full.stat().st_size
    yield Figure("the mind's file", f"{size:,} bytes", f"limit {MOST_BYTES:,} bytes",
                 size / MOST_BYTES, 1.0)  # fmt: skip
    for name, (median, slow, megabytes) in after["calls"].items():
        base = before["calls"][name][0]
        yield Figure(name, _time(median), f"p95 {_time(slow)}; empty mind {_time(base)}; "
                     f"{megabytes:.0f} MB", median / base, None)  # fmt: skip


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} us" if seconds < 0.01 else f"{seconds * 1e3:,.0f} ms"


def _seed(root: Path, share: int) -> Path:
    """A home with a mind that has this share of everything; gives the mind's file."""
    begun = time.perf_counter()
    with opened_store(root) as store:
        mind = Mind("Atlas", store=store)
        mind.conversation.add_messages(_message(n) for n in range(share * MESSAGES))
        size = share * MEMORIES
        vectors = clustered(max(size, 1))
        with _other_owner(mind.path):
            mind.memory.add_memories(
                (
                    Memory(
                        f"sentence {n}", id=f"m{n}", user_email=f"u{n % 100}", tags=[f"t{n % 500}"]
                    )
                    for n in range(size)
                ),
                embeddings=(vector.tobytes() for vector in vectors),
            )
            store.close()
        mind.save()
        with closing(sqlite3.connect(store.database.path)) as connection:
            connection.executemany(_CONCERN, _concerns(mind.gmid, share * CONCERNS))
            connection.commit()
    if share:
        print(f"seeded in {time.perf_counter() - begun:.0f} s", flush=True)
    return mind.path


def _message(number: int) -> NewMessage:
    text = f"{RARE}{number} {TEXT}" if number % 1000 == 0 else TEXT
    role = "user" if number % 2 else "assistant"
    return NewMessage(role, text, f"user{number % 50}@example.org", "home")


def _concerns(gmid: str, number: int) -> Iterator[tuple[object, ...]]:
    """Of a hundred, one is due; a third is resolved."""
    now, later = utc_after(-3600), utc_after(30 * 86_400)
    for n in range(number):
        status = "resolved" if n % 3 == 0 else "active"
        check = None if n % 3 == 0 else (now if n % 100 == 1 else later)
        yield f"{n:032x}", gmid, f"user{n % 50}@example.org", status, now, check


def _build(file: Path) -> Figure:
    with opened_store(file.parent.parent) as store:
        mind = Mind.load(file, store=store)
        begun = time.perf_counter()
        assert store.indexes.settle(mind.gmid, BUILD_SECONDS)
        taken = time.perf_counter() - begun
    return Figure(f"building the index of {MEMORIES:,}", f"{taken:.0f} s", "once", 1.0, None)


@contextmanager
def _other_owner(file: Path) -> Iterator[None]:
    """Own the vector index of a mind, so that nobody else opens or builds it."""
    lock_file = file.parent.parent / "data" / "chroma" / f"{file.stem}.lock"
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    lock = FolderLock.take(lock_file)
    assert lock is not None
    try:
        yield
    finally:
        lock.release()


def _calls(file: Path, *, indexed: bool) -> dict[str, Any]:
    """What the process says that makes each call."""
    command = [sys.executable, "-m", "tests.benchmarks.scale", str(file), str(int(indexed))]
    with nullcontext() if indexed else _other_owner(file):
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _make_each_call(file: Path, *, indexed: bool) -> dict[str, Any]:
    """Median and 95th percentile in seconds, and the process's memory in MB after each."""
    taken: dict[str, tuple[float, float, float]] = {}
    begun = time.perf_counter()
    mind = Mind.load(file)
    first = time.perf_counter() - begun
    taken["load, the first in a process"] = (first, first, _megabytes("VmRSS"))
    if indexed:
        _wait_for_index(mind)
    for name, call in _public_calls(mind, file).items():
        times: list[float] = []
        ends = time.perf_counter() + SECONDS
        while len(times) < LEAST_CALLS or (time.perf_counter() < ends and len(times) < MOST_CALLS):
            begun = time.perf_counter()
            call()
            times.append(time.perf_counter() - begun)
        slow = sorted(times)[int(0.95 * len(times))]
        taken[name] = (statistics.median(times), slow, _megabytes("VmRSS"))
    return {"calls": taken, "peak": _megabytes("VmHWM")}


def _wait_for_index(mind: Mind) -> None:
    """Until searches of this process use the index."""
    mind.memory.search_memories("", embedding=clustered(1, seed=7)[0].tobytes())
    mind._store.indexes.settle(mind.gmid, BUILD_SECONDS)


def _public_calls(mind: Mind, file: Path) -> dict[str, Callable[[], object]]:
    talk, memory, concerns = mind.conversation, mind.memory, mind.concerns
    vectors = clustered(400, seed=5)
    vector = map(lambda n: vectors[n % 400].tobytes(), count())  # noqa: C417 - without an end
    newest = [int(str(one["id"])) for one in talk.get_recent_messages(1)]
    middle = max(newest, default=0) // 2 or 1
    user, found = "user7@example.org", "u7"
    kept = [memory.add_memory("kept", embedding=next(vector)).id for _ in range(2)]
    cared = concerns.add("kept", "health").concern_id
    numbers = count()

    def pair() -> None:
        call = f"{os.getpid()}-{next(numbers)}"
        talk.add_tool_call("look", {}, call)
        talk.add_tool_result(call, "seen")

    return {
        "add_message": lambda: talk.add_message("user", TEXT, user, "home"),
        "add_tool_call and add_tool_result": pair,
        "last 10 messages": lambda: talk.get_recent_messages(10),
        "last 10 of one user": lambda: talk.get_recent_messages(10, user_email=user),
        "a page of 50 in the middle": lambda: talk.get_messages_before(middle, 50),
        "context of 10": lambda: talk.get_conversation_context(10),
        "search a rare word": lambda: talk.search_messages(f"{RARE}{MESSAGES // 2}"),
        "search a word of every message": lambda: talk.search_messages(COMMON),
        "conversation threads": talk.get_conversation_threads,
        "conversation stats": talk.get_stats,
        "repair": talk.repair,
        "add_memory": lambda: memory.add_memory("a sentence", embedding=next(vector)),
        "search_memories": lambda: memory.search_memories("", embedding=next(vector)),
        "search_memories of a user": lambda: memory.search_memories(
            "", embedding=next(vector), user_email=found
        ),
        "search_memories with a tag": lambda: memory.search_memories(
            "", embedding=next(vector), tags=["t7"], all_users=True
        ),
        "get_memory": lambda: memory.get_memory(kept[0]),
        "update_memory, importance": lambda: memory.update_memory(kept[0], importance=0.7),
        "update_memory, vector": lambda: memory.update_memory(kept[0], embedding=next(vector)),
        "relate": lambda: memory.relate(*kept),
        "delete_memory": lambda: memory.delete_memory(
            memory.add_memory("for a moment", embedding=next(vector)).id
        ),
        "recent memories": memory.get_recent_memories,
        "important memories": memory.get_important_memories,
        "memory stats": memory.get_memory_stats,
        "add a concern": lambda: concerns.add("has a cold", "health", next_check_at="2099-01-01"),
        "due concerns, 100 of them": concerns.due,
        "active concerns, 100 of them": concerns.active,
        "check a concern": lambda: concerns.check(cared, "2099-01-01"),
        "concern stats": concerns.stats,
        "submit a task": lambda: mind.background.submit("do it"),
        "active tasks, 10 of them": lambda: mind.background.get_active_tasks(10),
        "record an interaction": lambda: mind.relationships.record_interaction(user),
        "load": lambda: Mind.load(file),
        "save": mind.save,
    }


def _megabytes(field: str) -> float:
    """A field of this process's status."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) / 1024


if __name__ == "__main__":
    print(json.dumps(_make_each_call(Path(sys.argv[1]), indexed=sys.argv[2] == "1")))
