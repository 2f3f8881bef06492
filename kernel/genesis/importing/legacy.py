"""What a mind's file of an older version holds in place of the database, for loading a mind."""

from __future__ import annotations

import hashlib
from pathlib import Path

from genesis.home import Home
from genesis.importing.rows import SourceRow
from genesis.importing.sources.mind_files import legacy_parts
from genesis.importing.writing import BATCH, write_rows
from genesis.minds.durable_file import replace_file
from genesis.minds.mind_file import MindDocument
from genesis.storage.database import Database

_DIGEST_CHARACTERS = 16


def keep_original(home: Home, path: Path) -> Path:
    """Keep the file of an older version byte for byte, before a save makes it small; gives where.

    Once for each content. Only its owner can read the copy: older files hold keys in clear text.
    """
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()[:_DIGEST_CHARACTERS]
    kept = home.root / "imports" / "originals" / f"{path.stem}-{digest}.json"
    if not kept.exists():
        replace_file(kept, data)
    return kept


def take_over_legacy(database: Database, document: MindDocument) -> int:
    """Bring the messages and memories in a mind's document into the database; gives how many.

    The mind must be registered. Each is taken once, also by `genesis import`, which shares the
    ledger. What cannot be taken stays in the original; `genesis import` says why.
    """
    taken = 0
    for part in legacy_parts("", document):
        rows = [item for item in part.items() if isinstance(item, SourceRow)]
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            outcomes = database.writer.write(
                lambda c, batch=batch, system=part.system: write_rows(c, system, batch, {}, {})  # type: ignore[misc]
            )
            taken += sum(outcome.state == "imported" for outcome in outcomes)
    return taken
