"""Which memories a question is about: filters as SQL, each combination compiled once.

Who may see a memory (`user_email` of the question beside `user_email` and `relationship_context`
of the memory) is one of the filters, so it holds inside every search and list.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Text,
    and_,
    bindparam,
    column,
    func,
    or_,
    select,
    text,
    true,
    tuple_,
    union_all,
)

from genesis.storage.memory_tables import SHARED_MEMORY, MemoryRow, MemoryTagRow, MemoryVectorRow
from genesis.storage.statements import Statement, Value, table

memories = table(MemoryRow)
_tags = table(MemoryTagRow)
_vectors = table(MemoryVectorRow)
# In the order in which `genesis.minds.memory_record` reads them.
COLUMNS = (
    "id", "memory_id", "type", "content", "created_at", "emotion", "emotion_intensity",
    "importance", "access_count", "last_accessed", "tags", "related_memory_ids", "user_email",
    "relationship_context", "environment_id", "environment_name", "extra_data", "archived_at",
    "merged_into",
)  # fmt: skip
_m = memories.c
_ORDERS = {
    "recent": (_m.created_at, _m.id),
    "important": (_m.importance, _m.id),
}
# What leaves most of a mind's memories, or those of a type.
_WIDE = frozenset({"mind", "living", "everything", "nobody", "type"})
_PLAIN = ("type", "min_importance", "environment_id", "emotion", "since", "until", "before")
_ids = func.json_each(bindparam("ids")).table_valued(column("value", Integer))
_wanted_tags = func.json_each(bindparam("tags")).table_valued(column("value", Text))
_last = memories.alias("last")
VECTORS_GIVEN = Statement(
    select(_vectors.c.memory, _vectors.c.vector).where(
        _vectors.c.memory.in_(select(_ids.c.value)), _vectors.c.embedder == bindparam("embedder")
    )
)
"""(memory, vector) of those whose numbers are given as JSON (`:ids`), of the model `:embedder`."""
_place = select(_last.c.created_at, _last.c.id).where(
    _last.c.mind_gmid == bindparam("mind"), _last.c.memory_id == bindparam("before")
)
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "mind": _m.mind_gmid == bindparam("mind"),
    "type": _m.type == bindparam("type"),
    "min_importance": _m.importance >= bindparam("min_importance"),
    "environment_id": _m.environment_id == bindparam("environment_id"),
    "emotion": _m.emotion == bindparam("emotion"),
    "since": _m.created_at >= bindparam("since"),
    "until": _m.created_at < bindparam("until"),
    "before": tuple_(_m.created_at, _m.id) < _place.scalar_subquery(),
    "living": _m.archived_at.is_(None),
    # With a plus, so that SQLite does not prefer an index of a whole mind to these few numbers.
    "ids": and_(_m.id.in_(select(_ids.c.value)), text("+memories.mind_gmid = :mind")),
    "tags": _m.id.in_(
        select(_tags.c.memory)
        .where(
            _tags.c.mind_gmid == bindparam("mind"), _tags.c.tag.in_(select(_wanted_tags.c.value))
        )
        .group_by(_tags.c.memory)
        .having(func.count() == bindparam("tag_count"))
    ),
    # The same owner, for finding duplicates: nothing of one user is merged with another's.
    "owner": and_(
        _m.user_email.is_not_distinct_from(bindparam("owner")),
        _m.relationship_context.is_not_distinct_from(bindparam("context")),
    ),
}
# Who may see a memory. Each has arms that exclude each other, and each arm an index.
_SCOPES: dict[str, tuple[ColumnElement[bool], ...]] = {
    "everything": (true(),),
    "nobody": (
        or_(
            _m.user_email.is_(None),
            _m.relationship_context.is_(None),
            _m.relationship_context != "personal",
        ),
    ),
    "user": (
        _m.user_email == bindparam("user"),
        _m.user_email.is_(None),
        and_(text(SHARED_MEMORY), _m.user_email != bindparam("user")),
    ),
}


@dataclass(frozen=True)
class MemoryFilter:
    """What a memory must be like; None leaves a property open.

    `user_email` is who asks, as docs/reference/memories.md tells: a user sees what is theirs, of
    nobody, shared or generic; without one, everything but what is personal is seen;
    `all_users` sees everything. `tags`: it has all of these. `owner` is (user_email,
    relationship_context), both exactly. `before` is the id of a memory: only older ones.
    """

    type: str | None = None
    min_importance: float | None = None
    user_email: str | None = None
    all_users: bool = False
    tags: Sequence[str] = ()
    environment_id: str | None = None
    emotion: str | None = None
    since: str | None = None
    until: str | None = None
    include_archived: bool = False
    owner: tuple[str | None, str | None] | None = None
    before: str | None = None

    def values(self, mind: str) -> dict[str, Value]:
        """The values of the parameters of `names`."""
        values: dict[str, Value] = {name: getattr(self, name) for name in _PLAIN}
        values |= {"mind": mind, "user": self.user_email}
        if self.tags:
            distinct = sorted(set(self.tags))
            values |= {"tags": json.dumps(distinct), "tag_count": len(distinct)}
        if self.owner is not None:
            values |= {"owner": self.owner[0], "context": self.owner[1]}
        return values

    @property
    def names(self) -> frozenset[str]:
        """The names of its conditions and of its scope."""
        optional = (*_PLAIN, "owner")
        found = {name for name in optional if getattr(self, name) is not None} | {"mind"}
        if self.tags:
            found.add("tags")
        if not self.include_archived:
            found.add("living")
        if self.all_users or self.owner is not None:
            return frozenset({*found, "everything"})
        return frozenset({*found, "nobody" if self.user_email is None else "user"})


def _conditions(names: frozenset[str]) -> tuple[ColumnElement[bool], list[ColumnElement[bool]]]:
    """What every memory must meet, and the arms of which it must meet one."""
    (arms,) = (arms for name, arms in _SCOPES.items() if name in names)
    wanted = (condition for name, condition in _CONDITIONS.items() if name in names)
    return and_(*wanted), list(arms)


@cache
def fitting(names: frozenset[str]) -> Statement:
    """Of the memories whose numbers are given as JSON (`:ids`), those that fit; all COLUMNS."""
    wanted, arms = _conditions(names - {"mind"} | {"ids"})
    return Statement(select(*(_m[name] for name in COLUMNS)).where(wanted, or_(*arms)))


@cache
def vectors_of(names: frozenset[str]) -> Statement:
    """(id, vector) of all memories that fit and have one of the model `:embedder`."""
    wanted, arms = _conditions(names)
    parts = [
        select(_m.id, _vectors.c.vector)
        .select_from(memories.join(_vectors, _vectors.c.memory == _m.id))
        .where(wanted, arm, _vectors.c.embedder == bindparam("embedder"))
        for arm in arms
    ]
    return Statement(parts[0] if len(parts) == 1 else union_all(*parts))


@cache
def codes_of(names: frozenset[str]) -> Statement:
    """(id, code) of all memories that fit and have a code of `:code_length` bytes."""
    wanted, arms = _conditions(names)
    of_length = func.length(_m.code) == bindparam("code_length")
    parts = [select(_m.id, _m.code).where(wanted, arm, of_length) for arm in arms]
    if len(parts) > 1:
        return Statement(union_all(*parts))
    # Without a hint, SQLite may go by the index of contents, and so to the pages by chance.
    return Statement(parts[0].order_by(*_ORDERS["recent"]) if names <= _WIDE else parts[0])


@cache
def count_up_to(names: frozenset[str]) -> Statement:
    """How many memories fit, counted up to `:at_most`."""
    wanted, arms = _conditions(names)
    parts = union_all(*(select(_m.id).where(wanted, arm) for arm in arms))
    at_most: BindParameter[int] = bindparam("at_most")
    return Statement(
        select(func.count()).select_from(select(parts.subquery()).limit(at_most).subquery())
    )


@cache
def listed(names: frozenset[str], order: str) -> Statement:
    """The first `:at_most` memories that fit, in an order: `recent` or `important`; COLUMNS."""
    wanted, arms = _conditions(names)
    last_first = [key.desc() for key in _ORDERS[order]]
    at_most: BindParameter[int] = bindparam("at_most")
    found = select(*(_m[name] for name in COLUMNS)).order_by(*last_first).limit(at_most)
    if len(arms) == 1:
        return Statement(found.where(wanted, arms[0]))
    # Each arm stops at the limit, so a user among many others costs what one alone does.
    parts = [select(_m.id).where(wanted, arm).order_by(*last_first).limit(at_most) for arm in arms]
    together = union_all(*(select(part.subquery()) for part in parts))
    return Statement(found.where(_m.id.in_(together)))
