"""The tables of conversations: messages, threads, how far those are counted and indexed.

Partial indexes name a condition that the query repeats word by word, because SQLite
recognises it only so.
"""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

RARE_ROLE = "role <> 'user' AND role <> 'assistant'"


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

    An empty text stands for none, since a key cannot be NULL. They say how many messages there
    are up to `ConversationProgressRow.counted_id`; the few behind it are counted when asked for.
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


class ConversationProgressRow(SQLModel, table=True):
    """Up to which message threads are counted; a single row. No id up to it is given again, though
    its message be deleted."""

    __tablename__ = "conversation_progress"
    id: int = Field(primary_key=True)
    counted_id: int = 0


class WordIndexRow(SQLModel, table=True):
    """How far the full-text index has read the messages; a single row."""

    __tablename__ = "message_words_progress"
    id: int = Field(primary_key=True)
    message_id: int = 0
