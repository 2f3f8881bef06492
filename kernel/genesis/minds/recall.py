"""What of a mind's memories is read: searches, lists, counts. And what searches count."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import JsonValue

from genesis.clock import utc_now
from genesis.errors import NotFoundError, UsageError
from genesis.minds.accesses import Accesses
from genesis.minds.embedding import Embedding, given_vector
from genesis.minds.memory_input import MOST_CONTENT, MOST_NAME, checked_tags, memory_of
from genesis.minds.memory_record import Memory, MemoryType
from genesis.minds.memory_record import memory_type as checked_type
from genesis.minds.text import (
    MOST_ROWS,
    require_limit,
    require_number,
    require_text,
    require_time,
)
from genesis.storage import memories as rows
from genesis.storage.database import Database
from genesis.storage.index_pool import IndexPool
from genesis.storage.memory_changes import count_changes, index_record
from genesis.storage.memory_filters import MemoryFilter, fitting, listed
from genesis.storage.memory_search import Found, nearest_memories
from genesis.storage.memory_vectors import Model, NewVector, check_model

Moment = str | datetime
T = TypeVar("T")

SIMILARITY_SHARE, _WIDER = 0.7, 3
_WORKING = 12


class Recall:
    """What can be asked of the memories of one mind; `MemoryManager` also changes them."""

    def __init__(
        self,
        mind_gmid: str,
        database: Database,
        embedding: Embedding,
        indexes: IndexPool,
        accesses: Accesses | None = None,
    ) -> None:
        self._mind = mind_gmid
        self._database = database
        self._embedding = embedding
        self._indexes = indexes
        self._accesses = accesses or Accesses(database)

    def flush_accesses(self) -> None:
        """Write the access counts that searches gathered."""
        self._accesses.write()

    def get_memory(self, memory_id: str) -> Memory | None:
        """A memory by its id, archived or not; None when there is none."""
        row = rows.read_memory(self._database, self._mind, memory_id)
        return None if row is None else self._memory(row)

    def search_memories(
        self,
        query: str,
        memory_type: MemoryType | str | None = None,
        limit: int = 10,
        min_importance: float | None = None,
        user_email: str | None = None,
        *,
        tags: Sequence[str] | None = None,
        environment_id: str | None = None,
        emotion: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        include_archived: bool = False,
        all_users: bool = False,
        embedding: object = None,
        embedder: str | None = None,
        ranked: bool = False,
    ) -> list[Memory]:
        """The memories most similar in meaning, best first, among those that fit all filters.

        `user_email` is who asks; `all_users` gives what is personal to anyone, too. `tags`: has
        all of them; `since` inclusive, `until` exclusive. `ranked`: see `search_memories_ranked`.
        Counts an access of what it gives.
        Raises EmbedderError without an embedder, EmbedderMismatchError when the memories have
        vectors of another one.
        """
        wanted = MemoryFilter(
            type=None if memory_type is None else str(checked_type(memory_type)),
            min_importance=_importance(min_importance), user_email=_asked(user_email, "user_email"),
            all_users=all_users, tags=checked_tags(tags),
            environment_id=_asked(environment_id, "environment_id"),
            emotion=_asked(emotion, "emotion"),
            since=None if since is None else require_time(since, "since"),
            until=None if until is None else require_time(until, "until"),
            include_archived=include_archived,
        )  # fmt: skip
        require_limit(limit)
        if embedding is None:
            require_text(query, "The query", MOST_CONTENT)
            vector = NewVector(self._embedding.embed([query])[0], self._model(), given=False)
        else:
            vector = given(embedding, embedder)
        if not ranked:
            found = self._nearest(vector, wanted, limit)
        else:
            wide = self._nearest(vector, wanted, min(_WIDER * limit, MOST_ROWS))
            now = utc_now()
            found = sorted(wide, key=lambda pair: -self._rank(pair[0], pair[1], now))[:limit]
        self._accesses.count(_number(row) for row, _ in found)
        return [self._memory(row, score) for row, score in found]

    def search_memories_ranked(
        self,
        query: str,
        memory_type: MemoryType | str | None = None,
        limit: int = 10,
        use_relevance_scoring: bool = True,
        min_importance: float | None = None,
        user_email: str | None = None,
        **kwargs: Any,
    ) -> list[Memory]:
        """`search_memories`, of the nearest 3 x `limit` those that also matter most.

        Ranked by 0.7 x similarity + 0.3 x `Memory.get_relevance_score` (age, importance, uses).
        """
        return self.search_memories(
            query, memory_type, limit, min_importance, user_email,
            ranked=use_relevance_scoring, **kwargs,
        )  # fmt: skip

    async def search_memories_smart(
        self,
        query: str,
        memory_type: MemoryType | str | None = None,
        limit: int = 10,
        use_reranking: bool | None = None,
        **kwargs: Any,
    ) -> list[Memory]:
        """`search_memories_ranked` in a thread; ranked by similarity alone if not reranking."""
        return await asyncio.to_thread(
            self.search_memories_ranked, query, memory_type, limit, use_reranking is not False,
            **kwargs,
        )  # fmt: skip

    def get_recent_memories(
        self,
        limit: int = 10,
        memory_type: MemoryType | str | None = None,
        user_email: str | None = None,
        *,
        all_users: bool = False,
        before: str | None = None,
    ) -> list[Memory]:
        """The newest memories that the one who asks may see, newest first; `before` is the id of
        the last one of the page before."""
        kind = None if memory_type is None else str(checked_type(memory_type))
        wanted = MemoryFilter(
            type=kind, user_email=_asked(user_email, "user_email"), all_users=all_users,
            before=_asked(before, "before"),
        )  # fmt: skip
        return self._listed(wanted, "recent", limit)

    def get_important_memories(
        self,
        limit: int = 10,
        min_importance: float = 0.7,
        user_email: str | None = None,
        *,
        all_users: bool = False,
    ) -> list[Memory]:
        """The most important memories that the one who asks may see, most important first."""
        wanted = MemoryFilter(
            min_importance=_importance(min_importance),
            user_email=_asked(user_email, "user_email"),
            all_users=all_users,
        )
        return self._listed(wanted, "important", limit)

    def get_working_memory(self) -> list[Memory]:
        """The twelve newest memories of type working, newest first."""
        return self.get_recent_memories(_WORKING, MemoryType.WORKING, all_users=True)

    def get_related_memories(
        self, memory_id: str, limit: int = 10, user_email: str | None = None
    ) -> list[Memory]:
        """The living memories that were linked to one, in the order of linking; only what the
        one who asks may see. Raises UsageError for an unknown id."""
        memory = self.get_memory(memory_id)
        if memory is None:
            raise unknown(memory_id)
        wanted = MemoryFilter(user_email=_asked(user_email, "user_email"))
        found = [rows.read_memory(self._database, self._mind, n) for n in memory.related_memory_ids]
        numbers = json.dumps([row[0] for row in found if row is not None])
        values = {**wanted.values(self._mind), "ids": numbers}
        by_name = {r[1]: r for r in self._database.fetch(fitting(wanted.names), values)}
        named = [by_name[name] for name in memory.related_memory_ids if name in by_name]
        return [self._memory(row) for row in named[: require_limit(limit)]]

    def get_merged_memories(self, memory_id: str) -> list[Memory]:
        """What consolidation merged into a memory, as it was, oldest first."""
        found = rows.merged_memories(self._database, self._mind, memory_id)
        return [self._memory(row) for row in found]

    def get_memory_stats(self) -> dict[str, JsonValue]:
        """Counts: `total_memories` and `memory_types_count` (archived ones too), `archived`,
        `without_vector` (cannot be found by meaning until `reindex`), `not_indexed` (found by
        comparing, until the index has them); `embedder` made the vectors."""
        types, archived, awaiting = rows.count_memories(self._database, self._mind)
        index = index_record(self._database, self._mind)
        return {
            "mind_id": self._mind,
            "total_memories": sum(types.values()),
            "memory_types_count": {**types},
            "archived": archived,
            "without_vector": awaiting,
            "not_indexed": count_changes(self._database, self._mind),
            "embedder": None if index is None else index.embedder,
        }

    # --- for both -------------------------------------------------------------------------------

    def _nearest(self, vector: NewVector, wanted: MemoryFilter, limit: int) -> Found:
        index = check_model(self._database, self._mind, vector.model)
        if index is None:
            return []
        found = nearest_memories(
            self._database, self._indexes, index, self._mind, vector.vector, wanted, limit
        )
        # Who gave all memories other vectors meanwhile made this answer meaningless.
        check_model(self._database, self._mind, vector.model)
        return found

    def _rank(self, row: rows.Row, similarity: float, now: str) -> float:
        relevance = self._memory(row).get_relevance_score(now)
        return SIMILARITY_SHARE * similarity + (1 - SIMILARITY_SHARE) * relevance

    def _model(self) -> Model:
        return Model(self._embedding.name, self._embedding.dimension)

    def _listed(self, wanted: MemoryFilter, order: str, limit: int) -> list[Memory]:
        values = {**wanted.values(self._mind), "at_most": require_limit(limit)}
        return [
            self._memory(row) for row in self._database.fetch(listed(wanted.names, order), values)
        ]

    def _memory(self, row: rows.Row, score: float | None = None) -> Memory:
        return memory_of(row, self._accesses.waiting(_number(row)), score)


def _number(row: rows.Row) -> int:
    return row[0]  # type: ignore[return-value]  # the key of the table


def given(vector: object, embedder: str | None) -> NewVector:
    """A caller's vector, with what made it. Raises UsageError."""
    try:
        held = given_vector(vector)
    except ValueError as error:
        raise UsageError(f"embedding: {error}; give one vector of numbers") from None
    name = _asked(embedder, "embedder") or f"given-{len(held) // 4}"
    return NewVector(held, Model(name, len(held) // 4), given=True)


def _asked(value: object, what: str) -> str | None:
    return None if value is None else require_text(value, what, MOST_NAME, blank=True)


def _importance(value: object) -> float | None:
    return None if value is None else require_number(value, "min_importance", 0, 1)


def unknown(memory_id: str) -> NotFoundError:
    """What to raise for an id that is no memory's."""
    return NotFoundError(f"there is no memory {memory_id!r:.60} to do that with; look at its id")
