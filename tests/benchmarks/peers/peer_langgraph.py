"""LangGraph: `SqliteSaver.put` of the checkpoint after a step that added one message.

Only the write: the graph would also read the state, run the step and store the step's writes.
"""

from __future__ import annotations

import sqlite3

from langchain_core.messages import HumanMessage
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.base.id import uuid6
from langgraph.checkpoint.sqlite import SqliteSaver

from tests.benchmarks.peers.loops import timed
from tests.benchmarks.peers.program import USER, Round, message, serve, started


class Thread:
    """One conversation: the messages so far, and the checkpoint that holds them."""

    def __init__(self, saver: SqliteSaver, name: str, held: int) -> None:
        self._saver = saver
        self._messages = [_message(number) for number in range(held)]
        self.config = {"configurable": {"thread_id": name, "checkpoint_ns": ""}}
        self._put()

    def append(self, number: int) -> None:
        """One step."""
        self._messages = [*self._messages, _message(number)]
        self._put()

    def _put(self) -> None:
        step = len(self._messages)
        checkpoint = empty_checkpoint() | {
            "id": str(uuid6(clock_seq=step)),
            "channel_values": {"messages": self._messages},
            "channel_versions": {"messages": step},
        }
        metadata = {"source": "loop", "step": step, "parents": {}}
        self.config = self._saver.put(self.config, checkpoint, metadata, {"messages": step})


def _message(number: int) -> HumanMessage:
    return HumanMessage(message(number), name=USER, id=str(number))


def main() -> None:
    """All rounds on one file. Its connection is given to it, so FULL is set here."""
    start = started()
    connection = sqlite3.connect(start.folder / "peer.db", check_same_thread=False)
    connection.execute("PRAGMA synchronous=FULL")
    saver = SqliteSaver(connection)
    saver.setup()

    def run(of: Round) -> float:
        threads = {name: Thread(saver, name, of.held) for name in of.conversations()}
        taken = timed(of, lambda name, number: threads[name].append(number))
        for thread in threads.values():
            messages = saver.get_tuple(thread.config).checkpoint["channel_values"]["messages"]
            assert len(messages) == of.held + len(of.each())
        return taken

    serve(start, run)


if __name__ == "__main__":
    main()
