"""Ask `sqlite_probe` about a SQLite file of the repository, which is never written to."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from genesis.contracts import Omission, ToolContext
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from genesis_engineering.files import RepositoryFile
from genesis_engineering.reporting import count_of

SUFFIXES = frozenset({".db", ".sqlite", ".sqlite3", ".db3", ".s3db", ".sl3", ".gpkg", ".mbtiles"})
MOST_BYTES = 200_000_000
_MAGIC = b"SQLite format 3\0"
_MOST_FILES = 50
_SECONDS_PER_FILE = 30.0
_SPARE_SECONDS = 5.0
_BESIDE = ("-wal", "-journal")


class IndexInfo(BaseModel):
    """One index; its columns are name (None for an expression), whether it descends, collation.
    `origin` is `c` for one that was created, `u` and `pk` for those of constraints."""

    model_config = ConfigDict(frozen=True)

    name: str
    unique: bool
    origin: str
    partial: bool
    columns: tuple[tuple[str | None, int, str | None], ...]


class TableInfo(BaseModel):
    """One table or view; columns are name, type and place in the primary key (from 1, 0: none).

    `foreign_keys` are the key's number, the target, and the column on either side; `rows` is at
    most `sqlite_probe.MANY_ROWS`, None where nobody could count.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    columns: tuple[tuple[str, str, int], ...] = ()
    indexes: tuple[IndexInfo, ...] = ()
    foreign_keys: tuple[tuple[int, str, str, str | None], ...] = ()
    rows: int | None = None
    without_rowid: bool = False


class Probe(BaseModel):
    """What a file holds. `integrity` are SQLite's complaints; `foreign_keys` are table, target,
    number of rows that point to nothing, and the first of them; `problems` are checks that could
    not be carried out, with the reason."""

    model_config = ConfigDict(frozen=True)

    problems: dict[str, str] = Field(default_factory=dict)
    tables: dict[str, TableInfo] = Field(default_factory=dict)
    integrity: tuple[str, ...] = ()
    foreign_keys: tuple[tuple[str, str, int, int | None], ...] = ()


@dataclass(frozen=True)
class Probed:
    """A file and what was found in it."""

    file: RepositoryFile
    probe: Probe


def probe_files(
    context: ToolContext, files: Iterable[RepositoryFile], *, only_tables: bool = False
) -> tuple[list[Probed], list[Omission]]:
    """Look into every SQLite file among the repository's, at most 50, and say which were not;
    with `only_tables`, nothing is checked."""
    own = [f for f in files if f.suffix in SUFFIXES and _is_sqlite(f)]
    found: list[Probed] = []
    omissions: list[Omission] = []
    for place, file in enumerate(own):
        if place >= _MOST_FILES or context.seconds_left < 2 * _SPARE_SECONDS:
            what = count_of(len(own) - place, "SQLite file")
            why = "no time was left" if place < _MOST_FILES else "only the first 50 are looked at"
            omissions.append(Omission(what=what, reason=why))
            break
        context.progress(place / len(own), f"looking into {file.path}")
        if file.size > MOST_BYTES:
            reason = f"larger than {MOST_BYTES // 1_000_000} MB"
            omissions.append(Omission(what=file.path[:500], reason=reason))
            continue
        probe = _probe(context, file, only_tables=only_tables)
        if isinstance(probe, str):
            omissions.append(Omission(what=file.path[:500], reason=probe[:2000]))
        else:
            found.append(Probed(file, probe))
    return found, omissions


def _is_sqlite(file: RepositoryFile) -> bool:
    try:
        with file.absolute.open("rb") as opened:
            return opened.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def _probe(context: ToolContext, file: RepositoryFile, *, only_tables: bool) -> Probe | str:
    """What the program tells, or why it told nothing."""
    seconds = min(_SECONDS_PER_FILE, context.seconds_left - _SPARE_SECONDS)
    copy: Path | None = None
    try:
        uri = file.absolute.absolute().as_uri() + "?immutable=1"
        if any(_beside(file, ending).is_file() for ending in _BESIDE):
            # Without what was not yet written back, the file alone says little.
            copy = _copy(file, context.folder)
            uri = copy.absolute().as_uri() + "?mode=rw"
        script = str(Path(__file__).with_name("sqlite_probe.py"))
        done = subprocess.run(
            [sys.executable, "-I", "-S", script, uri, str(seconds),
             *(["tables"] if only_tables else [])],
            capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds + _SPARE_SECONDS,
            cwd=context.folder, env={},
        )  # fmt: skip
        if done.returncode != 0:
            return f"SQLite could not read it: the program ended with {done.returncode}"
        return Probe.model_validate_json(done.stdout)
    except subprocess.TimeoutExpired:
        return "it took too long"
    except (OSError, ValidationError) as error:
        return f"it could not be looked into: {error}"
    finally:
        if copy is not None:
            for ending in ("", "-shm", *_BESIDE):
                copy.with_name(copy.name + ending).unlink(missing_ok=True)


def _beside(file: RepositoryFile, ending: str) -> Path:
    return file.absolute.with_name(file.absolute.name + ending)


def _copy(file: RepositoryFile, folder: Path) -> Path:
    copy = folder / "copy.sqlite"
    shutil.copyfile(file.absolute, copy)
    for ending in _BESIDE:
        beside = _beside(file, ending)
        if beside.is_file() and beside.stat().st_size <= MOST_BYTES:
            shutil.copyfile(beside, folder / (copy.name + ending))
    return copy
