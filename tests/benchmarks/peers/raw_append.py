"""No peer but the floor: one INSERT and one COMMIT through sqlite3, one table, one index."""

from __future__ import annotations

import sqlite3

from tests.benchmarks.peers.loops import timed
from tests.benchmarks.peers.program import message, serve, started


def main() -> None:
    """All rounds on one file, by one caller."""
    start = started()
    connection = sqlite3.connect(start.folder / "raw.db", isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE messages (id INTEGER PRIMARY KEY, name TEXT, role TEXT, content TEXT);"
        "CREATE INDEX by_name ON messages (name, id);"
    )

    def append(name: str, number: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO messages (name, role, content) VALUES (?, 'user', ?)",
            (name, message(number)),
        )
        connection.execute("COMMIT")

    serve(start, lambda of: timed(of, append))


if __name__ == "__main__":
    main()
