"""Tables of minds: conversations, memories, concerns, background tasks, places, relationships."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _text(name: str, *, null: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=null and not key, primary_key=key)


def _integer(name: str, *, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, primary_key=key)


def _real(name: str, *, null: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Float(), nullable=null)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _mind(name: str = "mind_gmid", *, key: bool = False) -> sa.Column[str]:
    mind = sa.ForeignKey("minds.gmid")
    return sa.Column(name, sa.String(), mind, nullable=False, primary_key=key)


def _memory() -> sa.Column[int]:
    return sa.Column("memory", sa.Integer(), sa.ForeignKey("memories.id"), primary_key=True)


def _index(
    table: str, name: str, columns: list[str], *, where: str = "", unique: bool = False
) -> None:
    condition = sa.text(where) if where else None
    op.create_index(f"ix_{name}", table, columns, unique=unique, sqlite_where=condition)


def upgrade() -> None:
    """Create everything."""
    # Most events are not of a session now; an entry for each would be a page in every commit.
    op.drop_index("ix_events_session_id", "events")
    _index("events", "events_session_id", ["session_id"], where="session_id IS NOT NULL")
    _create_minds()
    _create_conversations()
    _create_memories()
    _create_concerns()
    _create_background_tasks()


def _create_minds() -> None:
    op.create_table(
        "minds",
        _text("gmid", key=True), _text("name"), _text("creator"),
        _text("creator_email", null=True), _text("template"), _text("primary_purpose", null=True),
        _text("primary_role", null=True), _text("status"), _text("birth_date"),
        _text("last_active"), _text("storage_path"),
    )  # fmt: skip
    _index("minds", "minds_name", ["name"])
    op.create_table(
        "environments",
        _text("env_id", key=True), _text("name"), _mind("owner_gmid"), _text("env_type"),
        _text("description"), _flag("is_public"), _text("created_at"),
        _text("last_accessed", null=True), _integer("access_count"), _text("extra_metadata"),
    )  # fmt: skip
    _index("environments", "environments_owner", ["owner_gmid", "created_at", "env_id"])
    op.create_table(
        "relationships",
        _integer("id", key=True), _mind("from_gmid"), _text("to_gmid"),
        _text("relationship_type"), _real("closeness"), _real("trust_level"),
        _integer("interaction_count"), _integer("positive_interactions"),
        _integer("negative_interactions"), _text("started_at"),
        _text("last_interaction", null=True), _text("extra_data"),
        sa.UniqueConstraint("from_gmid", "to_gmid"),
    )  # fmt: skip
    _index("relationships", "relationships_recent", ["from_gmid", "id"])
    _index("relationships", "relationships_closeness", ["from_gmid", "closeness", "id"])


def _create_conversations() -> None:
    op.create_table(
        "conversation_messages",
        _integer("id", key=True), _mind(), _text("user_email", null=True),
        _text("environment_id", null=True), _text("role"), _text("content"), _text("timestamp"),
        _text("tool_call_id", null=True), _integer("awaits_result"),
        _text("extra_data", null=True),
        sqlite_autoincrement=True,
    )  # fmt: skip
    table = "conversation_messages"
    _index(table, "messages_time", ["mind_gmid", "timestamp", "id"])
    _index(
        table, "messages_user", ["mind_gmid", "user_email", "timestamp", "id"],
        where="user_email IS NOT NULL",
    )  # fmt: skip
    _index(
        table, "messages_environment", ["mind_gmid", "environment_id", "timestamp", "id"],
        where="environment_id IS NOT NULL",
    )  # fmt: skip
    _index(
        table, "messages_thread",
        ["mind_gmid", "user_email", "environment_id", "timestamp", "id"],
        where="user_email IS NOT NULL AND environment_id IS NOT NULL",
    )  # fmt: skip
    _index(
        table, "messages_role", ["mind_gmid", "role", "timestamp", "id"],
        where="role <> 'user' AND role <> 'assistant'",
    )  # fmt: skip
    _index(
        table, "messages_tool_call", ["mind_gmid", "tool_call_id", "role"],
        where="tool_call_id IS NOT NULL", unique=True,
    )  # fmt: skip
    _index(table, "messages_awaiting", ["mind_gmid", "id"], where="awaits_result = 1")
    op.create_table(
        "conversation_threads",
        _mind(key=True), _text("user_email", key=True), _text("environment_id", key=True),
        _integer("message_count"), _integer("user_messages"), _integer("assistant_messages"),
        _integer("system_messages"), _integer("tool_messages"), _integer("last_message_id"),
        _text("last_message_time"),
    )  # fmt: skip
    # The words of messages, without their text, which stands in the table itself.
    op.execute(
        "CREATE VIRTUAL TABLE message_words USING fts5("
        "content, content='conversation_messages', content_rowid='id', "
        "tokenize='porter unicode61 remove_diacritics 2')"
    )
    op.create_table("message_words_progress", _integer("id", key=True), _integer("message_id"))
    op.execute("INSERT INTO message_words_progress (id, message_id) VALUES (1, 0)")


def _create_memories() -> None:
    op.create_table(
        "memories",
        _integer("id", key=True), _text("memory_id"), _mind(), _text("type"), _text("content"),
        _text("content_hash"), _text("emotion", null=True), _real("emotion_intensity", null=True),
        _real("importance"), _integer("access_count"), _text("last_accessed", null=True),
        _text("created_at"), _text("user_email", null=True),
        _text("relationship_context", null=True), _text("environment_id", null=True),
        _text("environment_name", null=True), _text("tags"), _text("related_memory_ids"),
        _text("extra_data", null=True), _text("archived_at", null=True),
        _text("merged_into", null=True),
        sa.Column("awaits_vector", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.UniqueConstraint("memory_id"),
        sqlite_autoincrement=True,
    )  # fmt: skip
    _index("memories", "memories_recent", ["mind_gmid", "created_at", "id"])
    _index("memories", "memories_type", ["mind_gmid", "type", "created_at", "id"])
    _index("memories", "memories_user", ["mind_gmid", "user_email", "created_at", "id"])
    _index("memories", "memories_importance", ["mind_gmid", "importance", "id"])
    _index("memories", "memories_content", ["mind_gmid", "content_hash"])
    for name, columns, where in (
        ("environment", ["mind_gmid", "environment_id"], "environment_id IS NOT NULL"),
        ("emotion", ["mind_gmid", "emotion"], "emotion IS NOT NULL"),
        (
            "shared",
            ["mind_gmid", "created_at", "id"],
            "relationship_context IN ('shared', 'generic')",
        ),
        ("merged", ["merged_into"], "merged_into IS NOT NULL"),
        ("archived", ["mind_gmid"], "archived_at IS NOT NULL"),
        ("awaiting", ["mind_gmid", "id"], "awaits_vector = 1"),
    ):
        _index("memories", f"memories_{name}", columns, where=where)
    op.create_table(
        "memory_tags",
        _text("mind_gmid", key=True), _text("tag", key=True),
        _memory(),
    )  # fmt: skip
    _index("memory_tags", "memory_tags_memory", ["memory"])
    op.create_table(
        "memory_vectors",
        _memory(),
        _text("embedder"), _integer("dimension"),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
    )  # fmt: skip
    op.create_table(
        "memory_changes",
        _integer("id", key=True), _text("mind_gmid"), _integer("memory"), _text("memory_id"),
        sqlite_autoincrement=True,
    )  # fmt: skip
    _index("memory_changes", "memory_changes_mind", ["mind_gmid", "id"])
    op.create_table(
        "memory_indexes",
        _mind(key=True), _text("generation"), _text("embedder"), _integer("dimension"),
    )  # fmt: skip


def _create_concerns() -> None:
    op.create_table(
        "concerns",
        _text("concern_id", key=True), _mind(), _text("user_email", null=True),
        _text("concern_type"), _text("content"), _text("context"), _text("priority"),
        _real("confidence"), _text("status"), _text("created_at"),
        _text("last_checked_at", null=True), _text("next_check_at", null=True),
        _text("resolved_at", null=True), _integer("check_count"),
        _text("follow_up_message", null=True), _text("extra_data", null=True),
    )  # fmt: skip
    _index(
        "concerns", "concerns_due", ["mind_gmid", "next_check_at", "concern_id"],
        where="status <> 'resolved'",
    )  # fmt: skip
    columns = ["status", "created_at", "concern_id"]
    _index("concerns", "concerns_status", ["mind_gmid", *columns])
    _index("concerns", "concerns_user", ["mind_gmid", "user_email", *columns])
    _index("concerns", "concerns_type", ["mind_gmid", "concern_type", *columns])


def _create_background_tasks() -> None:
    op.create_table(
        "background_tasks",
        _text("task_id", key=True), _mind(), _text("user_email", null=True), _text("user_request"),
        _text("handler"), _text("status"), _real("progress"),
        _text("progress_message", null=True), _integer("priority"), _text("run_at", null=True),
        _text("created_at"), _text("started_at", null=True), _text("completed_at", null=True),
        _text("result", null=True), _text("error", null=True), _integer("retry_count"),
        _integer("max_retries"), _flag("notify_on_complete"), _flag("cancel_requested"),
        _text("context"), _text("attachments"), _text("extra_data"),
        sqlite_with_rowid=False,
    )  # fmt: skip
    table = "background_tasks"
    columns = ["mind_gmid", "completed_at", "task_id"]
    _index(table, "background_tasks_ended", columns, where="completed_at IS NOT NULL")
    columns = ["mind_gmid", "user_email", "created_at", "task_id"]
    _index(table, "background_tasks_user", columns, where="user_email IS NOT NULL")
