"""Mind files of genesis-minds: the mind itself, and what older versions kept inside of its file."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue, ValidationError

from genesis.errors import UsageError
from genesis.importing.fields import Fields, UnfitError
from genesis.importing.rows import (
    GENESIS_MINDS,
    Item,
    Occurrences,
    Part,
    SourceRow,
    Unfit,
)  # fmt: skip
from genesis.importing.sources.memories import memory
from genesis.importing.sources.minds_database import message_values
from genesis.minds.identity import parse_gmid
from genesis.minds.json_text import parse_object
from genesis.minds.mind_file import LEGACY, MindDocument
from genesis.minds.secret_keys import without_secrets

MOST_BYTES = 512 * 1024 * 1024
_NAMESPACE = uuid.UUID("6d1f2f2e-5c0b-5c7e-9d52-0f6a3f6b1c11")
_HISTORY = "conversation_history"


@dataclass(frozen=True)
class MindSource:
    """A mind's file as read. `document` still holds what belongs into tables, but no secrets;
    `secrets` are the keys whose values were left out."""

    path: Path
    gmid: str
    document: MindDocument
    secrets: list[str]


def read_mind_source(path: Path) -> MindSource:
    """Read one mind's file. Raises UnfitError with the reason; nothing is changed."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UnfitError(f"it has {size:,} bytes, more than any mind's file should have")
        value = parse_object(path.read_bytes())
        identity = value.get("identity")
        if not isinstance(identity, dict):
            raise UnfitError("it holds no identity, so it is no mind's file")
        gmid = parse_gmid(str(identity.get("gmid", "")))
        # What was said and remembered stays whole, whatever its keys are called.
        legacy = {key: value.pop(key) for key in LEGACY if key in value}
        kept, secrets = without_secrets(value)
        kept |= {**legacy, "identity": {**identity, "gmid": gmid}}
        document = MindDocument.model_validate(kept)
    except OSError as error:
        raise UnfitError(f"it cannot be read: {error.strerror}") from error
    except (UsageError, ValidationError) as error:
        raise UnfitError(_told(error)) from error
    except ValueError as error:
        raise UnfitError(str(error)) from error
    return MindSource(path, gmid, document, secrets)


def legacy_parts(where: str, document: MindDocument) -> Iterator[Part]:
    """The messages and memories that an older version kept inside of a mind's file."""
    gmid, born = document.identity.gmid, document.identity.birth_timestamp
    if history := _entries(document.conversation_history):
        yield Part(
            "message", GENESIS_MINDS, f"{where}: {_HISTORY}", len(history),
            lambda: _messages(gmid, born, history),
        )  # fmt: skip
    if memories := _memories(document):
        yield Part(
            "memory", GENESIS_MINDS, f"{where}: memory", len(memories),
            lambda: _memory_rows(gmid, born, memories),
        )  # fmt: skip


def _messages(gmid: str, born: str, entries: list[JsonValue]) -> Iterator[Item]:
    names, last = Occurrences(), born
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict):
            yield Unfit("message", f"{gmid}: {_HISTORY}[{place}]", "it is no object")
            continue
        name = names.name([gmid, entry])
        row = dict(entry)
        row.setdefault("extra_data", row.pop("metadata", None))
        fields = Fields(row)
        try:
            values = message_values(fields, gmid, last)
        except UnfitError as error:
            yield Unfit("message", f"{gmid}: {_HISTORY}[{place}]", str(error))
            continue
        last = str(values["timestamp"])
        yield SourceRow("message", name, "", values, gmid, tuple(fields.notes))


def _memory_rows(gmid: str, born: str, entries: list[JsonValue]) -> Iterator[Item]:
    names = Occurrences()
    for place, entry in enumerate(entries):
        if not isinstance(entry, dict):
            yield Unfit("memory", f"{gmid}: memory[{place}]", "it is no object")
            continue
        name = names.name([gmid, entry])
        # One without an id gets the same one at every import.
        row = {"id": str(uuid.uuid5(_NAMESPACE, name)), **entry}
        try:
            yield memory(gmid, row, born)
        except UnfitError as error:
            yield Unfit("memory", str(row["id"])[:200], str(error))


def _memories(document: MindDocument) -> list[JsonValue]:
    """The memories in `memory.memories` or `memories`, a list or an object with their ids."""
    section = document.memory
    inside = section.get("memories") if isinstance(section, dict) else section
    return _entries(inside) + _entries(document.memories)


def _entries(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return [{"id": k, **v} if isinstance(v, dict) else v for k, v in value.items()]
    return value if isinstance(value, list) else [] if value is None else [value]


def _told(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(str(key) for key in fault['loc'])}: {fault['msg']}"
    return str(error)
