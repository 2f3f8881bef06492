"""Memories of genesis-minds: from the documents of its Chroma folders, or as its files hold them.

Chroma's files are read as what they are, a SQLite database; Chroma itself would change them.
Vectors stay behind: a folder does not say for certain which model made them, and a vector of
another model gives wrong answers without a word. `genesis minds reindex` makes new ones.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from genesis.clock import utc_now
from genesis.errors import UsageError
from genesis.importing.fields import Fields, UnfitError, read_time, with_more
from genesis.importing.recognise import Findings
from genesis.importing.rows import GENESIS_MINDS, Item, Part, SourceRow, Unfit
from genesis.minds.identity import parse_gmid
from genesis.minds.memory_input import content_hash
from genesis.storage.statements import Value

TYPES = frozenset({"episodic", "semantic", "procedural", "prospective", "working"})
CONTEXTS = frozenset({"personal", "shared", "generic"})
_DOCUMENT = "chroma:document"
_PREFIX = "mind_"
_METADATA_SEGMENTS = (
    "SELECT s.id, c.name FROM segments s JOIN collections c ON c.id = s.collection "
    "WHERE s.scope = 'METADATA' ORDER BY c.name"
)
_COUNT = "SELECT count(*) FROM embeddings WHERE segment_id = ?"
_ROWS = (
    "SELECT e.id, e.embedding_id, m.key, m.string_value, m.int_value, m.float_value, "
    "m.bool_value, e.created_at FROM embeddings e LEFT JOIN embedding_metadata m ON m.id = e.id "
    "WHERE e.segment_id = ? ORDER BY e.id"
)
_NOT_APPLIED = (
    "SELECT count(*) FROM embeddings_queue q WHERE q.topic LIKE '%/' || "
    "(SELECT collection FROM segments WHERE id = :segment) AND q.seq_id > "
    "(SELECT max(seq_id) FROM max_seq_id WHERE segment_id = :segment)"
)


def read_chroma_folder(
    connection: sqlite3.Connection, folder: Path, found: Findings, known: set[str]
) -> Iterator[Part]:
    """The collections of one folder; those of no known mind are named, not taken."""
    for segment, name in connection.execute(_METADATA_SEGMENTS).fetchall():
        where = f"{folder}: collection {name}"
        if not name.startswith(_PREFIX):
            found.leave(Path(where), "belongs to another program")
            continue
        gmid = _gmid(name.removeprefix(_PREFIX))
        count = connection.execute(_COUNT, (segment,)).fetchone()[0]
        waiting = _not_applied(connection, segment)
        if waiting:
            found.unreadable.append(
                f"{where}: {waiting} changes were never applied by Chroma. Open the home once "
                "with the older program, then import again."
            )
        if gmid not in known:
            reason = f"its mind {name.removeprefix(_PREFIX)} has no file: the folder is orphaned"
            yield _orphans(where, count, segment, connection, reason)
            continue
        yield Part(
            "memory", GENESIS_MINDS, where, count,
            lambda segment=segment, gmid=gmid: _memories(connection, segment, gmid),  # type: ignore[misc]
        )  # fmt: skip


def memory(gmid: str, row: Mapping[str, object], added: str) -> SourceRow:
    """One memory as its file holds it; `added` is its time if it has none. Raises UnfitError.

    A type that does not exist was written over by a caller's metadata; the memory is episodic.
    """
    fields = Fields(row)
    memory_id, content = fields.required("id"), fields.required("content")
    created = fields.time("timestamp")
    if created is None:
        fields.notes.append("timestamp is missing; the time at which it was added is used")
    context = fields.text("relationship_context")
    tags = _names(fields, "tags")
    values: dict[str, Value] = {
        "memory_id": memory_id,
        "mind_gmid": gmid,
        "type": fields.one_of("type", TYPES, "episodic"),
        "content": content,
        "content_hash": content_hash(content),
        "emotion": fields.text("emotion") or None,
        "emotion_intensity": _optional(fields, "emotion_intensity"),
        "importance": fields.number("importance", 0.5, 0, 1),
        "access_count": fields.count("access_count"),
        "last_accessed": fields.time("last_accessed"),
        "created_at": created or added,
        "user_email": fields.text("user_email") or None,
        "relationship_context": context if context in CONTEXTS else None,
        "environment_id": fields.text("environment_id") or None,
        "environment_name": fields.text("environment_name") or None,
        "tags": json.dumps(tags, ensure_ascii=False),
        "related_memory_ids": json.dumps(_names(fields, "related_memory_ids")),
        "archived_at": None,
        "merged_into": None,
    }
    metadata = fields.json("metadata")
    for name in ("memory_type", "mind_id"):
        _ = fields.text(name)
    more = fields.rest()
    if context and context not in CONTEXTS:
        more["relationship_context"] = context
    values["extra_data"] = with_more(metadata, "genesis_minds", more) if metadata or more else None
    notes = tuple(dict.fromkeys(fields.notes))
    return SourceRow("memory", memory_id, "", values, gmid, notes, tuple(tags))


def _memories(connection: sqlite3.Connection, segment: str, gmid: str) -> Iterator[Item]:
    for name, row in _documents(connection, segment):
        added = _time(row.pop("_added"))
        try:
            yield memory(gmid, {**row, "id": name}, added)
        except UnfitError as error:
            yield Unfit("memory", name[:200], str(error))


def _orphans(
    where: str, count: int, segment: str, connection: sqlite3.Connection, reason: str
) -> Part:
    def items() -> Iterator[Item]:
        for name, _row in _documents(connection, segment):
            yield Unfit("memory", name[:200], reason)

    return Part("memory", GENESIS_MINDS, where, count, items)


def _documents(
    connection: sqlite3.Connection, segment: str
) -> Iterator[tuple[str, dict[str, object]]]:
    """The id and the fields of each document: one row for each field, together by document."""
    last: int | None = None
    name: str = ""
    row: dict[str, object] = {}
    for key_id, embedding, key, text, whole, real, flag, added in connection.execute(
        _ROWS, (segment,)
    ):
        if key_id != last and last is not None:
            yield name, row
        if key_id != last:
            last, name, row = key_id, str(embedding), {"_added": added}
        if key is not None:
            value = next((v for v in (text, whole, real) if v is not None), None)
            row["content" if key == _DOCUMENT else key] = bool(flag) if value is None else value
    if last is not None:
        yield name, row


def _not_applied(connection: sqlite3.Connection, segment: str) -> int:
    try:
        found = connection.execute(_NOT_APPLIED, {"segment": segment}).fetchone()[0]
    except sqlite3.OperationalError:
        return 0  # an older layout, which applies before it acknowledges
    return int(found)


def _time(value: object) -> str:
    try:
        return read_time(value, is_utc=True)
    except ValueError:
        return utc_now()


def _gmid(text: str) -> str:
    try:
        return parse_gmid(text)
    except UsageError:
        return text


def _names(fields: Fields, name: str) -> list[str]:
    """A list of names: JSON, or text with commas, as Chroma's metadata takes no lists."""
    raw = fields.text(name)
    if not raw:
        return []
    try:
        found = json.loads(raw)
    except ValueError:
        found = raw.split(",")
    entries = found if isinstance(found, list) else [found]
    return list(dict.fromkeys(text for entry in entries if (text := str(entry).strip())))


def _optional(fields: Fields, name: str) -> float | None:
    found = fields.number(name, -1.0, 0, 1)
    return None if found < 0 else found
