"""`data/concerns/*/concerns.json`: where genesis-minds kept concerns before it had a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import JsonValue

from genesis.importing.fields import UnfitError
from genesis.importing.rows import GENESIS_MINDS, Item, Part, SourceRow, Unfit
from genesis.importing.sources.minds_database import concern
from genesis.importing.sources.tables import converted
from genesis.minds.json_text import parse_object

# What the table calls it: what the file calls it.
_NAMES = {
    "content": "description", "next_check_at": "follow_up_at", "check_count": "follow_up_count",
}  # fmt: skip
_SEVERITIES = ((0.34, "low"), (0.67, "medium"))


def read_concern_file(path: Path) -> Part:
    """The concerns of one file, whose folder is called after the mind. Raises UnfitError."""
    try:
        # A list is wrapped, so that one reader with its checks does for both.
        data = path.read_bytes()
        listed = data.lstrip().startswith(b"[")
        value = parse_object(b'{"concerns": ' + data + b"}" if listed else data)
    except OSError as error:
        raise UnfitError(f"it cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UnfitError(str(error)) from error
    found = value.get("concerns", value)
    entries = list(found.values()) if isinstance(found, dict) else found
    if not isinstance(entries, list):
        raise UnfitError("it holds no list of concerns")
    return Part(
        "concern", GENESIS_MINDS, str(path), len(entries),
        lambda: _concerns(path.parent.name, entries),
    )  # fmt: skip


def _concerns(gmid: str, entries: list[JsonValue]) -> Iterator[Item]:
    for place, entry in enumerate(entries):
        if isinstance(entry, dict):
            yield from converted("concern", iter([_as_row(gmid, entry)]), "concern_id", _concern)
        else:
            yield Unfit("concern", f"{gmid}: [{place}]", "it is no object")


def _concern(row: Mapping[str, object]) -> SourceRow:
    # The table, where it has the same concern, is the later word.
    return replace(concern(row), digest="")


def _as_row(gmid: str, entry: dict[str, JsonValue]) -> Mapping[str, object]:
    row: dict[str, object] = {"mind_gmid": gmid, **entry}
    for name, other in _NAMES.items():
        if other in row:
            row.setdefault(name, row.pop(other))
    if isinstance(severity := row.pop("severity", None), (int, float)):
        row.setdefault("priority", next((n for most, n in _SEVERITIES if severity < most), "high"))
    if row.pop("resolved", False):
        row.setdefault("status", "resolved")
    if "metadata" in row:
        row.setdefault("extra_data", row.pop("metadata"))
    return row
