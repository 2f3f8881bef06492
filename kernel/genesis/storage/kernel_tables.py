"""Every table of the kernel: a plugin may have none of these names."""

from __future__ import annotations

from genesis.storage.background_tables import BackgroundTaskRow
from genesis.storage.concern_tables import ConcernRow, EnvironmentRow, RelationshipRow
from genesis.storage.conversation_tables import (
    ConversationProgressRow,
    MessageRow,
    ThreadRow,
    WordIndexRow,
)
from genesis.storage.event_tables import EventCursorRow, EventRow
from genesis.storage.idempotency_tables import IdempotencyKeyRow
from genesis.storage.import_tables import ImportedRow
from genesis.storage.memory_tables import (
    MemoryChangeRow,
    MemoryIndexRow,
    MemoryRow,
    MemoryTagRow,
    MemoryVectorRow,
)
from genesis.storage.mind_tables import MindRow
from genesis.storage.queue_tables import QueueRow
from genesis.storage.schedule_tables import ScheduleRow, ScheduleRunRow
from genesis.storage.work_tables import (
    AgentRow,
    PluginFaultRow,
    PluginRow,
    RepositoryRow,
    SessionRow,
    TaskDependencyRow,
    TaskRow,
    TeamRow,
)

KERNEL_TABLES = frozenset(
    str(model.__tablename__)
    for model in (
        AgentRow,
        BackgroundTaskRow,
        ConcernRow,
        ConversationProgressRow,
        EnvironmentRow,
        EventCursorRow,
        EventRow,
        IdempotencyKeyRow,
        ImportedRow,
        MemoryChangeRow,
        MemoryIndexRow,
        MemoryRow,
        MemoryTagRow,
        MemoryVectorRow,
        MessageRow,
        MindRow,
        PluginFaultRow,
        PluginRow,
        QueueRow,
        RelationshipRow,
        RepositoryRow,
        ScheduleRow,
        ScheduleRunRow,
        SessionRow,
        TaskDependencyRow,
        TaskRow,
        TeamRow,
        ThreadRow,
        WordIndexRow,
    )
)
