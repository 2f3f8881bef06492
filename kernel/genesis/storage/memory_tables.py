"""The tables of memories: the record, its vectors, and what the vector index lacks.

Partial indexes name a condition that the query repeats word by word, because SQLite
recognises it only so.
"""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Field, SQLModel

SHARED_MEMORY = "relationship_context IN ('shared', 'generic')"
ARCHIVED_MEMORY = "archived_at IS NOT NULL"


class MemoryRow(SQLModel, table=True):
    """One memory. This is the record; the vector index is made from it.

    `awaits_vector` marks one that has no vector of the mind's embedder (yet). `code` is that of
    its vector (`vector_codes`).
    """

    __tablename__ = "memories"
    __table_args__ = (
        Index("ix_memories_recent", "mind_gmid", "created_at", "id"),
        Index("ix_memories_type", "mind_gmid", "type", "created_at", "id"),
        # With archived_at, so that finding a user's living memories reads this index alone.
        Index("ix_memories_user", "mind_gmid", "user_email", "created_at", "id", "archived_at"),
        # With the code, so that a user's memories are compared without reading others' pages.
        Index(
            "ix_memories_code", "mind_gmid", "user_email", "archived_at", "id", "code",
            sqlite_where=text("user_email IS NOT NULL"),
        ),
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
    code: bytes | None = Field(default=None, sa_type=LargeBinary)


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
