"""Bring an owner's tables to the version that its code expects.

Each owner (the kernel, or a plugin) has a folder of Alembic revisions named `0001_what.py`,
`0002_...`, and a version table of its own, so that an absent plugin's history never stands in
the way. All steps of an owner are one transaction: half of them never stays behind.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from genesis.clock import utc_now
from genesis.errors import GenesisError, NewerDatabaseError, StorageError
from genesis.storage.backup import copy_database
from genesis.storage.database import Database

_ENVIRONMENT = Path(__file__).parent / "migrations"
KERNEL_REVISIONS = _ENVIRONMENT / "versions"
_COPIES = 3
_ALEMBIC = threading.Lock()


def migrate(
    database: Database,
    owner: str,
    revisions: Path,
    check: Callable[[Connection], None] | None = None,
) -> None:
    """Apply what is missing. Costs one small query when nothing is. What is changed is first
    copied to `backups/` beside the database. `check` looks at the result before it counts, and
    undoes it by raising.

    Raises NewerDatabaseError when the database knows a later revision than the folder, and
    StorageError when a revision fails; the tables are then as they were before.
    """
    expected = newest_revision(revisions)
    with database.read() as connection:
        recorded = recorded_revision(connection, owner)
    if recorded == expected:
        return
    if recorded is not None and recorded > expected:
        raise NewerDatabaseError(
            f"The database {database.path} holds tables of {owner!r} at revision {recorded}, "
            f"newer than this release knows ({expected}). Install the newer release again, or "
            "use another --home. Nothing was changed."
        )

    if recorded is not None:
        _keep_copy(database.path, owner, expected)

    def upgrade(connection: Connection) -> None:
        try:
            _upgrade(connection, owner, revisions)
        except (GenesisError, DBAPIError, MemoryError):
            raise
        except Exception as error:
            raise StorageError(
                f"The tables of {owner!r} in {database.path} could not be brought from revision "
                f"{recorded or 'none'} to {expected}: {type(error).__name__}: {error}. "
                "Nothing was changed."
            ) from error
        if check is not None:
            check(connection)

    database.writer.write(upgrade)


def _keep_copy(path: Path, owner: str, expected: str) -> None:
    """Copy a database into `backups/` before its tables change; the last few copies stay."""
    folder = path.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    stamp = utc_now().replace(":", "").replace("-", "").replace(".", "")
    copy_database(path, folder / f"before-{owner}-{expected}-{stamp}.db")
    for older in sorted(folder.glob(f"before-{owner}-*.db"))[:-_COPIES]:
        older.unlink(missing_ok=True)


def newest_revision(revisions: Path) -> str:
    """The number of the last revision in a folder, e.g. `0002`. Raises StorageError when empty."""
    numbers = sorted(path.name[:4] for path in revisions.glob("[0-9][0-9][0-9][0-9]_*.py"))
    if not numbers:
        raise StorageError(f"{revisions} holds no revision such as 0001_first.py.")
    return numbers[-1]


def recorded_revision(connection: Connection, owner: str) -> str | None:
    """The revision that an owner's tables are at; None before its first migration."""
    table = version_table(owner)
    found = connection.execute(
        text("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name"), {"name": table}
    ).first()
    if found is None:
        return None
    row = connection.exec_driver_sql(f"SELECT version_num FROM {table}").first()  # noqa: S608
    return None if row is None else str(row[0])


def version_table(owner: str) -> str:
    """The table that holds the revision of one owner; owners are plugin ids, safe in SQL."""
    return f"schema_version_{owner}"


def _upgrade(connection: Connection, owner: str, revisions: Path) -> None:
    # Only a start that has something to migrate pays for the import.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_ENVIRONMENT))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(revisions))
    config.attributes["connection"] = connection
    config.attributes["version_table"] = version_table(owner)
    # Its environment is global to the process, which may open several homes at once.
    with _ALEMBIC:
        command.upgrade(config, "head")
