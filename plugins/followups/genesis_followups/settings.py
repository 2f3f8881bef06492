"""The plugin's settings: `[plugins.followups]` in genesis.toml."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator


class FollowupsSettings(BaseModel):
    """When and how often minds come back to something.

    `time_zone` is the users' (None: that of the machine). Nothing is said from `quiet_from` to
    `quiet_until`, local times; the same time twice means no quiet hours. One user of one mind gets
    at most `at_most_a_day` follow-ups in 24 hours, `hours_apart` or more. Who does not answer
    `unanswered` of them about one thing is not asked about it again; `repeat_days` lie between
    two. What has been due for `stale_days` is not asked any more, and messages older than
    `oldest_days` are not read. `model` lets a model read messages, where one can be used;
    `model_seconds` is what it gets for one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    time_zone: str | None = None
    quiet_from: time = time(22)
    quiet_until: time = time(8)
    at_most_a_day: int = Field(default=3, ge=1, le=100)
    hours_apart: float = Field(default=1, ge=0, le=24)
    unanswered: int = Field(default=2, ge=1, le=20)
    repeat_days: float = Field(default=3, ge=0.01, le=365)
    stale_days: float = Field(default=14, ge=0.1, le=3650)
    oldest_days: float = Field(default=7, ge=0.1, le=3650)
    every_seconds: float = Field(default=30, ge=0.1, le=3600)
    model: bool = True
    model_seconds: float = Field(default=20, ge=1, le=25)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                ZoneInfo(name)
            except (OSError, ValueError, KeyError):
                raise ValueError("no such time zone; write it as Europe/Berlin") from None
        return name

    @field_validator("quiet_from", "quiet_until")
    @classmethod
    def _plain_time(cls, at: time) -> time:
        if at.tzinfo is not None:
            raise ValueError("write a local time, such as 22:00, without an offset")
        return at

    @property
    def zone(self) -> ZoneInfo | None:
        """The users' zone; None is that of the machine."""
        return None if self.time_zone is None else ZoneInfo(self.time_zone)
