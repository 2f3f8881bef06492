"""The kernel's tables for minds, as SQLModel classes. Migrations create them; a test compares.

Timestamps are the text of `genesis.clock`. JSON columns hold text. What a query needs to be fast
has an index here; partial indexes name a condition that the query repeats word by word, because
SQLite recognises it only so.
"""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

RARE_ROLE = "role <> 'user' AND role <> 'assistant'"
OPEN_CONCERN = "status <> 'resolved'"
SHARED_MEMORY = "relationship_context IN ('shared', 'generic')"
ARCHIVED_MEMORY = "archived_at IS NOT NULL"


class MindRow(SQLModel, table=True):
    """A mind that this home knows; who it is stands in its JSON file."""

    __tablename__ = "minds"
    gmid: str = Field(primary_key=True)
    name: str = Field(index=True)
    creator: str = ""
    creator_email: str | None = None
    template: str = ""
    primary_purpose: str | None = None
    primary_role: str | None = None
    status: str = "active"
    birth_date: str
    last_active: str
    storage_path: str


class MessageRow(SQLModel, table=True):
    """One message of a conversation. `awaits_result` marks a tool call whose result is missing."""

    __tablename__ = "conversation_messages"
    __table_args__ = (
        Index("ix_messages_time", "mind_gmid", "timestamp", "id"),
        Index(
            "ix_messages_user", "mind_gmid", "user_email", "timestamp", "id",
            sqlite_where=text("user_email IS NOT NULL"),
        ),
        Index(
            "ix_messages_environment", "mind_gmid", "environment_id", "timestamp", "id",
            sqlite_where=text("environment_id IS NOT NULL"),
        ),
        Index(
            "ix_messages_thread", "mind_gmid", "user_email", "environment_id", "timestamp", "id",
            sqlite_where=text("user_email IS NOT NULL AND environment_id IS NOT NULL"),
        ),
        Index(
            "ix_messages_role", "mind_gmid", "role", "timestamp", "id",
            sqlite_where=text(RARE_ROLE),
        ),
        Index(
            "ix_messages_tool_call", "mind_gmid", "tool_call_id", "role", unique=True,
            sqlite_where=text("tool_call_id IS NOT NULL"),
        ),
        Index(
            "ix_messages_awaiting", "mind_gmid", "id", sqlite_where=text("awaits_result = 1")
        ),
        {"sqlite_autoincrement": True},
    )  # fmt: skip
    id: int | None = Field(default=None, primary_key=True)
    mind_gmid: str = Field(foreign_key="minds.gmid")
    user_email: str | None = None
    environment_id: str | None = None
    role: str
    content: str
    timestamp: str
    tool_call_id: str | None = None
    awaits_result: int = 0
    extra_data: str | None = None


class ThreadRow(SQLModel, table=True):
    """Counters of one thread of a mind: the messages with one user in one environment.

    An empty text stands for none, since a key cannot be NULL. Written with each message, so that
    threads and statistics cost the same at any size.
    """

    __tablename__ = "conversation_threads"
    mind_gmid: str = Field(primary_key=True, foreign_key="minds.gmid")
    user_email: str = Field(primary_key=True)
    environment_id: str = Field(primary_key=True)
    message_count: int = 0
    user_messages: int = 0
    assistant_messages: int = 0
    system_messages: int = 0
    tool_messages: int = 0
    last_message_id: int
    last_message_time: str


class WordIndexRow(SQLModel, table=True):
    """How far the full-text index has read the messages; a single row."""

    __tablename__ = "message_words_progress"
    id: int = Field(primary_key=True)
    message_id: int = 0


class MemoryRow(SQLModel, table=True):
    """One memory. This is the record; the vector index is made from it.

    `awaits_vector` marks one that has no vector of the mind's embedder (yet).
    """

    __tablename__ = "memories"
    __table_args__ = (
        Index("ix_memories_recent", "mind_gmid", "created_at", "id"),
        Index("ix_memories_type", "mind_gmid", "type", "created_at", "id"),
        Index("ix_memories_user", "mind_gmid", "user_email", "created_at", "id"),
        Index("ix_memories_importance", "mind_gmid", "importance", "id"),
        Index("ix_memories_content", "mind_gmid", "content_hash"),
        Index(
            "ix_memories_environment", "mind_gmid", "environment_id",
            sqlite_where=text("environment_id IS NOT NULL"),
        ),
        Index(
            "ix_memories_emotion", "mind_gmid", "emotion",
            sqlite_where=text("emotion IS NOT NULL"),
        ),
        Index(
            "ix_memories_shared", "mind_gmid", "created_at", "id", sqlite_where=text(SHARED_MEMORY)
        ),
        Index("ix_memories_merged", "merged_into", sqlite_where=text("merged_into IS NOT NULL")),
        Index("ix_memories_archived", "mind_gmid", sqlite_where=text(ARCHIVED_MEMORY)),
        Index("ix_memories_awaiting", "mind_gmid", "id", sqlite_where=text("awaits_vector = 1")),
        {"sqlite_autoincrement": True},
    )  # fmt: skip
    id: int | None = Field(default=None, primary_key=True)
    memory_id: str = Field(unique=True)
    mind_gmid: str = Field(foreign_key="minds.gmid")
    type: str
    content: str
    content_hash: str
    emotion: str | None = None
    emotion_intensity: float | None = None
    importance: float
    access_count: int = 0
    last_accessed: str | None = None
    created_at: str
    user_email: str | None = None
    relationship_context: str | None = None
    environment_id: str | None = None
    environment_name: str | None = None
    tags: str = "[]"
    related_memory_ids: str = "[]"
    extra_data: str | None = None
    archived_at: str | None = None
    merged_into: str | None = None
    awaits_vector: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})


class MemoryTagRow(SQLModel, table=True):
    """A tag of a memory, for finding memories by it."""

    __tablename__ = "memory_tags"
    mind_gmid: str = Field(primary_key=True)
    tag: str = Field(primary_key=True)
    memory: int = Field(primary_key=True, foreign_key="memories.id", index=True)


class MemoryVectorRow(SQLModel, table=True):
    """The vector of a memory: 32-bit floats, little-endian, and the model that made it."""

    __tablename__ = "memory_vectors"
    memory: int = Field(primary_key=True, foreign_key="memories.id")
    embedder: str
    dimension: int
    vector: bytes = Field(sa_type=LargeBinary)


class MemoryChangeRow(SQLModel, table=True):
    """A memory whose vector the index does not have yet, or still has. Leaves once it agrees."""

    __tablename__ = "memory_changes"
    __table_args__ = (
        Index("ix_memory_changes_mind", "mind_gmid", "id"),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True)
    mind_gmid: str
    memory: int
    memory_id: str


class MemoryIndexRow(SQLModel, table=True):
    """Which generation of a mind's vector index belongs to this record, and of which embedder."""

    __tablename__ = "memory_indexes"
    mind_gmid: str = Field(primary_key=True, foreign_key="minds.gmid")
    generation: str
    embedder: str
    dimension: int


class ConcernRow(SQLModel, table=True):
    """Something that a mind cares about and comes back to."""

    __tablename__ = "concerns"
    __table_args__ = (
        Index(
            "ix_concerns_due", "mind_gmid", "next_check_at", "concern_id",
            sqlite_where=text(OPEN_CONCERN),
        ),
        Index("ix_concerns_status", "mind_gmid", "status", "created_at", "concern_id"),
        Index("ix_concerns_user", "mind_gmid", "user_email", "status", "created_at", "concern_id"),
        Index(
            "ix_concerns_type", "mind_gmid", "concern_type", "status", "created_at", "concern_id"
        ),
    )  # fmt: skip
    concern_id: str = Field(primary_key=True)
    mind_gmid: str = Field(foreign_key="minds.gmid")
    user_email: str | None = None
    concern_type: str
    content: str
    context: str = ""
    priority: str = "medium"
    confidence: float = 0.5
    status: str = "active"
    created_at: str
    last_checked_at: str | None = None
    next_check_at: str | None = None
    resolved_at: str | None = None
    check_count: int = 0
    follow_up_message: str | None = None
    extra_data: str | None = None


class BackgroundTaskRow(SQLModel, table=True):
    """Work that a mind was given; while it is open, the queue holds it too."""

    __tablename__ = "background_tasks"
    __table_args__ = (
        Index(
            "ix_background_tasks_ended", "mind_gmid", "completed_at", "task_id",
            sqlite_where=text("completed_at IS NOT NULL"),
        ),
        Index(
            "ix_background_tasks_user", "mind_gmid", "user_email", "created_at", "task_id",
            sqlite_where=text("user_email IS NOT NULL"),
        ),
        {"sqlite_with_rowid": False},
    )  # fmt: skip
    task_id: str = Field(primary_key=True)
    mind_gmid: str = Field(foreign_key="minds.gmid")
    user_email: str | None = None
    user_request: str
    handler: str
    status: str = "pending"
    progress: float = 0.0
    progress_message: str | None = None
    priority: int = 0
    run_at: str | None = None
    created_at: str
    started_at: str | None = None
    completed_at: str | None = None
    result: str | None = None
    error: str | None = None
    retry_count: int = 0
    max_retries: int = 2
    notify_on_complete: bool = True
    cancel_requested: bool = False
    context: str = "{}"
    attachments: str = "[]"
    extra_data: str = "{}"


class EnvironmentRow(SQLModel, table=True):
    """A place that a mind knows."""

    __tablename__ = "environments"
    __table_args__ = (Index("ix_environments_owner", "owner_gmid", "created_at", "env_id"),)
    env_id: str = Field(primary_key=True)
    name: str
    owner_gmid: str = Field(foreign_key="minds.gmid")
    env_type: str
    description: str = ""
    is_public: bool = False
    created_at: str
    last_accessed: str | None = None
    access_count: int = 0
    extra_metadata: str = "{}"


class RelationshipRow(SQLModel, table=True):
    """What a mind feels towards another mind, or a person; one row for each pair."""

    __tablename__ = "relationships"
    __table_args__ = (
        UniqueConstraint("from_gmid", "to_gmid"),
        Index("ix_relationships_recent", "from_gmid", "id"),
        Index("ix_relationships_closeness", "from_gmid", "closeness", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    from_gmid: str = Field(foreign_key="minds.gmid")
    to_gmid: str
    relationship_type: str
    closeness: float = 0.0
    trust_level: float = 0.5
    interaction_count: int = 0
    positive_interactions: int = 0
    negative_interactions: int = 0
    started_at: str
    last_interaction: str | None = None
    extra_data: str = "{}"


class ImportedRow(SQLModel, table=True):
    """A row of an older system that was taken in, and a digest of what it said there ("" where it
    is not compared). Written with the row, so that each is taken once."""

    __tablename__ = "imported_rows"
    __table_args__ = {"sqlite_with_rowid": False}
    source: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    digest: str = ""


MIND_TABLES = frozenset(
    str(model.__tablename__)
    for model in (
        MindRow, MessageRow, ThreadRow, WordIndexRow, MemoryRow, MemoryTagRow, MemoryVectorRow,
        MemoryChangeRow, MemoryIndexRow, ConcernRow, BackgroundTaskRow, EnvironmentRow,
        RelationshipRow, ImportedRow,
    )
)  # fmt: skip
