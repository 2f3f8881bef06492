"""What readers give and what comes of it: rows fit for a table, rows that cannot be taken."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from genesis.storage.statements import Values

GENESIS_MINDS = "genesis-minds"
AGENT_SERVICE = "be-agents-service"
_DIGEST_CHARACTERS = 32


@dataclass(frozen=True)
class SourceRow:
    """One row as this release's table takes it; `values` are that table's columns.

    `source_id` names the row in every copy of its source, and `digest` what it said there; ""
    where the same row is kept in several forms. `mind` must be known before it is written.
    `notes` say what was changed on the way.
    """

    kind: str
    source_id: str
    digest: str
    values: Values
    mind: str | None = None
    notes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unfit:
    """A row that cannot be taken, and why; it stays in the source."""

    kind: str
    source_id: str
    reason: str


Item: TypeAlias = SourceRow | Unfit


@dataclass(frozen=True)
class Part:
    """Rows of one kind in one place. `count` is what the source itself says it holds; None where
    that cannot be read."""

    kind: str
    system: str
    origin: str
    count: int | None
    items: Callable[[], Iterator[Item]]


def digest_of(value: object) -> str:
    """128 bits of SHA-256 over a value of the source, the same for equal values."""
    text = json.dumps(value, sort_keys=True, default=repr, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARACTERS]


class Occurrences:
    """Tells equal entries of lists without ids apart: the n-th of its kind stays the n-th."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def name(self, entry: Mapping[str, object] | list[object]) -> str:
        """The id of the next entry."""
        digest = digest_of(entry)
        count = self._seen[digest] = self._seen.get(digest, 0) + 1
        return digest if count == 1 else f"{digest}-{count}"
