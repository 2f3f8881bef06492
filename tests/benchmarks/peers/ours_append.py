"""Our append: `ConversationManager.add_message`, with its event, counters and search index."""

from __future__ import annotations

from genesis.minds.conversation import ConversationManager

from tests.benchmarks.background import GMID, _open
from tests.benchmarks.peers.loops import timed
from tests.benchmarks.peers.program import Round, message, serve, started


def main() -> None:
    """All rounds in one mind; a conversation is that with one user."""
    start = started()
    database = _open(start.folder / "genesis.db")
    conversation = ConversationManager(GMID, database)

    def append(user: str, number: int) -> None:
        conversation.add_message("user", message(number), user_email=user)

    def run(of: Round) -> float:
        for user in of.conversations():
            for number in range(of.held):
                append(user, number)
        before = conversation.get_stats()["total_messages"]
        taken = timed(of, append)
        added = of.callers * len(of.each())
        assert conversation.get_stats()["total_messages"] == before + added  # type: ignore[operator]
        return taken

    serve(start, run)


if __name__ == "__main__":
    main()
