"""Records that plugins contribute or answer with, and how the host shows a plugin's state."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class PluginState(StrEnum):
    """Where a plugin stands. Only `active` ones take part in everything."""

    DISCOVERED = "discovered"
    DISABLED = "disabled"
    INCOMPATIBLE = "incompatible"
    FAILED = "failed"
    ACTIVE = "active"
    QUARANTINED = "quarantined"


class PluginStatus(BaseModel):
    """A plugin's state and why. `step` is where it failed: select, import, settings, construct,
    register, collect, requires, conflicts, migrate, start."""

    model_config = ConfigDict(frozen=True)

    id: str
    distribution: str
    version: str
    state: PluginState
    step: str = ""
    reason: str = ""


class Tables(BaseModel):
    """The tables that a plugin owns, and the folder with the Alembic revisions that make them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...] = Field(min_length=1)
    revisions: Path


class Veto(BaseModel):
    """A gate's no, with the reason that a person will read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str = Field(min_length=1, max_length=1000)


class SessionRequest(BaseModel):
    """What a session was asked to do, as gates see it."""

    model_config = ConfigDict(frozen=True)

    session_id: str
    goal: str
    team: str
    repository: Path


class TaskRequest(BaseModel):
    """A task whose attempt is about to start, as gates see it."""

    model_config = ConfigDict(frozen=True)

    task_id: str
    session_id: str
    specialist: str
    kind: str
    description: str
    attempt: int
