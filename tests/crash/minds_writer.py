"""The program that is killed: threads that use one mind in every way, and say what they were told.

`python -m tests.crash.minds_writer FOLDER NAME SECONDS [GMID]`. FOLDER/home is the home, and
FOLDER/ledger.log what was acknowledged. With a GMID, every thread uses that mind, too, by turns.
"""

from __future__ import annotations

import logging
import random
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TypeVar

from genesis.clock import utc_after, utc_now
from genesis.contracts.background import BackgroundContext
from genesis.home import Home
from genesis.mind import Mind
from genesis.minds.store import MindStore
from genesis.settings import KernelSettings
from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.testing.embedders import HASHING, hash_texts

from tests.crash.minds_ledger import Ledger

T = TypeVar("T")
SHARED = "GMD-2026-AAAA-0001"
USERS = ("ann@example.org", "bob@example.org", None)
PLACES = ("desk", None)
TOPICS = ("the harvest", "a broken pump", "rain on Tuesday", "her sister's visit")
HANDLER = "count"
_KEPT = 30


def embedders(record_type: type[T], /) -> list[T]:
    """What a plugin would contribute: the embedder for tests."""
    return [HASHING] if isinstance(HASHING, record_type) else []


@contextmanager
def opened_store(folder: Path) -> Iterator[MindStore]:
    """The store of FOLDER/home, as a kernel makes it; closed in order at the end."""
    home = Home(folder / "home")
    home.prepare()
    database = Database(home.database)
    try:
        migrate(database, "kernel", KERNEL_REVISIONS)
        store = MindStore(home, database, KernelSettings(), embedders)
        try:
            yield store
        finally:
            store.close()
    finally:
        database.close()


def opened_mind(store: MindStore, gmid: str) -> Mind:
    """A mind of that home, born if need be."""
    path = store.home.minds / f"{gmid}.json"
    if path.exists():
        return Mind.load(path, store=store)
    return Mind("Atlas", gmid=gmid, store=store)


@dataclass
class Writer:
    """What one thread uses. Each makes one call at a time and changes only what it made itself."""

    name: str
    minds: list[Mind]
    ledger: Ledger
    rng: random.Random
    words: Iterator[str]
    kept: dict[str, list[tuple[Mind, str]]] = field(default_factory=dict)
    saves: dict[str, int] = field(default_factory=dict)

    def keep(self, kind: str, mind: Mind, key: str) -> None:
        """Remember something to change it later."""
        some = self.kept.setdefault(kind, [])
        some.append((mind, key))
        del some[:-_KEPT]

    def take(self, kind: str) -> tuple[Mind, str] | None:
        """Something of this thread's, which it then no longer has."""
        some = self.kept.get(kind)
        return some.pop(self.rng.randrange(len(some))) if some else None

    def text(self) -> str:
        """Text with a word that is nowhere else."""
        return f"{next(self.words)} told me about {self.rng.choice(TOPICS)}"


def talk(w: Writer) -> None:
    """Messages, and some are deleted or looked for."""
    mind, drawn = w.rng.choice(w.minds), w.rng.random()
    old = w.take("message") if drawn < 0.2 else None
    if old is None:
        content = w.text()
        message = mind.conversation.add_message(
            w.rng.choice(("user", "assistant", "system")), content,
            user_email=w.rng.choice(USERS), environment_id=w.rng.choice(PLACES),
        )  # fmt: skip
        w.ledger.note("did", "message", message.id, content)
        w.keep("message", mind, f"{message.id} {content}")
        return
    mind, described = old
    number, _, content = described.partition(" ")
    if drawn < 0.1:
        with w.ledger.changing("message", number, None):
            assert mind.conversation.delete_message(int(number))
    else:
        found = mind.conversation.search_messages(content.split()[0], limit=5)
        assert [str(one["id"]) for one in found] == [number], f"{content!r} finds {found}"


def call_tools(w: Writer) -> None:
    """A tool call and its result."""
    mind, call, said = w.rng.choice(w.minds), next(w.words), w.text()
    with w.ledger.changing("call", call, said):
        message = mind.conversation.add_tool_call("look", {"at": call}, call, content=said)
    w.ledger.note("did", "message", message.id, said)
    result = w.text()
    with w.ledger.changing("result", call, result):
        message = mind.conversation.add_tool_result(call, result)
    w.ledger.note("did", "message", message.id, result)


def remember(w: Writer) -> None:
    """Memories: added, changed, forgotten, found."""
    mind, drawn = w.rng.choice(w.minds), w.rng.random()
    old = w.take("memory") if drawn < 0.5 else None
    if old is None:
        content = w.text()
        vector = hash_texts([content])[0] if drawn < 0.75 else None
        memory = mind.memory.add_memory(
            content, "episodic", importance=round(w.rng.random(), 2), tags=["crash"],
            embedding=vector, embedder=None if vector is None else HASHING.name,
        )  # fmt: skip
        w.ledger.note("did", "memory", memory.id, content)
        w.keep("memory", mind, memory.id)
        return
    mind, name = old
    if drawn < 0.15:
        with w.ledger.changing("memory", name, None):
            assert mind.memory.delete_memory(name)
        return
    w.keep("memory", mind, name)
    if drawn < 0.35:
        content = w.text()
        with w.ledger.changing("memory", name, content):
            mind.memory.update_memory(name, content=content)
        return
    known = mind.memory.get_memory(name)
    assert known is not None
    found = [one.id for one in mind.memory.search_memories(known.content, limit=3)]
    for one in found:
        w.ledger.note("did", "hit", one)
    # The index of a large mind may lose sight of a few; how many is for the lane to judge.
    w.ledger.note("found" if name in found else "missed", "memory", name)


def care(w: Writer) -> None:
    """Concerns on their way; meetings are counted."""
    mind, drawn = w.rng.choice(w.minds), w.rng.random()
    meet(w, mind)
    old = w.take("concern") if drawn < 0.6 else None
    if old is None:
        concern = mind.concerns.add(w.text(), "health", next_check_at=utc_now())
        w.ledger.note("did", "concern", concern.concern_id, ["active", 0])
        w.keep("concern", mind, f"{concern.concern_id} 0")
        return
    mind, described = old
    name, _, checks = described.partition(" ")
    if drawn < 0.2:
        with w.ledger.changing("concern", name, ["resolved", int(checks)]):
            mind.concerns.resolve(name, "done")
        return
    with w.ledger.changing("concern", name, ["active", int(checks) + 1]):
        changed = mind.concerns.check(name, utc_now())
    assert changed.check_count == int(checks) + 1
    w.keep("concern", mind, f"{name} {changed.check_count}")


def meet(w: Writer, mind: Mind) -> None:
    """A meeting with one of two people, whom everybody meets."""
    whom, was_good = w.rng.choice(("ann@example.org", "bob@example.org")), w.rng.random() < 0.5
    for verdict in ("any", *(["good"] if was_good else [])):
        w.ledger.note("try", "meeting", f"{mind.gmid} {whom} {verdict}")
    mind.relationships.record_interaction(whom, positive=was_good)
    for verdict in ("any", *(["good"] if was_good else [])):
        w.ledger.note("did", "meeting", f"{mind.gmid} {whom} {verdict}")


def delegate(w: Writer) -> None:
    """Background tasks: some fail at first, some are cancelled; what has ended is noted."""
    mind, drawn = w.rng.choice(w.minds), w.rng.random()
    request = "fails first" if drawn < 0.05 else "counts"
    later = utc_after(3600) if drawn > 0.9 else None
    task = mind.background.submit(request, handler=HANDLER, run_at=later)
    w.ledger.note("did", "task", task.task_id, "accepted")
    if later:
        with w.ledger.changing("task", task.task_id, "cancelled"):
            assert mind.background.cancel(task.task_id)
        return
    w.keep("task", mind, task.task_id)
    old = w.take("task")
    if old is not None:
        ended = old[0].background.get_task(old[1])
        assert ended is not None
        if ended.status == "completed":
            w.ledger.note("did", "task", old[1], ended.result)
        else:
            w.keep("task", *old)


def save(w: Writer) -> None:
    """The mind's file, with a number that grows in a section of this process's own."""
    mind = w.rng.choice(w.minds)
    section = mind.plugins.setdefault("crash", {})
    assert isinstance(section, dict)
    before = section.get(w.name, 0)
    assert isinstance(before, int)
    # By a save that failed, the number may be ahead of the file.
    assert before >= w.saves.get(mind.gmid, 0), f"{mind.gmid} {w.name} went back to {before}"
    section[w.name] = w.saves[mind.gmid] = before + 1
    mind.feel("joy", 0.5)
    with w.ledger.changing("save", f"{mind.gmid} {w.name}", before + 1):
        mind.save()


JOBS: tuple[tuple[Callable[[Writer], None], float], ...] = (
    (talk, 0.004), (call_tools, 0.01), (remember, 0.012), (care, 0.01), (delegate, 0.02),
    (save, 0.04),
)  # fmt: skip


def handler(ledger: Ledger) -> Callable[[BackgroundContext], str]:
    """Notes that a task is worked on; its result tells one attempt from another."""

    def work(context: BackgroundContext) -> str:
        ledger.note("ran", "task", context.task_id, context.attempt)
        if context.user_request == "fails first" and context.attempt == 1:
            raise ValueError("at first")
        return f"{context.task_id} by {context.attempt} at {time.time_ns()}"

    return work


class _Notes(logging.Handler):
    """What the kernel warns of: an index that is built anew is expected after a kill."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(logging.WARNING)
        self._ledger = ledger

    def emit(self, record: logging.LogRecord) -> None:
        told = record.getMessage()
        expected = "is built anew from the record" in told or "fails first" in told
        if record.name == "genesis.background" and record.exc_info:
            expected = expected or isinstance(record.exc_info[1], ValueError)
            if expected:
                return
        self._ledger.note("warning" if expected else "error", "log", record.name, told)


def live(folder: Path, name: str, life: str, seconds: float, own: str | None = None) -> None:
    """Write for so many seconds, then end in order; whoever kills it comes first or not."""
    ledger = Ledger(folder / "ledger.log")
    logging.getLogger("genesis").addHandler(_Notes(ledger))
    try:
        with opened_store(folder) as store:
            ledger.note("boot", "life", life)
            store.handlers.register(HANDLER, handler(ledger))
            gmids = [SHARED] if own is None else [SHARED, own]
            _work(store, gmids, ledger, name, life, seconds)
    except BaseException:
        ledger.note("error", "life", life, traceback.format_exc())
        raise


def _work(
    store: MindStore, gmids: list[str], ledger: Ledger, name: str, life: str, seconds: float
) -> None:
    stopping = threading.Event()
    shared = [opened_mind(store, gmid) for gmid in gmids]
    store.start_background(1)
    threads = []
    for job, pause in JOBS:
        # Who changes what is in the file has a mind of its own, as another program would.
        minds = [opened_mind(store, gmid) for gmid in gmids] if job is save else shared
        words = _words(f"w{life}j{JOBS.index((job, pause))}n")
        writer = Writer(name, minds, ledger, random.Random(f"{life} {job.__name__}"), words)
        thread = threading.Thread(
            target=_repeat, args=(job, writer, pause, stopping), name=job.__name__, daemon=True
        )
        threads.append(thread)
        thread.start()
    _wait(store, seconds, gmids[-1], lambda: ledger.note("indexed", "life", life))
    stopping.set()
    for thread in threads:
        thread.join()
    for mind in shared:
        mind.memory.flush_accesses()


def _wait(store: MindStore, seconds: float, gmid: str, tell: Callable[[], None]) -> None:
    """Wait, and let the index take in what there is, again and again: it would rather wait for
    the writers to pause, and a kill is to meet it. Tell once that it is open."""
    ends, told = time.monotonic() + seconds, False
    while time.monotonic() < ends:
        time.sleep(min(0.05, seconds))
        store.indexes._ask(gmid)
        if not told and store.indexes._open:
            told = True
            tell()


def _words(prefix: str) -> Iterator[str]:
    return (f"{prefix}{number}" for number in count())


def _repeat(
    job: Callable[[Writer], None], writer: Writer, pause: float, stopping: threading.Event
) -> None:
    try:
        while not stopping.is_set():
            job(writer)
            time.sleep(writer.rng.uniform(0, 2 * pause))
    except BaseException:
        writer.ledger.note("error", job.__name__, writer.name, traceback.format_exc())


if __name__ == "__main__":
    live(Path(sys.argv[1]), sys.argv[2], sys.argv[2], float(sys.argv[3]), *sys.argv[4:5])
