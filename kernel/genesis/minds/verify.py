"""`genesis verify`: whether database, mind files and vector indexes agree, and making it so."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from genesis.errors import MindError
from genesis.minds.mind_file import read_mind_file
from genesis.minds.store import MindStore
from genesis.storage.memory_changes import index_record
from genesis.storage.minds import list_minds
from genesis.storage.upkeep import Problem, database_problems

_OWN_EYES = 0o600


def find_problems(store: MindStore) -> Iterator[Problem]:
    """Everything in a home that does not agree; what is made from the record can be mended."""
    yield from database_problems(store.database)
    yield from _file_problems(store)
    for mind in list_minds(store.database):
        yield from _index_problems(store, mind.gmid)


def _file_problems(store: MindStore) -> Iterator[Problem]:
    known = {mind.gmid for mind in list_minds(store.database)}
    found = set()
    for path in sorted(store.home.minds.glob("*.json")):
        try:
            gmid = read_mind_file(path).identity.gmid
        except MindError as error:
            yield Problem("minds", str(error))
            continue
        if path.stem != gmid:
            yield Problem("minds", f"{path} holds the mind {gmid}; rename it to {gmid}.json")
            continue
        found.add(gmid)
        if stat.S_IMODE(path.stat().st_mode) & ~_OWN_EYES:
            yield Problem(
                "minds",
                f"{path} can be read by other users",
                lambda path=path: path.chmod(_OWN_EYES),  # type: ignore[misc]
            )
    for gmid in sorted(known - found):
        yield Problem(
            "minds",
            f"the mind {gmid} has no file in {store.home.minds}; put one back from a backup",
        )
    for gmid in sorted(found - known):
        yield Problem(
            "minds", f"the mind {gmid} is not in the database yet; loading it puts it there"
        )
    yield from (
        Problem("indexes", f"{path} is the index of no mind; delete it")
        for path in sorted(_index_folders(store.home.indexes))
        if path.name not in known
    )


def _index_folders(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.glob("*") if path.is_dir())


def _index_problems(store: MindStore, gmid: str) -> Iterator[Problem]:
    record = index_record(store.database, gmid)
    if record is None:
        return
    for told in store.indexes.check(gmid) or ():
        yield Problem(
            "indexes",
            f"{gmid}: {told}",
            lambda: store.indexes.rebuild(gmid, record.embedder, record.dimension),
        )
