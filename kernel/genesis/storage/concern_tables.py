"""The tables of what a mind cares about: concerns, environments, relationships.

Partial indexes name a condition that the query repeats word by word, because SQLite
recognises it only so.
"""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

OPEN_CONCERN = "status <> 'resolved'"


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
