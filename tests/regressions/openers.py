"""A program for tests: open the database of each path that comes in, and say how it went."""

from __future__ import annotations

import sys
from pathlib import Path

from genesis.storage.database import Database
from genesis.storage.migrate import KERNEL_REVISIONS, migrate

print("ready", flush=True)
for line in sys.stdin:
    how, path = line.rstrip("\n").split(" ", 1)
    try:
        database = Database(Path(path), durability="normal")
        if how == "migrate":
            migrate(database, "kernel", KERNEL_REVISIONS)
        database.close()
        print("ok", flush=True)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", flush=True)
