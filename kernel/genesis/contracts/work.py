"""The records of work: what a task is, what a plan is, and what an attempt gives back."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from genesis.contracts.findings import Finding, Omission


class Status(StrEnum):
    """The state of a session or a task."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens unless a person asks for it."""
        return self not in (Status.PENDING, Status.IN_PROGRESS)


class Phase(StrEnum):
    """Where a session stands, in this order."""

    PLAN = "plan"
    GATES = "gates"
    RUN = "run"
    VERIFY = "verify"
    SUMMARISE = "summarise"
    DONE = "done"


class Priority(StrEnum):
    """Which ready task is started first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class PlannedTask(BaseModel):
    """One task of a plan.

    `key` is unique in the plan; `depends_on` names keys of the same plan that must be completed
    first. `specialist` is an id; without it the kernel routes by `kind`. A task with
    `verifies=True` waits until every other task has ended, however it ended.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(min_length=1, max_length=80)
    kind: str = Field(min_length=1, max_length=40)
    description: str = Field(min_length=1, max_length=2000)
    specialist: str | None = None
    priority: Priority = Priority.MEDIUM
    depends_on: tuple[str, ...] = ()
    verifies: bool = False
    params: dict[str, JsonValue] = Field(default_factory=dict)
    time_limit_seconds: float = Field(default=900, gt=0, allow_inf_nan=False)


class SessionPlan(BaseModel):
    """The tasks of a session, and in one sentence why these."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tasks: tuple[PlannedTask, ...]
    reason: str = Field(default="", max_length=2000)


class Artifact(BaseModel):
    """A file that an attempt left in its folder; `path` is relative to that folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    description: str


class TaskResult(BaseModel):
    """What an attempt gives back.

    `summary` is one sentence for the report; a specialist with nothing to look at says so there.
    `blocked` holds the reason when the work could not be done at all (no test runner, say): the
    task then ends as blocked and never as completed. `facts` are figures that other tools or
    plugins read (counts, durations), JSON values only.
    """

    # Texts of findings are not kept for as long as the process runs.
    model_config = ConfigDict(frozen=True, extra="forbid", cache_strings="keys")

    summary: str = Field(min_length=1, max_length=2000)
    findings: tuple[Finding, ...] = ()
    omissions: tuple[Omission, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    facts: dict[str, JsonValue] = Field(default_factory=dict)
    blocked: str | None = None
    plan: SessionPlan | None = None


class ToolContext(Protocol):
    """What a tool receives. Everything it may touch is here.

    `repository` is the checkout under review and is read-only by agreement; `folder` is the
    attempt's own folder for whatever it writes.
    """

    @property
    def repository(self) -> Path: ...
    @property
    def folder(self) -> Path: ...
    @property
    def kind(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def params(self) -> dict[str, JsonValue]: ...
    @property
    def seconds_left(self) -> float: ...

    def progress(self, fraction: float, message: str = "") -> None:
        """Report progress from 0 to 1. Raises `AttemptCancelledError` after a cancellation."""

    def log(self, message: str) -> None:
        """Write one line to the specialist's log."""


class ToolFunction(Protocol):
    """The shape of a tool: a module-level function, so that another process can find it by name."""

    def __call__(self, context: ToolContext, /) -> TaskResult: ...
