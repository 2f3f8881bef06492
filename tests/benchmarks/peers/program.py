"""What every measured program has in common; standard library only, since peers' programs use it.

A program is started as `python -m MODULE FOLDER VARIANT [watch]`. Each line `HELD COUNT CALLERS` on
its standard input is one round: CALLERS append COUNT messages in all, each to a new conversation
of HELD messages (or give COUNT tasks). It answers with one line of JSON, `{"seconds": S}` for the
whole round or `{"error": "..."}`, and ends with its input. All rounds write to one file, so that
its log has been written before: extending a file costs much more than writing it again.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import re
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

MOST_SECONDS = 60
USER = "someone@example.org"
_TEXT = (
    "The nightly build of the parser failed again on the second machine; could you look at the "
    "log, tell me which test it was and whether it is the one that we saw on Monday, and write a "
    "short note to the others when it is fixed?"
)
_stay_open: list[sqlite3.Connection] = []


class Round(NamedTuple):
    """What one round appends; `held` and `count` are messages, `count` of all callers."""

    number: int
    held: int
    count: int
    callers: int

    def conversations(self) -> list[str]:
        """The names of the conversations, one for each caller; no other round has them."""
        return [f"{self.number}.{caller}.{USER}" for caller in range(self.callers)]

    def each(self) -> range:
        """The numbers of the messages that one caller appends."""
        return range(self.held, self.held + self.count // self.callers)


class Start(NamedTuple):
    """How a program was started: the folder for its files, the variant, and what was watched."""

    folder: Path
    variant: str
    watched: Watched | None


class Watched:
    """Notices how the connections of this process write: `synchronous` is a setting of each.

    It slows statements down, so it is off while rounds are timed.
    """

    def __init__(self) -> None:
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:
            self._default = str(connection.execute("PRAGMA synchronous").fetchone()[0])
        self._of_writers: set[str] = set()
        connect = sqlite3.connect

        def watched(*arguments: object, **options: object) -> sqlite3.Connection:
            opened: sqlite3.Connection = connect(*arguments, **options)  # type: ignore[call-overload]
            opened.set_trace_callback(self._follow())
            return opened

        # Drivers look it up when they connect, under either name.
        sqlite3.connect = sqlite3.dbapi2.connect = watched  # type: ignore[assignment]

    def synchronous(self) -> str:
        """The value of the connections that wrote; several when they differ."""
        names = {"0": "OFF", "1": "NORMAL", "2": "FULL", "3": "EXTRA"}
        return "/".join(sorted({names.get(value, value.upper()) for value in self._of_writers}))

    def _follow(self) -> Callable[[str], None]:
        synchronous = self._default

        def on_statement(statement: str) -> None:
            nonlocal synchronous
            if found := re.match(r"\s*pragma\s+synchronous\s*=\s*(\w+)", statement, re.IGNORECASE):
                synchronous = found[1]
            if re.match(r"\s*(insert|update|delete|replace)\b", statement, re.IGNORECASE):
                self._of_writers.add(synchronous)

        return on_statement


def started() -> Start:
    """Read the command line; to be called before the first connection is opened."""
    folder, variant, *options = sys.argv[1:]
    return Start(Path(folder), variant, Watched() if "watch" in options else None)


def message(number: int) -> str:
    """The content of a message; with its role and its user about 270 bytes."""
    return f"{number:06} {_TEXT}"


def set_to_wal(path: Path) -> None:
    """Set a file to WAL, which stays with it, for a peer that does not. The log would be removed
    whenever the peer closes its last connection, so one stays open."""
    connection = sqlite3.connect(path, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    _stay_open.append(connection)


def serve(start: Start, run: Callable[[Round], float]) -> None:
    """Answer each line with the seconds of a round, then end the process."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # Some peers print.
    for number, line in enumerate(sys.stdin):
        faulthandler.dump_traceback_later(MOST_SECONDS, exit=True)
        answer: dict[str, object]
        try:
            answer = {"seconds": run(Round(number, *map(int, line.split())))}
        except Exception as error:  # What a peer could not do is a finding, too.
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        if start.watched is not None:
            answer["durability"] = f"{_journal(start.folder)}, {start.watched.synchronous()}"
        print(json.dumps(answer), file=answers)
        faulthandler.cancel_dump_traceback_later()
    # A thread of a peer must not keep a program that has said everything.
    answers.close()
    os._exit(0)


def _journal(folder: Path) -> str:
    """WAL is a property of the file; without it, SQLite's own way is a rollback journal."""
    modes = set()
    for path in folder.glob("*.db"):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            modes.add(str(connection.execute("PRAGMA journal_mode").fetchone()[0]).upper())
    return "/".join(sorted(modes))
