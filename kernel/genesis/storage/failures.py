"""Turn what a database driver says into what a person can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from genesis.errors import StorageError

BUSY_SECONDS = 10


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn a driver's error into a StorageError that says what to do."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        raise StorageError(explain(error, path)) from error


def explain(error: Exception, path: Path) -> str:
    """A driver's error in words that name the file and the way out."""
    text = str(getattr(error, "orig", error))
    advice = next((advice for sign, advice in _ADVICE if sign in text.lower()), None)
    return f"The database {path}: {advice or text + '. Run `genesis doctor`.'}"


_ADVICE = (
    (
        "disk is full",
        "the disk is full. Free some space and start again; nothing acknowledged is lost.",
    ),
    (
        "locked",
        f"another program has held its write lock for {BUSY_SECONDS} seconds. Close that program "
        "(a database browser, say) and start again.",
    ),
    ("readonly", "it cannot be written. Correct its permissions or use another --home."),
    ("unable to open", "it cannot be opened. Check that the folder exists and can be written."),
    ("disk i/o", "the disk is full or reports an error. Free some space, then start again."),
    (
        "not a database",
        "it is not a SQLite database. Move it away (a backup may be meant) and start again.",
    ),
    ("malformed", "it is damaged. Restore a backup, or recover with `sqlite3 FILE .recover`."),
)


def is_locked(error: Exception) -> bool:
    """Whether another program holds the database's write lock."""
    return "locked" in str(getattr(error, "orig", error)).lower()
