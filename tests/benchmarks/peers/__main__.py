"""`python -m tests.benchmarks.peers`: print our figures beside those of peers."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from typing import NamedTuple

from tests.benchmarks.figures import Figure
from tests.benchmarks.peers.rounds import (
    OURS,
    PEERS,
    Load,
    Program,
    RoundError,
    durability,
    in_turns,
    versions,
)

ONE = Load(held=0, count=300)
LONG = Load(held=1000, count=100)
MANY = Load(held=0, count=640, callers=64)
TASKS = Load(held=0, count=200)
WARM_UP = Load(held=0, count=1000)
# Without a log there is nothing to warm up but the program.
SHORT_WARM_UP = Load(held=0, count=50)


class Peer(NamedTuple):
    """A peer's program, its name in the table, its rounds, and how many times faster we are to be
    (None: no target)."""

    title: str
    command: str
    loads: tuple[Load, ...]
    warm_up: Load
    target: float | None = 2.0


APPENDS = (
    Peer("raw sqlite3, the floor", "raw_append", (ONE,), WARM_UP, None),
    Peer("openai-agents SQLiteSession", "peer_openai_agents", (ONE, MANY), WARM_UP),
    Peer("langgraph SqliteSaver.put", "peer_langgraph", (ONE, LONG, MANY), WARM_UP),
    Peer("agno SqliteDb.upsert_run", "peer_agno", (ONE, MANY), WARM_UP),
    Peer("google-adk sqlite", "peer_google_adk sqlite", (ONE, MANY), SHORT_WARM_UP),
    Peer("google-adk sqlite, set to WAL", "peer_google_adk sqlite-wal", (ONE,), SHORT_WARM_UP),
    Peer("google-adk database", "peer_google_adk database", (ONE, MANY), SHORT_WARM_UP),
    Peer("google-adk database, set to WAL", "peer_google_adk database-wal", (ONE,), SHORT_WARM_UP),
)
WORKERS = 2
BACKGROUND = (
    Peer("huey", f"peer_huey {WORKERS}", (TASKS,), TASKS, 0.7),
    Peer("DBOS queue", "peer_dbos queue", (TASKS,), SHORT_WARM_UP, 5.0),
    Peer("DBOS direct", "peer_dbos direct", (TASKS,), SHORT_WARM_UP, 5.0),
    Peer("DBOS queue, set to WAL", "peer_dbos queue-wal", (TASKS,), TASKS, None),
    Peer("DBOS direct, set to WAL", "peer_dbos direct-wal", (TASKS,), TASKS, None),
)


def main() -> None:
    """Print the table."""
    distributions = ("openai-agents", "langgraph", "langgraph-checkpoint-sqlite", "agno",
                     "google-adk", "huey", "dbos")  # fmt: skip
    print(", ".join(f"{name} {version}" for name, version in versions(*distributions).items()))
    print(f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}, "
          f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; ours: WAL, FULL")  # fmt: skip
    print(f"{'what':<25} {'ours':>9}  {'peer (its durability)':<58} {'ratio':>6}  target")
    for what, ours, warm_up, peers in (
        ("append", "ours_append", WARM_UP, APPENDS),
        ("task", f"ours_tasks {WORKERS}", TASKS, BACKGROUND),
    ):
        for peer in peers:
            with Program(OURS, ours) as us, Program(PEERS, peer.command) as them:
                us.seconds(warm_up)
                for line in _lines(what, us, them, peer):
                    print(line, flush=True)


def _lines(what: str, us: Program, them: Program, peer: Peer) -> Iterator[str]:
    """A line for each load, or why the peer has none."""
    try:
        lasts = durability(peer.command)
        them.seconds(peer.warm_up)
    except RoundError as error:
        yield f"{what:<25} {'':>9}  {peer.title}: {error}"
        return
    for load in peer.loads:
        name = f"{what}, {load.callers} callers" if load.callers > 1 else what
        name += f" after {load.held:,}" if load.held else ""
        try:
            mine, theirs = in_turns(us, them, load)
        except RoundError as error:
            yield f"{name:<25} {'':>9}  {peer.title}: {error}"
            continue
        beside = f"{peer.title} {load.count / theirs:,.0f}/s ({lasts})"
        yield _line(Figure(name, f"{load.count / mine:,.0f}/s", beside, theirs / mine, peer.target,
                           at_most=False))  # fmt: skip


def _line(figure: Figure) -> str:
    target = "" if figure.target is None else f"at least {figure.target:g}"
    return (f"{figure.name:<25} {figure.ours:>9}  {figure.baseline:<58} {figure.ratio:>6.2f}  "
            f"{target:<13} {figure.verdict}")  # fmt: skip


if __name__ == "__main__":
    main()
