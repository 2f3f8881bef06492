"""Background tasks: what a mind was given to do, and what the handler that does it receives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

HANDLER_NAME = r"^[a-z][a-z0-9]*([._-][a-z0-9]+)*$"


class TaskStatus(StrEnum):
    """The state of a background task. `retrying` waits for its next attempt after a failure."""

    PENDING = "pending"
    RUNNING = "running"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens."""
        return self in (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class BackgroundTask:
    """A background task as it stood when it was read. Times are UTC timestamps.

    `progress` is 0 to 1. `run_at` is the earliest time of the next attempt, None for at once.
    `retry_count` counts failed attempts that were followed by another. `waiting_for` says what an
    open task waits for other than a free worker, as far as the process that reads it can tell.
    """

    task_id: str
    mind_gmid: str
    user_email: str | None
    user_request: str
    handler: str
    status: TaskStatus
    progress: float
    progress_message: str | None
    priority: int
    run_at: str | None
    created_at: str
    started_at: str | None
    completed_at: str | None
    result: JsonValue
    error: str | None
    retry_count: int
    max_retries: int
    notify_on_complete: bool
    cancel_requested: bool
    context: dict[str, JsonValue]
    attachments: list[dict[str, JsonValue]]
    metadata: dict[str, JsonValue]
    waiting_for: str = ""


@dataclass(frozen=True, slots=True)
class BackgroundContext:
    """What a handler receives. `attempt` counts from 1, interrupted attempts included.

    A handler may be called again for a task that it has worked on before, when its process was
    killed: `task_id` is the key for doing something once.
    """

    task_id: str
    mind_gmid: str
    user_request: str
    user_email: str | None
    context: dict[str, JsonValue]
    attachments: list[dict[str, JsonValue]]
    metadata: dict[str, JsonValue]
    attempt: int
    report: Callable[[float, str], None] = field(repr=False)

    def progress(self, fraction: float, message: str = "") -> None:
        """Report progress from 0 to 1, with at most 200 characters of text. Raises
        AttemptCancelledError once the task was cancelled or has passed to another attempt."""
        self.report(fraction if 0.0 <= fraction <= 1.0 else float(fraction > 1.0), message)


Handler: TypeAlias = Callable[[BackgroundContext], JsonValue | Awaitable[JsonValue]]
"""The shape of a handler, sync or async. What it returns is the task's result; what it raises
is the task's error, and another attempt follows while retries are left."""


class TaskHandler(BaseModel):
    """A handler of background tasks, as plugins contribute it.

    Tasks name it by `name`; names that begin with `genesis.` are the kernel's. `run` is
    `package.module:function` and names a `Handler`; it is imported in the process that runs a task,
    when the first one is to be run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=HANDLER_NAME, max_length=64)
    run: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")
    description: str = Field(min_length=1)

    @field_validator("name")
    @classmethod
    def _is_free(cls, name: str) -> str:
        if name.startswith("genesis."):
            raise ValueError("names that begin with `genesis.` are the kernel's; choose another")
        return name
