"""Levels: titles that a total of XP holds. The table is data: `data/levels.toml`."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Sequence
from importlib.resources import files
from operator import attrgetter

from genesis_gamification.records import Level

_BONUS_PER_LEVEL = 10
_xp_required = attrgetter("xp_required")


def load_levels() -> tuple[Level, ...]:
    """The levels of the package: numbered from 1 without gaps, each dearer than the last."""
    text = files("genesis_gamification").joinpath("data/levels.toml").read_text(encoding="utf-8")
    return tuple(Level.model_validate(one) for one in tomllib.loads(text)["level"])


def level_of(total_xp: int, levels: Sequence[Level]) -> int:
    """The level that a total holds; the first one also below zero."""
    return max(bisect_right(levels, total_xp, key=_xp_required), 1)


def level_bonus(level: int) -> int:
    """The XP that reaching a level earns, once ever: ten times its number."""
    return level * _BONUS_PER_LEVEL
