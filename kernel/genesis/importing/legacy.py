"""What a mind's file of an older version holds in place of the database, for loading a mind."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from genesis.home import Home
from genesis.importing.rows import SourceRow
from genesis.importing.sources.mind_files import legacy_parts
from genesis.importing.writing import BATCH, write_rows
from genesis.minds.durable_file import replace_file
from genesis.minds.json_text import parse_object
from genesis.minds.mind_file import LEGACY, MindDocument
from genesis.storage.database import Database

_DIGEST_CHARACTERS = 16
_log = logging.getLogger("genesis.minds")


def take_over_legacy(home: Home, database: Database, path: Path, document: MindDocument) -> int:
    """Bring the messages and memories in a mind's file into the database; gives how many.

    The mind must be registered. The file is kept byte for byte, before a save makes it small.
    Each row is taken once, also by `genesis import`, which shares the ledger. What cannot be
    taken is in the file that is kept, and a warning says how to see why.
    """
    originals = home.root / "imports" / "originals"
    _keep_original(originals, path)
    taken = left = 0
    for part in legacy_parts("", document):
        items = list(part.items())
        rows = [item for item in items if isinstance(item, SourceRow)]
        left += len(items) - len(rows)
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            outcomes = database.writer.write(
                lambda c, batch=batch, system=part.system: write_rows(c, system, batch, {}, {})  # type: ignore[misc]
            )
            taken += sum(outcome.state == "imported" for outcome in outcomes)
            left += sum(outcome.state == "skipped" for outcome in outcomes)
    if left:
        _log.warning(
            "%s: %d messages or memories of the older program cannot be taken. The file is kept in "
            "%s; `genesis import FILE --dry-run` says which and why.",
            path, left, originals,
        )  # fmt: skip
    return taken


def _keep_original(originals: Path, path: Path) -> None:
    """Once for each content. Only its owner can read the copy: older files hold keys in clear
    text."""
    data = path.read_bytes()
    if not any(parse_object(data).get(key) is not None for key in LEGACY):
        return  # another program took it over since it was read, and kept it
    digest = hashlib.sha256(data).hexdigest()[:_DIGEST_CHARACTERS]
    kept = originals / f"{path.stem}-{digest}.json"
    if not kept.exists():
        replace_file(kept, data)
