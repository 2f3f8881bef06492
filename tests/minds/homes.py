"""Homes with minds in them, for tests that look after a home: verifying, deleting, backups."""

from __future__ import annotations

import time
from pathlib import Path

from genesis import Mind
from genesis.home import Home
from genesis.minds.store import MindStore, shared_store
from genesis.testing.embedders import hash_texts

MODEL = "tests"


def open_home(folder: Path) -> MindStore:
    """The store of a home; it closes when nobody holds it any more."""
    return shared_store(Home(folder))


def fill(store: MindStore, name: str, memories: int = 3) -> Mind:
    """A mind that has something of everything."""
    mind = Mind.birth(name, store=store)
    for number in range(4):
        mind.conversation.add_message("user", f"hello {number}", "ann@example.org", "room")
        mind.conversation.add_message("assistant", f"good day {number}")
    mind.conversation.add_tool_call("look", {"at": "it"})
    mind.conversation.search_messages("hello")
    # A deletion counts all that is not counted yet, so that threads have rows.
    mind.conversation.delete_message(mind.conversation.add_message("user", "gone").id)
    for text in (f"memory {number} of {name}" for number in range(memories)):
        (vector,) = hash_texts([text])
        mind.memory.add_memory(text, "semantic", tags=["a", "b"], embedding=vector, embedder=MODEL)
    mind.concerns.add(f"a concern of {name}", "health")
    mind.background.submit(f"a task of {name}")
    mind.background.cancel(mind.background.submit("one that ended").task_id)
    mind.relationships.record_interaction("ann@example.org", positive=True)
    mind.environments.create("room")
    mind.feel("joy")
    mind.save()
    return mind


def settle(store: MindStore, mind: Mind) -> Path:
    """Wait until a mind's index has all memories; gives its folder."""
    assert store.indexes.settle(mind.gmid, 60)
    return store.home.indexes / mind.gmid


def wait_closed(folder: Path, seconds: float = 30) -> None:
    """Wait until an index folder was closed in order, and sealed."""
    from genesis.storage.index_files import read_marker

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        marker = read_marker(folder)
        if marker is not None and marker.seal is not None:
            return
        time.sleep(0.01)
    raise AssertionError(f"{folder} was not closed")
