"""The public records and protocols that kernel and plugins exchange."""

from genesis.contracts.background import BackgroundContext, TaskHandler
from genesis.contracts.embedders import Embedder
from genesis.contracts.findings import Confidence, Finding, Omission, Severity
from genesis.contracts.specialists import Specialist, Team, Tool, ToolUse
from genesis.contracts.work import (
    Artifact,
    Phase,
    PlannedTask,
    Priority,
    SessionPlan,
    Status,
    TaskResult,
    ToolContext,
    ToolFunction,
)

__all__ = [
    "Artifact",
    "BackgroundContext",
    "Confidence",
    "Embedder",
    "Finding",
    "Omission",
    "Phase",
    "PlannedTask",
    "Priority",
    "SessionPlan",
    "Severity",
    "Specialist",
    "Status",
    "TaskHandler",
    "TaskResult",
    "Team",
    "Tool",
    "ToolContext",
    "ToolFunction",
    "ToolUse",
]
