"""Give a mind of an older system its file and its place in the database here."""

from __future__ import annotations

import json
import re
from pathlib import Path

from sqlalchemy import Connection, select

from genesis.errors import MindError, MindTooLargeError
from genesis.home import Home
from genesis.importing.rows import GENESIS_MINDS, SourceRow
from genesis.importing.sources.mind_files import MindSource
from genesis.importing.waiting import waiting_folder
from genesis.importing.writing import Outcome, note_rows
from genesis.minds.durable_file import replace_file
from genesis.minds.finding import record_of
from genesis.minds.json_text import format_object
from genesis.minds.mind_file import MindDocument, read_mind_file, write_mind_file
from genesis.storage.database import Database
from genesis.storage.imported_rows import find_digest
from genesis.storage.mind_tables import MindRow
from genesis.storage.minds import register_mind
from genesis.storage.statements import table

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


def write_mind(home: Home, database: Database, source: MindSource) -> Outcome:
    """Write a mind that is not here yet. The file comes first: killed in between, the next import
    finds the file of the same mind and goes on."""
    target = home.minds / f"{source.gmid}.json"
    row = SourceRow("mind", source.gmid, "", {})
    try:
        notes = _write_file(home, target, source)
        if notes is None:
            return Outcome(row, "skipped", "another mind with this GMID lives here; it is kept")
    except MindError as error:
        return Outcome(row, "skipped", str(error))
    row = SourceRow("mind", source.gmid, "", {}, notes=tuple(notes))
    record = record_of(source.document.identity, target)

    def operation(connection: Connection) -> Outcome:
        minds = table(MindRow).c.gmid
        known = connection.execute(select(minds).where(minds == source.gmid)).first()
        if known is None:
            register_mind(connection, record)
        if (
            known is not None
            or find_digest(connection, GENESIS_MINDS, row.kind, row.source_id) is not None
        ):
            return Outcome(row, "present")
        note_rows(connection, GENESIS_MINDS, [row])
        return Outcome(row, "imported")

    return database.writer.write(operation)


def _write_file(home: Home, target: Path, source: MindSource) -> list[str] | None:
    """Write the file, unless it is there; gives what was changed, None if it is another mind's."""
    if target.exists():
        there, mine = read_mind_file(target).identity, source.document.identity
        same = (there.birth_timestamp, there.creator) == (mine.birth_timestamp, mine.creator)
        return [] if same else None
    document, notes = source.document.without_legacy(), []
    while True:
        try:
            write_mind_file(target, document)
        except MindTooLargeError:
            name, section, document = _without_largest(document)
            if not name:
                raise
            aside = waiting_folder(home) / f"{source.gmid}.{_UNSAFE.sub('_', name)}.json"
            replace_file(aside, format_object({name: section}))
            notes.append(f"section {name} is too large for a mind's file; it waits in {aside.name}")
        else:
            return notes


def _without_largest(document: MindDocument) -> tuple[str, object, MindDocument]:
    """The document without its largest section of a plugin or of nobody known."""
    extra = dict(document.__pydantic_extra__)
    sections = {**extra, **document.plugins}
    if not sections:
        return "", None, document
    name = max(sections, key=lambda key: len(json.dumps(sections[key])))
    kept = document.model_dump(warnings=False)
    if name in document.plugins:
        del kept["plugins"][name]
    else:
        del kept[name]
    return name, sections[name], MindDocument.model_validate(kept)
