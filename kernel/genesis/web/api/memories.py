"""What a mind remembers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from genesis.contracts.web import AnyEndpoint, Call, Endpoint, NoInput
from genesis.errors import ConflictError, EmbedderError, NotFoundError
from genesis.minds.memory import MemoryManager
from genesis.minds.memory_record import Memory, MemoryType
from genesis.web.api.fields import (
    RECORD_ID,
    Answer,
    Cursor,
    Input,
    Limit,
    Line,
    Moment,
    Name,
    Page,
    Text,
    whole,
)
from genesis.web.api.minds import ONE_MIND, MindRoutes
from genesis.web.services import Services

Share = Annotated[float, Field(ge=0, le=1)]


class KeptMemory(Answer):
    """A memory. `score` is the similarity to the query, of what a search found."""

    id: str
    content: str
    type: MemoryType
    timestamp: str
    emotion: str | None
    emotion_intensity: float | None
    importance: float
    access_count: int
    last_accessed: str | None
    tags: list[str]
    related_memory_ids: list[str]
    user_email: str | None
    relationship_context: str | None
    environment_id: str | None
    environment_name: str | None
    metadata: dict[str, JsonValue]
    archived_at: str | None
    merged_into: str | None
    score: float | None


class MemoriesQuery(Input):
    """Which memories, newest first. `user_email` is who asks: what is personal to others is left
    out, and without one everything that is personal."""

    limit: Limit = 50
    cursor: Cursor | None = None
    memory_type: MemoryType | None = None
    user_email: Name | None = None


class SearchQuery(Input):
    """What to look for, and who asks."""

    query: Line
    limit: Limit = 10
    memory_type: MemoryType | None = None
    user_email: Name | None = None
    environment_id: Name | None = None
    since: Moment | None = None
    until: Moment | None = None


class NewMemory(Input):
    """Something to remember. With `deduplicate`, a memory that says the same takes it in."""

    content: Text
    memory_type: MemoryType = MemoryType.EPISODIC
    importance: Share = 0.5
    emotion: Name | None = None
    emotion_intensity: Share | None = None
    tags: list[Annotated[Name, Field(max_length=200)]] = Field(default_factory=list, max_length=100)
    user_email: Name | None = None
    relationship_context: Literal["personal", "shared", "generic"] | None = None
    environment_id: Name | None = None
    environment_name: Name | None = None
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    deduplicate: Literal["no", "exact", "near"] = "no"


class MemoryRoutes:
    """The endpoints of memories."""

    def __init__(self, services: Services, minds: MindRoutes) -> None:
        self._kernel = services.kernel
        self._minds = minds

    def endpoints(self) -> tuple[AnyEndpoint, ...]:
        """All of them."""
        path, one = "/minds/{gmid}/memories", {**ONE_MIND, "id": RECORD_ID}
        return (
            Endpoint("GET", path, "List memories, newest first", self.page, Page[KeptMemory],
                     MemoriesQuery, problems=(404,), path_patterns=ONE_MIND),
            Endpoint("POST", path, "Remember something", self.create, KeptMemory, body=NewMemory,
                     status=201, problems=(404, 409), creates=True, path_patterns=ONE_MIND),
            Endpoint("GET", f"{path}/search", "Find memories by meaning", self.search,
                     Page[KeptMemory], SearchQuery, problems=(404, 409), path_patterns=ONE_MIND),
            Endpoint("GET", f"{path}/{{id}}", "Show a memory", self.show, KeptMemory,
                     problems=(404,), path_patterns=one),
            Endpoint("DELETE", f"{path}/{{id}}", "Forget a memory", self.delete, None,
                     problems=(404,), path_patterns=one),
        )  # fmt: skip

    def page(self, call: Call[MemoriesQuery, NoInput]) -> object:
        """A page of those that the one who asks may see."""
        query, manager = call.query, self._of(call.path["gmid"])
        found = manager.get_recent_memories(
            query.limit + 1, query.memory_type, query.user_email, before=query.cursor
        )
        if query.cursor is not None and not found and manager.get_memory(query.cursor) is None:
            raise _none(query.cursor)
        more = len(found) > query.limit
        items = [memory.to_dict() for memory in found[: query.limit]]
        return {"items": items, "next": found[query.limit - 1].id if more else None}

    def search(self, call: Call[SearchQuery, NoInput]) -> object:
        """The nearest, best first."""
        manager = self._of(call.path["gmid"])
        try:
            found = manager.search_memories(**call.query.model_dump())
        except EmbedderError as error:
            raise ConflictError(str(error)) from error
        return whole([memory.to_dict() for memory in found])

    def create(self, call: Call[NoInput, NewMemory]) -> object:
        """Write one."""
        values = call.body.model_dump()
        how = values.pop("deduplicate")
        manager = self._of(call.path["gmid"])
        try:
            memory = manager.add_memory(**values, deduplicate=False if how == "no" else how)
        except EmbedderError as error:
            raise ConflictError(str(error)) from error
        self._kernel.delivery.wake()
        return memory.to_dict()

    def show(self, call: Call[NoInput, NoInput]) -> object:
        """One."""
        found: Memory | None = self._of(call.path["gmid"]).get_memory(call.path["id"])
        if found is None:
            raise _none(call.path["id"])
        return found.to_dict()

    def delete(self, call: Call[NoInput, NoInput]) -> object:
        """Forget one, and what was merged into it."""
        if not self._of(call.path["gmid"]).delete_memory(call.path["id"]):
            raise _none(call.path["id"])
        self._kernel.delivery.wake()
        return None

    def _of(self, gmid: str) -> MemoryManager:
        """What works on a mind's memories; its file is not read. Raises NotFoundError."""
        self._minds.find(gmid)
        store = self._kernel.minds
        return MemoryManager(gmid, store.database, store.embedding, store.indexes, store.accesses)


def _none(memory_id: str) -> NotFoundError:
    return NotFoundError(f"This mind has no memory {memory_id!r}.")
