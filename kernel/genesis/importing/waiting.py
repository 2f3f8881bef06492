"""Rows of plugins that are not installed: kept in the home, named, until somebody takes them.

`imports/waiting/{table}.jsonl` holds one row a line, `{"id", "digest", "row"}`; `manifest.json`
says whose they are. A line is never changed, so a second import adds what is new.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from genesis.home import Home
from genesis.importing.rows import digest_of
from genesis.minds.durable_file import replace_file


@dataclass(frozen=True)
class WaitingTable:
    """A table whose rows wait, how many, and for which plugin."""

    table: str
    plugin: str
    rows: int


def waiting_folder(home: Home) -> Path:
    """Where rows wait."""
    return home.root / "imports" / "waiting"


def list_waiting(home: Home) -> list[WaitingTable]:
    """The tables that wait, by name."""
    return [
        WaitingTable(table, plugin, sum(1 for _ in read_waiting(home, table)))
        for table, plugin in sorted(_manifest(home).items())
    ]


def read_waiting(home: Home, table: str) -> Iterator[dict[str, JsonValue]]:
    """The rows of one table as the older system had them; bytes are `{"hex": ...}`."""
    for line in _lines(waiting_folder(home) / f"{table}.jsonl"):
        if isinstance(row := line["row"], dict):
            yield row


class WaitingFile:
    """The file of one table, open for adding; `new` rows were added, `present` ones waited already.
    What was added is durable once it is closed."""

    def __init__(self, home: Home, table: str, plugin: str) -> None:
        self.new = self.present = 0
        folder = waiting_folder(home)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{table}.jsonl"
        self._known = {(line["id"], line["digest"]) for line in _lines(path)}
        known = _manifest(home)
        if known.get(table) != plugin:
            text = json.dumps({**known, table: plugin}, indent=2, sort_keys=True) + "\n"
            replace_file(folder / "manifest.json", text.encode())
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._file = os.fdopen(descriptor, "r+b")
        # What a killed process left behind the last whole line.
        self._file.truncate(_whole_bytes(path))
        self._file.seek(0, os.SEEK_END)

    def add(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Add what is new."""
        for row in rows:
            digest = digest_of(dict(row))
            key = (str(row.get("id", digest)), digest)
            if key in self._known:
                self.present += 1
                continue
            self._known.add(key)
            line = {"id": key[0], "digest": digest, "row": _plain(row)}
            self._file.write(json.dumps(line).encode() + b"\n")
            self.new += 1

    def close(self) -> None:
        """Make what was added durable."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def _plain(row: Mapping[str, object]) -> dict[str, object]:
    return {k: {"hex": v.hex()} if isinstance(v, bytes) else v for k, v in row.items()}


def _lines(path: Path) -> Iterator[dict[str, JsonValue]]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield json.loads(line)


def _whole_bytes(path: Path) -> int:
    """Up to where the file holds whole lines."""
    size = 0
    with path.open("rb") as file:
        for line in file:
            size += len(line) if line.endswith(b"\n") else 0
    return size


def _manifest(home: Home) -> dict[str, str]:
    path = waiting_folder(home) / "manifest.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
