"""The plugin's settings: `[plugins.gamification]` in genesis.toml."""

from __future__ import annotations

import os
from datetime import time
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from genesis.errors import ConflictError
from pydantic import BaseModel, ConfigDict, field_validator

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_FOLDER = "zoneinfo/"


class GamificationSettings(BaseModel):
    """What is paid, and what a day is.

    `packs` are the packs of rules in force: `base`, and `penalties` for taking XP away.
    `time_zone` is the user's (None: that of the machine); a day begins at `day_start`, local
    time, so that a night counts as one day. On `rest_days` no streak breaks. Days without work
    are `rest` to a streak, or `break` it. The zone and the start of a day hold for what happens
    from now on; days that have been counted stay as they were. Without `visible` nothing of it is
    shown, and the ledger goes on.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    packs: tuple[Literal["base", "penalties"], ...] = ("base",)
    time_zone: str | None = None
    day_start: time = time(4)
    rest_days: tuple[Weekday, ...] = ()
    idle_days: Literal["rest", "break"] = "rest"
    visible: bool = True

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        if name is not None and not _is_zone(name):
            raise ValueError("no such time zone; write it as Europe/Berlin")
        return name

    @field_validator("day_start")
    @classmethod
    def _plain_time(cls, at: time) -> time:
        if at.tzinfo is not None:
            raise ValueError("write a local time, such as 04:00, without an offset")
        return at

    @property
    def zone(self) -> str:
        """The name of the user's zone."""
        return self.time_zone or machine_zone()

    @property
    def resting(self) -> frozenset[int]:
        """The rest days as numbers; Monday is 0."""
        return frozenset(WEEKDAYS.index(day) for day in self.rest_days)

    def require_visible(self) -> None:
        """Raise ConflictError while `visible` hides the game."""
        if not self.visible:
            raise ConflictError(
                "Gamification is hidden: `visible = false` stands in [plugins.gamification] of "
                "genesis.toml. The ledger goes on; set it to true to see it."
            )


def machine_zone(localtime: Path = Path("/etc/localtime")) -> str:
    """The zone of this machine: TZ, or where the link `/etc/localtime` leads; UTC when neither
    names one."""
    named = os.environ.get("TZ", "").removeprefix(":")
    for candidate in (named, str(localtime.resolve())):
        name = candidate.rpartition(_FOLDER)[2].removeprefix("posix/").removeprefix("right/")
        if _is_zone(name):
            return name
    return "UTC"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return False
    return True
