"""What plugins contribute to the process that runs all the time, `genesis up`."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field, JsonValue

JOB_NAME = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"


class Job(BaseModel):
    """A session that is ready to be scheduled: its goal, its team and its usual time.

    `name` is what `genesis schedule add --job NAME` takes. `cron` is the usual time, which a
    schedule may change. How its sessions began and ended is appended to the file `log` in the
    home's folder `logs`, for who reads logs in the morning.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=JOB_NAME, max_length=64)
    goal: str = Field(min_length=1, max_length=2000)
    team: str
    cron: str
    description: str = Field(min_length=1)
    log: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9-]*\.log$")
    options: dict[str, JsonValue] = Field(default_factory=dict)


class Periodic(BaseModel):
    """Something that `genesis up` calls again and again, at least `every_seconds` apart.

    `run` is called in a thread of its own, never twice at once. What it raises is recorded as a
    fault of the plugin, and it is called again at its next time. In other commands than
    `genesis up` it is never called.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=JOB_NAME, max_length=64)
    every_seconds: float = Field(ge=0.1, le=86_400)
    run: Callable[[], None]
