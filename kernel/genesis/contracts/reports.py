"""A session's report as a record, and the formats in which plugins write it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from genesis.contracts.findings import Finding
from genesis.contracts.judgements import JudgedFinding, Judgement
from genesis.contracts.work import Phase, Status, TaskResult

KERNEL_FORMATS = ("text", "json")
"""The formats that the kernel writes itself; plugins add others."""


class ReportedTask(BaseModel):
    """A task of a session, in the order of the plan.

    `result` is there once an attempt gave one; `folder` is that of the last attempt, to which the
    paths of the result's artifacts are relative: it may be gone, and what ran there could write
    anything into it. Times are those of `genesis.clock`, in UTC.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    specialist: str
    kind: str
    description: str
    status: Status
    started_at: str | None = None
    completed_at: str | None = None
    duration_seconds: float | None = None
    error: str | None = None
    result: TaskResult | None = None
    folder: Path | None = None


class SessionReport(BaseModel):
    """What a session did and found, as it stands; it may not have ended.

    `findings` are those that stand, in the order in which every report lists them: those of the
    `judgement`, or of all tasks where there is none. `summary` has the session's figures, and is
    empty before its end. Times are in UTC.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    session_id: str
    status: Status
    phase: Phase
    goal: str
    team: str
    repository: str
    branch: str | None = None
    reason: str = ""
    started_at: str | None = None
    completed_at: str | None = None
    duration_seconds: float | None = None
    exit_code: int | None = None
    summary: dict[str, JsonValue] = Field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    judgement: Judgement | None = None
    tasks: tuple[ReportedTask, ...] = ()

    @property
    def judged(self) -> tuple[JudgedFinding, ...]:
        """The findings with what the judgement says of each, if there is one."""
        if self.judgement is not None:
            return self.judgement.findings
        return tuple(JudgedFinding(finding=finding) for finding in self.findings)


class Judge(BaseModel):
    """Who judges the findings of a team's sessions.

    `judge` gets the report of a session whose work is done, and that of the last one before it on
    the same repository that this team was asked for with the same options, whose findings were
    judged and of which at least one specialist has completed the same kind of task; or None. It
    may read the repository, and has 15 seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    team: str = Field(min_length=1, max_length=64)
    judge: Callable[[SessionReport, SessionReport | None], Judgement]


class ReportFormat(BaseModel):
    """A way to write a report: `genesis sessions show --format NAME` prints what `write` gives."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)
    description: str = Field(min_length=1, max_length=200)
    write: Callable[[SessionReport], str]
