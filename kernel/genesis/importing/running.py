"""Carry out one import: find, read, write, count."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from genesis.clock import utc_now
from genesis.errors import UsageError
from genesis.home import Home
from genesis.importing.fields import UnfitError
from genesis.importing.in_place import aside_folder, is_own, is_own_database
from genesis.importing.mind_writing import write_mind
from genesis.importing.recognise import Findings, recognise
from genesis.importing.report import ImportReport, Recorder
from genesis.importing.rows import Part, SourceRow, Unfit
from genesis.importing.sources.agent_service import (
    WAITING_PLUGINS,
    read_agent_service,
    waiting_tables,
)  # fmt: skip
from genesis.importing.sources.concern_files import read_concern_file
from genesis.importing.sources.memories import read_chroma_folder
from genesis.importing.sources.mind_files import MindSource, legacy_parts, read_mind_source
from genesis.importing.sources.minds_database import read_minds_database
from genesis.importing.sources.session_folders import copy_session_folder
from genesis.importing.sqlite_files import UnreadableError, count_rows, opened, rows_of
from genesis.importing.waiting import WaitingFile
from genesis.importing.writing import BATCH, Outcome, write_rows
from genesis.minds.identity import is_gmid
from genesis.storage.backup import copy_database
from genesis.storage.database import Database
from genesis.storage.imported_rows import count_imported
from genesis.storage.migrate import KERNEL_REVISIONS, migrate
from genesis.storage.minds import list_minds

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is being read, how many rows are done, and of how many (0: unknown)."""


def import_from(
    path: Path,
    home: Home,
    database: Database | None,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Bring what older systems left at a path into a home; nothing at the path is changed.

    Can be repeated and interrupted: every row is taken once. A dry run does the same with a
    throw-away copy of the home and takes `database=None`. Raises UsageError when there is nothing
    to import at the path, or when the path is the home itself; StorageError when the home cannot
    be written.
    """
    found = find_sources(path, home, dry_run=dry_run)
    report = ImportReport(path, home.root, dry_run, sources=[str(s) for s in found.sources])
    if dry_run:
        with _rehearsal(home) as (copy, rehearsed):
            _Import(copy, rehearsed, report, Recorder(report, None), progress).run(found)
    else:
        if database is None:
            raise UsageError("Give the home's database; only a dry run does without it.")
        log = home.root / "imports" / f"rows-{utc_now().replace(':', '')}.jsonl"
        _Import(home, database, report, Recorder(report, log), progress).run(found)
    return report


def find_sources(path: Path, home: Home, *, dry_run: bool = False) -> Findings:
    """What an import would read; opens and creates nothing in the home. Raises UsageError."""
    found = recognise(path, home.root)
    if not found.sources:
        named = [*found.unreadable, *(f"{left.what} {left.reason}" for left in found.left)][:5]
        told = "".join(f"\n  {line}" for line in named)
        what = "nothing that can be imported is in it" if path.exists() else "it does not exist"
        raise UsageError(
            f"{path}: {what}. Name a home of genesis-minds (`.genesis`) or a mind's file of it, "
            f"or a folder of be-agents-service (`.compound-state`).{told}"
        )
    own = [source for source in found.sources if is_own(source, home)]
    if own and not dry_run:
        raise UsageError(
            f"{own[0]} lies in the home that it would be imported into, under a name that this "
            "release uses itself. Either `genesis import PATH --in-place`, which first moves what "
            f"the older program left to {aside_folder(home)}, or name another home: "
            "`genesis import PATH --home DIR`. Nothing was changed."
        )
    return found


class _Import:
    """The state of one import: where to, what happened, and which minds are known or lost."""

    def __init__(
        self,
        home: Home,
        database: Database,
        report: ImportReport,
        recorder: Recorder,
        progress: Progress | None,
    ) -> None:
        self._home = home
        self._database = database
        self._report = report
        self._recorder = recorder
        self._progress = progress or (lambda _what, _done, _total: None)
        self._unknown: dict[str, str] = {}
        self._barred: dict[str, str] = {}

    def run(self, found: Findings) -> None:
        """Minds first, since everything else refers to them; then what is in tables, since a
        table is the later word where an older file says the same."""
        self._report.left, self._report.faults = found.left, found.unreadable
        try:
            minds = self._minds(found)
            for path in found.minds_databases:
                self._database_of_minds(path, found)
            for mind in minds:
                for part in legacy_parts(str(mind.path), mind.document):
                    self._take(part)
            for path in found.concern_files:
                self._concern_file(path)
            for folder in found.chroma_folders:
                self._chroma_folder(folder, found)
            for path in found.service_databases:
                self._agent_service(path, found)
            for folder in found.session_folders:
                self._session_folder(folder, found)
        finally:
            self._recorder.close()

    def _minds(self, found: Findings) -> list[MindSource]:
        """Write the minds; gives what their files hold besides."""
        taken: dict[str, Path] = {}
        sources = []
        for done, path in enumerate(_by_name(found.mind_files), start=1):
            self._progress("minds", done, len(found.mind_files))
            self._report.kind("mind").found += 1
            try:
                source = read_mind_source(path)
            except UnfitError as error:
                self._unknown[path.stem] = f"{path.name} cannot be used: {error}"
                self._recorder.unfit(str(path), Unfit("mind", path.name, _with_backup(path, error)))
                continue
            if source.gmid in taken:
                reason = f"{taken[source.gmid].name} holds the same mind {source.gmid}"
                self._recorder.unfit(str(path), Unfit("mind", path.name, reason))
                continue
            taken[source.gmid] = path
            outcome = write_mind(self._home, self._database, source)
            self._recorder.outcomes(str(path), [outcome])
            if outcome.state == "skipped":
                self._barred[source.gmid] = outcome.reason
            self._report.secrets += [f"{path.name}: {name}" for name in source.secrets]
            sources.append(source)
        return sources

    def _database_of_minds(self, path: Path, found: Findings) -> None:
        # Those whose file was named as unfit are not named a second time.
        named = self._known() | set(self._unknown)
        with self._faults(str(path)), opened(path) as connection:
            for part in read_minds_database(connection, path, found, named):
                self._take(part)

    def _chroma_folder(self, folder: Path, found: Findings) -> None:
        with self._faults(str(folder)), opened(folder / "chroma.sqlite3") as connection:
            for part in read_chroma_folder(connection, folder, found, self._known()):
                self._take(part)

    def _concern_file(self, path: Path) -> None:
        try:
            self._take(read_concern_file(path))
        except UnfitError as error:
            self._report.faults.append(f"{path}: {error}")

    def _agent_service(self, path: Path, found: Findings) -> None:
        with self._faults(str(path)), opened(path) as connection:
            for part in read_agent_service(connection, path, found):
                self._take(part)
            for table in waiting_tables(connection):
                self._let_wait(connection, table)

    def _let_wait(self, connection: sqlite3.Connection, table: str) -> None:
        name = f"waiting: {table}"
        kind, count = self._report.kind(name), count_rows(connection, table)
        waiting = WaitingFile(self._home, table, WAITING_PLUGINS[table])
        try:
            with self._faults(name):
                waiting.add(rows_of(connection, table))
        finally:
            waiting.close()
        handled = waiting.new + waiting.present
        kind.imported += waiting.new
        kind.present += waiting.present
        kind.found += handled if count is None else count
        self._check_count(name, count, handled)

    def _session_folder(self, folder: Path, found: Findings) -> None:
        self._report.kind("session_folder").found += 1
        try:
            outcome = copy_session_folder(self._home, folder, found)
        except OSError as error:
            reason = f"it cannot be copied: {error.strerror or error}"
            outcome = Outcome(SourceRow("session_folder", folder.name, "", {}), "skipped", reason)
        self._recorder.outcomes(str(folder), [outcome])

    def _take(self, part: Part) -> None:
        """Write one part, in batches; then see that its counts add up."""
        kind = self._report.kind(part.kind)
        before = kind.handled, kind.imported, self._noted(part)
        total, done = part.count or 0, 0
        batch: list[SourceRow] = []
        with self._faults(part.origin):
            for item in part.items():
                done += 1
                if isinstance(item, Unfit):
                    self._recorder.unfit(part.origin, item)
                else:
                    batch.append(item)
                if len(batch) == BATCH:
                    batch = self._write(part, batch)
                    self._progress(part.origin, done, total)
        self._write(part, batch)
        self._progress(part.origin, done, total)
        kind.found += done if part.count is None else part.count
        self._check_count(part.origin, part.count, kind.handled - before[0])
        if self._noted(part) - before[2] < kind.imported - before[1]:
            self._report.faults.append(
                f"{part.origin}: fewer rows were noted than imported. Run `genesis verify`."
            )

    def _write(self, part: Part, batch: list[SourceRow]) -> list[SourceRow]:
        """Write a batch; gives an empty one."""
        if batch:
            outcomes = self._database.writer.write(
                lambda connection: write_rows(
                    connection, part.system, batch, self._unknown, self._barred
                )
            )
            self._recorder.outcomes(part.origin, outcomes)
        return []

    def _noted(self, part: Part) -> int:
        return count_imported(self._database, part.system, part.kind)

    def _check_count(self, origin: str, count: int | None, handled: int) -> None:
        if count is not None and count != handled:
            self._report.faults.append(
                f"{origin}: {count} rows are there, and what became of {handled} is known. Repair "
                "the source, then import again."
            )

    def _known(self) -> set[str]:
        return {mind.gmid for mind in list_minds(self._database)}

    @contextmanager
    def _faults(self, origin: str) -> Iterator[None]:
        """A source that breaks is named, and the others go on."""
        try:
            yield
        except UnreadableError as error:
            told = str(error)
            self._report.faults.append(told if origin in told else f"{origin}: {told}")
        except sqlite3.DatabaseError as error:
            self._report.faults.append(
                f"{origin}: damaged ({error}). What was read is taken; recover the rest with "
                "`sqlite3 FILE .recover` into a new file and import that."
            )


def _by_name(files: list[Path]) -> list[Path]:
    """Files that are called like a mind before others, which may be copies of them."""
    return sorted(files, key=lambda path: (not is_gmid(path.stem), path))


def _with_backup(path: Path, error: UnfitError) -> str:
    backup = path.with_name(path.name + ".bak")
    try:
        gmid = read_mind_source(backup).gmid
    except UnfitError:
        return str(error)
    return f"{error}; its backup can be read: `genesis import {backup}` takes {gmid} from there"


@contextmanager
def _rehearsal(home: Home) -> Iterator[tuple[Home, Database]]:
    """A throw-away home with what an import looks at in the real one."""
    with tempfile.TemporaryDirectory(prefix="genesis-rehearsal-") as folder:
        copy = Home(Path(folder) / "home")
        copy.prepare()
        if is_own_database(home.database):
            copy_database(home.database, copy.database)
        for kept in ("minds", "sessions", "imports"):
            if (home.root / kept).is_dir():
                shutil.copytree(home.root / kept, copy.root / kept, symlinks=True)
        database = Database(copy.database, durability="normal")
        try:
            migrate(database, "kernel", KERNEL_REVISIONS)
            yield copy, database
        finally:
            database.close()
