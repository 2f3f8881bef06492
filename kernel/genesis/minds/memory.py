"""What a mind remembers: kept in the database, found by meaning.

A memory is durable when the method that wrote it returns. Who asks decides what a search gives:
see docs/reference/memories.md for the rule, and for what survives a crash.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Literal

from pydantic import JsonValue
from sqlalchemy import Connection

from genesis.errors import EmbedderError, EmbedderMismatchError, StorageError, UsageError
from genesis.home import find_home
from genesis.minds.accesses import Accesses
from genesis.minds.consolidation import MERGE, NEEDED_AFTER, consolidate, duplicates
from genesis.minds.embedding import Embedding
from genesis.minds.memory_input import checked_changes, checked_tags, drafted
from genesis.minds.memory_record import Memory, MemoryType
from genesis.minds.memory_record import memory_type as checked_type
from genesis.minds.recall import Moment, Recall, given, unknown
from genesis.minds.reindexing import reindex
from genesis.minds.store import shared_store
from genesis.storage import memories as rows
from genesis.storage.clean_memory import clear_allocations
from genesis.storage.database import Database
from genesis.storage.index_pool import IndexPool
from genesis.storage.memory_filters import MemoryFilter
from genesis.storage.memory_upkeep import names_of
from genesis.storage.memory_vectors import NewVector

Deduplicate = bool | Literal["exact", "near"]

NEAR = 0.85
"""The cosine similarity from which two memories say the same, for `deduplicate="near"`."""
_EMBEDDED_AT_ONCE, _WRITTEN_AT_ONCE = 64, 500
_log = logging.getLogger("genesis.memories")


class MemoryManager(Recall):
    """The memories of one mind. Thread-safe.

    Every method raises UsageError for values that cannot be stored, and StorageError.
    `embedding=` takes the vector of a caller (bytes of 32-bit floats, a list, an array of NumPy)
    in place of one that is made of the text; `embedder` names what made it, by default
    `given-` and its dimension.
    """

    def __init__(
        self,
        mind_gmid: str,
        database: Database | None = None,
        embedding: Embedding | None = None,
        indexes: IndexPool | None = None,
        accesses: Accesses | None = None,
    ) -> None:
        """With the mind's id alone, in the home that `find_home` finds."""
        if database is None or embedding is None or indexes is None:
            # Held, since it is closed with the last who uses it.
            store = self._store = shared_store(find_home())
            database, embedding, indexes = store.database, store.embedding, store.indexes
            accesses = store.accesses
        super().__init__(mind_gmid, database, embedding, indexes, accesses)
        self._said = False
        self._added = 0

    # --- writing --------------------------------------------------------------------------------

    def add_memory(
        self,
        content: str,
        memory_type: MemoryType | str | None = None,
        type: MemoryType | str | None = None,  # noqa: A002 - the older API's name
        emotion: str | None = None,
        emotion_intensity: float | None = None,
        importance: float = 0.5,
        tags: Sequence[str] | None = None,
        metadata: Mapping[str, JsonValue] | None = None,
        user_email: str | None = None,
        relationship_context: str | None = None,
        environment_id: str | None = None,
        environment_name: str | None = None,
        *,
        embedding: object = None,
        embedder: str | None = None,
        deduplicate: Deduplicate = False,
        timestamp: Moment | None = None,
    ) -> Memory:
        """Remember something; without a type it is episodic.

        With `deduplicate`, a living memory of the same type, user and context that says the same
        takes it in and is returned: one with the same text (`"exact"`), or one of a similarity
        of at least NEAR (`"near"`, True). Without an embedder the memory is kept, cannot be found
        by meaning until `reindex`, and that is logged. Raises EmbedderMismatchError for a given
        vector of another embedder than the mind's.
        """
        if deduplicate not in (False, True, "exact", "near"):
            raise UsageError(f"deduplicate is {deduplicate!r:.60}; use False, 'exact' or 'near'")
        memory = Memory(
            content, checked_type(memory_type or type or MemoryType.EPISODIC),
            timestamp=datetime.now(UTC) if timestamp is None else timestamp,  # type: ignore[arg-type]
            emotion=emotion, emotion_intensity=emotion_intensity, importance=importance,
            tags=checked_tags(tags), user_email=user_email,
            relationship_context=relationship_context, environment_id=environment_id,
            environment_name=environment_name,
            metadata={} if metadata is None else metadata,  # type: ignore[arg-type]
        )  # fmt: skip
        checked = drafted(self._mind, memory)
        vector = self._vector_of(content, embedding, embedder)
        draft = rows.Draft(checked.values, checked.tags, vector and vector.vector)
        same = None
        if deduplicate in (True, "near") and vector is not None:
            same = self._near(draft, vector)
        written = self._add_or_unite(draft, vector, same, exact=bool(deduplicate))
        found = None if written == memory.id else self.get_memory(written)
        if found is not None:
            return found
        memory.timestamp = datetime.fromisoformat(str(draft.values["created_at"]))
        memory.metadata = dict(memory.metadata)
        return memory

    def add_memory_smart(
        self, content: str, memory_type: MemoryType | str | None = None, **kwargs: Any
    ) -> Memory:
        """`add_memory` that unites it with one that says nearly the same."""
        return self.add_memory(content, memory_type, **{"deduplicate": "near", **kwargs})

    def add_memories(
        self,
        memories: Iterable[Memory],
        *,
        embeddings: Iterable[object] | None = None,
        embedder: str | None = None,
    ) -> list[str]:
        """Write many, as they are (ids, times and counters too), some hundred in a transaction;
        gives the ids of those that were new. An id that is taken is left as it is, so a run that
        was cut short can be repeated. `embeddings`: one vector for each.
        """
        theirs = None if embeddings is None else iter(embeddings)
        added: list[str] = []
        remaining = iter(memories)
        while batch := list(islice(remaining, _WRITTEN_AT_ONCE)):
            drafts = [drafted(self._mind, memory) for memory in batch]
            vectors: Sequence[NewVector | None]
            if theirs is not None:
                vectors = [given(one, embedder) for one in islice(theirs, len(batch))]
                if len(vectors) < len(batch):
                    raise UsageError("there are fewer embeddings than memories; give one for each")
            else:
                vectors = self._embed([str(draft.values["content"]) for draft in drafts])
            added += self._write_batch(drafts, vectors)
        return added

    def update_memory(
        self, memory_id: str, *, embedding: object = None, embedder: str | None = None,
        **changes: Any,
    ) -> Memory:  # fmt: skip
        """Change fields of a memory, by the names of `add_memory`; new text gets a new vector.

        Raises UsageError for an unknown id, unknown fields, and no change at all.
        """
        tags = checked_tags(changes.pop("tags")) if "tags" in changes else None
        only_others = not changes and (tags is not None or embedding is not None)
        values = {} if only_others else checked_changes(changes)
        if tags is not None:
            values["tags"] = json.dumps(tags)
        vector = None
        if "content" in values or embedding is not None:
            vector = self._vector_of(str(values.get("content", "")), embedding, embedder)
        self._database.writer.write(
            lambda c: rows.change_memory(c, self._mind, memory_id, values, tags, vector)
        )
        found = self.get_memory(memory_id)
        if found is None:
            raise unknown(memory_id)
        self._indexes.wake(self._mind)
        return found

    def delete_memory(self, memory_id: str) -> bool:
        """Forget a memory, and those that were merged into it; False when there is none."""
        return bool(self._delete([memory_id], "memory.deleted"))

    def erase_memory(self, memory_id: str) -> bool:
        """`erase` of one memory; False when there was none."""
        return self.erase([memory_id]) > 0

    def erase(self, memory_ids: Iterable[str] = (), *, user_email: str | None = None) -> int:
        """Delete memories (and what was merged into them) so that neither text nor vector is left
        in any file of the home; gives how many. `user_email`: all of that user.

        Raises StorageError when a file could not be cleared, because another process uses it;
        the memories are deleted then, and erasing again (also of none) clears the files.
        """
        if isinstance(memory_ids, str):
            raise UsageError("erase takes a list of ids; `erase_memory` takes one id")
        # The index is built anew by Chroma, which writes memory as it finds it.
        clear_allocations()
        names = list(memory_ids)
        if user_email is not None:
            names += rows.ids_of_user(self._database, self._mind, user_email)
        gone = self._delete(names, "memory.erased")
        if not self._database.writer.empty_log():
            raise StorageError(
                f"{self._database.path}: another process still reads what was erased; "
                "end it, or erase again in a moment"
            )
        self._indexes.forget(self._mind)
        return len(gone)

    def relate(self, memory_id: str, other_id: str) -> None:
        """Link two memories, both ways. Raises UsageError for an unknown id, or the same twice."""
        for name in (memory_id, other_id):
            if memory_id == other_id or rows.read_memory(self._database, self._mind, name) is None:
                raise unknown(name)
        self._database.writer.write(
            lambda c: rows.relate_memories(c, self._mind, memory_id, other_id)
        )

    # --- keeping in order -----------------------------------------------------------------------

    def find_duplicates(self, threshold: float = MERGE) -> list[tuple[str, str]]:
        """(id, id of an older one that says the same) of living memories of one type, user and
        context; compares all with all."""
        found = duplicates(self._database, self._mind, threshold)
        names = names_of(self._database, [number for pair in found for number in pair])
        # Without those that were deleted meanwhile.
        return [(names[b], names[a]) for a, b in found if {a, b} <= names.keys()]

    def consolidate_memories(self) -> dict[str, int]:
        """Archive what is old, unimportant and unused, and merge what says the same; gives the
        counts `archived` and `merged`. Nothing is deleted."""
        self.flush_accesses()
        self._added = 0
        done = consolidate(self._database, self._mind)
        self._indexes.wake(self._mind)
        return done

    def consolidate_if_needed(self) -> dict[str, int] | None:
        """`consolidate_memories` once a thousand memories were added here since the last time."""
        return self.consolidate_memories() if self._added >= NEEDED_AFTER else None

    def reindex(
        self, embedder: Embedding | None = None, progress: Callable[[int], None] | None = None
    ) -> int:
        """Give every memory a vector of the home's embedder (or another), and build the index
        anew; gives how many vectors were made. `progress` gets that number as it grows.

        Can be repeated when it was cut short, and goes on where it was; until all memories have
        a vector of the new embedder, searching raises EmbedderMismatchError. Raises EmbedderError.
        """
        embedding = embedder or self._embedding
        made = reindex(self._database, self._mind, embedding, progress)
        self._indexes.wake(self._mind)
        return made

    # --- inside ---------------------------------------------------------------------------------

    def _vector_of(
        self, content: object, embedding: object, embedder: str | None
    ) -> NewVector | None:
        if embedding is not None:
            return given(embedding, embedder)
        return self._embed([str(content)])[0]

    def _embed(self, texts: Sequence[str]) -> list[NewVector | None]:
        """Vectors of texts; None, and a word in the log, when no embedder works."""
        made: list[NewVector | None] = []
        try:
            for start in range(0, len(texts), _EMBEDDED_AT_ONCE):
                part = self._embedding.embed(texts[start : start + _EMBEDDED_AT_ONCE])
                made += [NewVector(vector, self._model(), given=False) for vector in part]
        except EmbedderError as error:
            self._say(str(error))
        return made + [None] * (len(texts) - len(made))

    def _say(self, why: str) -> None:
        if not self._said:
            self._said = True
            _log.warning(
                "memories of %s are kept without a vector and cannot be found by meaning: %s; "
                "then run `genesis minds reindex %s`", self._mind, why, self._mind,
            )  # fmt: skip

    def _near(self, draft: rows.Draft, vector: NewVector) -> tuple[int, str] | None:
        """The memory that says nearly the same as a draft, by number and id."""
        values: Mapping[str, Any] = draft.values
        owner = (values["user_email"], values["relationship_context"])
        wanted = MemoryFilter(type=values["type"], owner=owner)
        try:
            found = self._nearest(vector, wanted, 1)
        except EmbedderMismatchError:
            # Writing raises it, or says that the memory awaits another vector.
            return None
        if not found or found[0][1] < NEAR:
            return None
        row: tuple[Any, ...] = found[0][0]
        return row[0], row[1]

    def _add_or_unite(
        self,
        draft: rows.Draft,
        vector: NewVector | None,
        same: tuple[int, str] | None,
        *,
        exact: bool,
    ) -> str:
        """Write a draft, or let one that says the same take it in; gives the id."""

        def add(connection: Connection) -> tuple[str, bool]:
            found = rows.find_same(connection, draft) if exact else None
            for one in (same, found):
                if one is not None and rows.unite(connection, self._mind, one, draft.values):
                    return one[1], True
            return str(draft.values["memory_id"]), self._insert(connection, [draft], vector)[1]

        written, fits = self._database.writer.write(add)
        self._wrote(1, vector, fits=fits)
        return written

    def _insert(
        self, connection: Connection, drafts: Sequence[rows.Draft], vector: NewVector | None
    ) -> tuple[list[str], bool]:
        model, of_caller = (None, False) if vector is None else (vector.model, vector.given)
        return rows.insert_memories(connection, self._mind, drafts, model, given=of_caller)

    def _write_batch(
        self, drafts: Sequence[rows.Draft], vectors: Sequence[NewVector | None]
    ) -> list[str]:
        """Write drafts with vectors of one model; gives the ids of those that were new."""
        held = [
            rows.Draft(draft.values, draft.tags, vector and vector.vector)
            for draft, vector in zip(drafts, vectors, strict=True)
        ]
        models = {vector.model: vector for vector in vectors if vector is not None}
        if len(models) > 1:
            sizes = ", ".join(str(model.dimension) for model in models)
            raise UsageError(f"embeddings of several dimensions ({sizes}); give all of one")
        example = next(iter(models.values()), None)
        names, fits = self._database.writer.write(lambda c: self._insert(c, held, example))
        self._wrote(len(names), example, fits=fits)
        return names

    def _wrote(self, count: int, vector: NewVector | None, *, fits: bool) -> None:
        self._added += count
        if vector is not None and not fits:
            self._say(f"their other vectors are not of {vector.model.embedder}")
        self._indexes.wake(self._mind)

    def _delete(self, names: Sequence[str], event: str) -> list[str]:
        gone = self._database.writer.write(
            lambda c: rows.delete_memories(c, self._mind, names, event)
        )
        self._indexes.wake(self._mind)
        return gone
