"""The contract between the kernel, which owns every task, and what carries an attempt."""

from __future__ import annotations

from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, JsonValue

from genesis.contracts.work import TaskResult


class ToolCall(BaseModel):
    """One tool of an attempt: its name, the `package.module:function` to call, its settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str
    run: str
    params: dict[str, JsonValue]


class AttemptSpec(BaseModel):
    """Everything that an attempt needs, as plain JSON, so that any process can carry it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task_id: str
    attempt: int
    specialist: str
    kind: str
    description: str
    calls: tuple[ToolCall, ...]
    repository: str
    folder: str
    log_file: str
    time_limit_seconds: float


class AttemptUpdate(BaseModel):
    """What an executor reports of an attempt: progress, or once its end.

    `ended` is None while it runs; afterwards `completed` (with a result), `failed` (the tools
    ran and raised; a result may hold what the others found), `died` (the process ended without a
    word, worth another attempt), `timed_out` or `cancelled`.
    """

    # Texts of findings are not kept for as long as the process runs.
    model_config = ConfigDict(frozen=True, extra="forbid", cache_strings="keys")

    task_id: str
    attempt: int
    fraction: float = 0.0
    message: str = ""
    ended: Literal["completed", "failed", "died", "timed_out", "cancelled"] | None = None
    result: TaskResult | None = None
    error: str = ""


class Executor(Protocol):
    """Carries attempts. The kernel's queue is the truth: an executor never retries on its own.

    `submit` and `cancel` return at once. `tick` returns what happened since the last call, in
    order, and never blocks. Every submitted attempt yields exactly one update with `ended`.
    """

    @property
    def name(self) -> str: ...

    def start(self) -> None: ...
    def submit(self, spec: AttemptSpec) -> None: ...
    def cancel(self, task_id: str, attempt: int) -> None: ...
    def tick(self) -> list[AttemptUpdate]: ...
    def stop(self) -> None: ...
