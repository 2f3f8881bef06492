"""Cancel a session that no process works on any more."""

from __future__ import annotations

from sqlalchemy import Connection

from genesis.contracts.work import Status
from genesis.sessions.outcome import exit_code, summarise
from genesis.storage.database import Database
from genesis.storage.records import read_tasks
from genesis.storage.sessions import cancel_tasks, finish_session, take_over


def cancel_ownerless(database: Database, session_id: str, reason: str) -> None:
    """Take the session over from its dead owner, cancel what is open, and write its end."""

    def operation(connection: Connection) -> None:
        take_over(connection, session_id, owner="")
        cancel_tasks(connection, session_id, reason)
        tasks = read_tasks(connection, session_id)
        finish_session(
            connection,
            session_id,
            Status.CANCELLED,
            reason=reason,
            summary=summarise(tasks),
            exit_code=exit_code(Status.CANCELLED, tasks),
        )

    database.writer.write(operation)
