"""agno: `SqliteDb.upsert_run` of a run with one message, which is how an agent keeps a turn.

An agent also writes its session after each run; that is not counted.
"""

from __future__ import annotations

from agno.db.sqlite import SqliteDb
from agno.models.message import Message
from agno.run.agent import RunOutput
from agno.session import AgentSession

from tests.benchmarks.peers.loops import timed
from tests.benchmarks.peers.program import USER, Round, message, serve, started


def main() -> None:
    """All rounds on one file; a conversation is a session."""
    start = started()
    db = SqliteDb(db_file=str(start.folder / "peer.db"))

    def append(name: str, number: int) -> None:
        said = Message(role="user", content=message(number))
        run = RunOutput(run_id=f"{name}-{number}", agent_id="a", session_id=name, messages=[said])
        db.upsert_run(run, session_id=name, user_id=USER, run_index=number)

    def run(of: Round) -> float:
        for name in of.conversations():
            db.upsert_session(AgentSession(session_id=name, agent_id="a", user_id=USER))
            for number in range(of.held):
                append(name, number)
        taken = timed(of, append)
        for name in of.conversations():
            assert len(db.get_runs(session_id=name)) == of.held + len(of.each())
        return taken

    serve(start, run)


if __name__ == "__main__":
    main()
