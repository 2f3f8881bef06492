"""What a mind feels towards other minds and people."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Mapping
from typing import TypedDict, Unpack

from pydantic import JsonValue

from genesis.clock import utc_now
from genesis.errors import UsageError
from genesis.minds.identity import parse_gmid
from genesis.minds.text import (
    require_fields,
    require_limit,
    require_metadata,
    require_number,
    require_text,
)
from genesis.storage import relationships as rows
from genesis.storage.database import Database
from genesis.storage.relationships import Interaction, Relationship
from genesis.storage.statements import Value

MOST_NAME = 320
_GMID = re.compile(r"\s*GM(I?)D-", re.IGNORECASE)


class RelationshipChanges(TypedDict, total=False):
    """What `Relationships.set` can change; what is not named stays."""

    relationship_type: str
    closeness: float
    trust_level: float
    metadata: Mapping[str, JsonValue] | None


class Relationships:
    """The relationships of one mind. Thread-safe; a change is durable when its method returns.

    `to` is another mind's GMID or a user's e-mail address. Every method raises UsageError for
    values that cannot be stored; nothing is written then.
    """

    def __init__(self, mind_gmid: str, database: Database) -> None:
        self._mind = mind_gmid
        self._database = database

    def get(self, to: str) -> Relationship | None:
        """The relationship to somebody, or None."""
        return rows.read_relationship(self._database, self._mind, self._other(to))

    def list(self, limit: int = 100, before: int | None = None) -> builtins.list[Relationship]:
        """Newest first; `before` is the `id` of the last one of the page before."""
        last = rows.LAST_ID if before is None else before
        if not isinstance(last, int) or not 0 <= last <= rows.LAST_ID:
            raise UsageError(f"before is {last!r:.60}; give the `id` of a relationship.")
        return rows.recent_relationships(self._database, self._mind, last, require_limit(limit))

    def strongest(self, limit: int = 10) -> builtins.list[Relationship]:
        """The closest first; the newest of equally close ones."""
        return rows.strongest_relationships(self._database, self._mind, require_limit(limit))

    def record_interaction(
        self,
        to: str,
        *,
        positive: bool | None = None,
        closeness_change: float = 0.0,
        trust_change: float = 0.0,
        relationship_type: str = "acquaintance",
    ) -> Relationship:
        """Count a meeting, good or bad or neither, and move closeness and trust by -1 to 1.

        Both stay within 0 and 1. The first meeting begins the relationship, with closeness 0,
        trust 0.5 and this type, which later ones leave alone.
        """
        interaction = Interaction(
            _verdict(positive),
            require_number(closeness_change, "closeness_change", -1, 1),
            require_number(trust_change, "trust_change", -1, 1),
            _type(relationship_type),
        )
        other, now = self._other(to), utc_now()
        return self._database.writer.write(
            lambda c: rows.add_interaction(c, self._mind, other, interaction, now)
        )

    def set(self, to: str, **changes: Unpack[RelationshipChanges]) -> Relationship:
        """Write what is named; begins the relationship if there is none."""
        values = require_fields("A relationship", _CHECKS, changes)
        other, now = self._other(to), utc_now()
        return self._database.writer.write(
            lambda c: rows.set_relationship(c, self._mind, other, values, now)
        )

    def remove(self, to: str) -> bool:
        """Forget somebody; False if there is no relationship."""
        other = self._other(to)
        return self._database.writer.write(lambda c: rows.remove_relationship(c, self._mind, other))

    def _other(self, to: str) -> str:
        other = require_text(to, "to", MOST_NAME)
        other = parse_gmid(other) if _GMID.match(other) else other.strip()
        if other == self._mind:
            raise UsageError(f"{other} is this mind itself; name another one, or a user.")
        return other


def _verdict(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise UsageError(f"positive is {value!r:.60}; give True, False or None.")


def _type(value: object) -> str:
    return require_text(value, "relationship_type", 100)


_CHECKS: dict[str, Callable[[object], Value]] = {
    "relationship_type": _type,
    "closeness": lambda value: require_number(value, "closeness", 0, 1),
    "trust_level": lambda value: require_number(value, "trust_level", 0, 1),
    "metadata": lambda value: require_metadata(value, "The metadata"),
}
