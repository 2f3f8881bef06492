"""A mind's file `minds/{gmid}.json`: what a mind is when no process runs.

It holds the identity, the emotional state and the sections of plugins, and stays below 50 KB:
messages, memories and whatever else grows belong in the database. Nothing that a file holds is
lost by reading and writing it, known or not, except secrets: those are never written.
"""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from genesis.errors import MindError, MindTooLargeError, NewerMindError
from genesis.minds.durable_file import replace_file
from genesis.minds.emotions import EmotionalState
from genesis.minds.identity import Identity
from genesis.minds.json_text import check_values, format_object, join_key, parse_object
from genesis.minds.secret_keys import without_secrets

SCHEMA_VERSION = 1
MOST_BYTES = 50 * 1024
MOST_BYTES_READ = 64 * 1024 * 1024
LEGACY = ("conversation_history", "memory", "memories")
"""What older files hold in place of the database."""
_MOST_FAULTS = 3
_log = logging.getLogger("genesis.minds")


class MindDocument(BaseModel):
    """The content of a mind's file, in the order in which it is written.

    `plugins` holds each plugin's section under its id, also those of plugins that are not
    installed. The keys of LEGACY are left out once they are None. Keys that are not named here
    are kept and written last.
    """

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, JsonValue]

    schema_version: int = Field(default=SCHEMA_VERSION, strict=True, ge=1, le=SCHEMA_VERSION)
    identity: Identity
    emotional_state: EmotionalState = Field(default_factory=EmotionalState)
    state: dict[str, JsonValue] = Field(default_factory=dict)
    intelligence: dict[str, JsonValue] = Field(default_factory=dict)
    autonomy: dict[str, JsonValue] = Field(default_factory=dict)
    config: dict[str, JsonValue] = Field(default_factory=dict)
    plugins: dict[str, JsonValue] = Field(default_factory=dict)
    conversation_history: JsonValue = None
    memory: JsonValue = None
    memories: JsonValue = None

    @property
    def legacy(self) -> dict[str, JsonValue]:
        """What an older file holds in place of the database; empty for a file of this release."""
        found = {key: getattr(self, key) for key in LEGACY}
        return {key: value for key, value in found.items() if value is not None}

    def without_legacy(self) -> MindDocument:
        """The same without it."""
        return self.model_copy(update=dict.fromkeys(LEGACY))


def read_mind_file(path: Path) -> MindDocument:
    """Read a mind's file; one without a schema version is of an older program, and is understood.

    Raises NewerMindError for the file of a later release, and MindError, with the reason and the
    key or place, for what is no mind's file, cannot be read, or belongs to another user. Nothing
    is changed.
    """
    try:
        value = parse_object(_read(path))
        _check_version(path, value)
        return _validate(value)
    except ValueError as error:
        raise MindError(
            f"The mind file {path} cannot be used: {error}. Correct it, or put a backup in its "
            "place."
        ) from None


def document_values(document: MindDocument) -> dict[str, JsonValue]:
    """What a document holds, as its file has it. Raises MindError, naming the key, for what a
    file cannot hold."""
    try:
        return _dump(document)
    except ValueError as error:
        raise MindError(f"The mind {document.identity.gmid} cannot be kept: {error}.") from None


def document_of(values: Mapping[str, object]) -> MindDocument:
    """A document with these values. Raises MindError, naming the key, for what does not fit."""
    try:
        return _validate(dict(values))
    except ValueError as error:
        raise MindError(f"The mind cannot be kept: {error}. Correct it and save again.") from None


def write_mind_file(path: Path, document: MindDocument) -> int:
    """Replace a mind's file as a whole and durably; returns its size in bytes.

    What a key calls a secret is left out, and a warning names the keys. Raises MindTooLargeError
    for more than 50 KB, naming the largest section, and MindError when the file cannot be
    written; in both cases the file stays as it was.
    """
    _check_target(path)
    try:
        value = _dump(document)
        kept, left_out = without_secrets(value)
        data = format_object(kept)
        # What could not be read again must not take the place of what can.
        _validate(parse_object(data))
    except ValueError as error:
        raise MindError(f"The mind file {path} was not written: {error}.") from None
    if len(data) > MOST_BYTES:
        raise MindTooLargeError(
            f"The mind file {path} was not written: it would have {len(data):,} bytes, and "
            f"{MOST_BYTES:,} are the limit. Its largest section is {_largest_section(kept)}. What "
            "grows belongs in the database; take it out of the section and save again."
        )
    try:
        replace_file(path, data)
    except OSError as error:
        raise MindError(
            f"The mind file {path} could not be written: {error.strerror or error}. Free space or "
            "correct the permissions of its folder, and save again."
        ) from error
    if left_out:
        _log.warning(
            "%s: not written, because a mind's file holds no secrets: %s. They belong in "
            "environment variables, such as OPENAI_API_KEY.",
            path,
            ", ".join(left_out),
        )
    return len(data)


def _read(path: Path) -> bytes:
    """The bytes of a file of this user; raises MindError for what is none, ValueError for size."""
    try:
        # Without blocking: a pipe of that name would never open.
        with open(path, "rb", opener=lambda p, flags: os.open(p, flags | os.O_NONBLOCK)) as file:
            status = os.fstat(file.fileno())
            _check_status(path, status)
            data = file.read(MOST_BYTES_READ + 1)
    except FileNotFoundError:
        raise MindError(
            f"There is no mind file {path}. Check the GMID, or put a backup in its place."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MindError(
            f"The mind file {path} cannot be read: {reason}. Check its path and its permissions."
        ) from error
    if len(data) > MOST_BYTES_READ:
        raise ValueError(f"it has more than {MOST_BYTES_READ:,} bytes, which no mind needs")
    return data


def _check_target(path: Path) -> None:
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return  # writing says more about the folder
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MindError(f"The mind file {path} cannot be written: {reason}.") from error
    if stat.S_ISLNK(status.st_mode):
        raise MindError(
            f"The mind file {path} is a symbolic link, which is not followed when writing. Put "
            "the file itself in its place."
        )
    _check_status(path, status)


def _check_status(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise MindError(f"{path} is not a file. Move it away; a mind's file belongs there.")
    if status.st_uid != os.geteuid():
        raise MindError(
            f"The mind file {path} belongs to another user (uid {status.st_uid}, not "
            f"{os.geteuid()}). Work as that user, or change the file's owner if it is yours."
        )


def _check_version(path: Path, value: dict[str, JsonValue]) -> None:
    version = value.get("schema_version")
    if type(version) is int and version > SCHEMA_VERSION:
        raise NewerMindError(
            f"The mind file {path} was written by a later release of Genesis (schema version "
            f"{version}; this one knows {SCHEMA_VERSION}). Nothing was changed. Install a later "
            "release to use this mind."
        )


def _validate(value: Mapping[str, object]) -> MindDocument:
    try:
        return MindDocument.model_validate(value)
    except ValidationError as error:
        # Never the value itself: it may be a secret.
        faults = [_fault(fault["loc"], fault["msg"]) for fault in error.errors(include_url=False)]
        more = len(faults) - _MOST_FAULTS
        rest = f"; and {more} more" if more > 0 else ""
        raise ValueError("; ".join(faults[:_MOST_FAULTS]) + rest) from None


def _fault(keys: tuple[int | str, ...], message: str) -> str:
    where = ""
    for key in keys:
        where = join_key(where, str(key))
    return f"{where}: {message.removeprefix('Value error, ').rstrip('.')}"


def _dump(document: MindDocument) -> dict[str, JsonValue]:
    # Its own warnings about values that `model_copy` never checked would name the values.
    value: dict[str, JsonValue] = document.model_dump(warnings=False)
    for key in LEGACY:
        if value[key] is None:
            del value[key]
    check_values(value)
    return value


def _largest_section(value: dict[str, JsonValue]) -> str:
    """The section that takes the most bytes as written, and how many; plugins one by one."""
    sections = {key: _size(item, 1) for key, item in value.items() if key != "plugins"}
    plugins = value["plugins"]
    if isinstance(plugins, dict):
        sections |= {join_key("plugins", key): _size(item, 2) for key, item in plugins.items()}
    name = max(sections, key=lambda key: sections[key])
    return f"{name}: {sections[name]:,} bytes"


def _size(value: JsonValue, level: int) -> int:
    data = format_object({"": value})
    return len(data) + data.count(b"\n") * 2 * (level - 1)
