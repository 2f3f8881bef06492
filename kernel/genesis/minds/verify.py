"""`genesis verify`: whether database, mind files and vector indexes agree, and making it so."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from genesis.errors import MindError, StorageError
from genesis.minds.identity import is_gmid
from genesis.minds.mind_file import read_mind_file
from genesis.minds.store import MindStore
from genesis.storage.index_files import (
    FolderLock,
    has_left_seal,
    look_over,
    read_marker,
    remove_folder,
)
from genesis.storage.memory_changes import IndexRecord, index_record, living, pending
from genesis.storage.minds import list_minds
from genesis.storage.upkeep import Problem, database_problems

_OTHERS = 0o177
_OWN_EYES = 0o600
_CHECK_SECONDS = 600.0
_REBUILD_SECONDS = 3600.0


def find_problems(store: MindStore) -> Iterator[Problem]:
    """Everything in a home that does not agree; what is made from the record can be mended."""
    yield from database_problems(store.database)
    yield from _file_problems(store)
    yield from _folder_problems(store)
    for mind in list_minds(store.database):
        yield from _index_problems(store, mind.gmid)


def _file_problems(store: MindStore) -> Iterator[Problem]:
    known = {mind.gmid: Path(mind.storage_path) for mind in list_minds(store.database)}
    named = set()
    for path in sorted(store.home.minds.glob("*.json")):
        named.add(path.stem)
        yield from _problems_of_file(path, is_known=path.stem in known)
    for gmid, path in sorted(known.items()):
        # A program may keep a mind's file elsewhere; in a folder `minds` it is of that home.
        elsewhere = path.parent.name != "minds" and path.is_file()
        if gmid not in named and not elsewhere:
            told = f"the mind {gmid} has no file {store.home.minds / gmid}.json"
            way = f"put one back from a backup, or run `genesis minds delete {gmid}`"
            yield Problem("minds", f"{told}; {way}")


def _problems_of_file(path: Path, *, is_known: bool) -> Iterator[Problem]:
    try:
        gmid = read_mind_file(path).identity.gmid
    except MindError as error:
        yield Problem("minds", str(error))
        return
    if path.stem != gmid:
        yield Problem("minds", f"{path} holds the mind {gmid}; rename it to {gmid}.json")
    elif not is_known:
        told = f"the mind {gmid} is not in the database yet; `genesis minds show {gmid}` puts it"
        yield Problem("minds", f"{told} there")
    if stat.S_IMODE(path.stat().st_mode) & _OTHERS:
        yield Problem("minds", f"{path} can be read by other users", partial(path.chmod, _OWN_EYES))


def _folder_problems(store: MindStore) -> Iterator[Problem]:
    """Index folders that belong to nobody. What an older program left is data, and never ours."""
    known = {mind.gmid for mind in list_minds(store.database)}
    for path in sorted(store.home.indexes.glob("*")):
        if path.name in known or not path.is_dir():
            continue
        if is_gmid(path.name) and read_marker(path) is not None:
            told = f"{path} is the index of a mind that is gone"
            yield Problem("indexes", told, partial(_remove, path))
        else:
            told = f"{path} is no index of this home"
            yield Problem("indexes", f"{told}; `genesis import`, or delete what you do not need")


def _remove(folder: Path) -> None:
    path = folder.with_name(f"{folder.name}.lock")
    lock = FolderLock.take(path)
    if lock is None:
        raise StorageError(f"the process with id {FolderLock.owner(path)} has it open")
    remove_folder(folder)
    path.unlink(missing_ok=True)
    lock.release()


def _index_problems(store: MindStore, gmid: str) -> Iterator[Problem]:
    record = index_record(store.database, gmid)
    if record is None:
        return
    # Before anybody opens it: opening builds a damaged folder anew without a question.
    damage = _damage(store, gmid, record)
    told = [damage] if damage else store.indexes.check(gmid, _CHECK_SECONDS) or []
    if told:
        yield Problem(
            "indexes", f"{gmid}: {'; '.join(told)}", partial(_rebuild, store, gmid, record)
        )


def _damage(store: MindStore, gmid: str, record: IndexRecord) -> str | None:
    """What is visibly wrong with the files of an index that no process has open."""
    folder = store.home.indexes / gmid
    path = folder.with_name(f"{gmid}.lock")
    if not folder.exists():
        left = living(store.database, gmid, record)
        unfed = pending(store.database, gmid, record)
        return None if unfed.keys() >= set(left) else f"the folder {folder} is missing"
    lock = FolderLock.take(path)
    if lock is None:
        return None
    try:
        marker = read_marker(folder)
        if marker is None:
            return f"{folder / 'index.json'} is missing or cannot be read"
        damage = look_over(folder) if marker.seal is None else has_left_seal(folder, marker)
        return damage and f"the folder {folder} is damaged: {damage}"
    finally:
        lock.release()


def _rebuild(store: MindStore, gmid: str, record: IndexRecord) -> None:
    store.indexes.rebuild(gmid, record.embedder, record.dimension)
    if not store.indexes.settle(gmid, _REBUILD_SECONDS):
        raise StorageError("it is still being built; verify again later")
