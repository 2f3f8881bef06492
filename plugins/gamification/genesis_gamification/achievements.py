"""Achievements: data that names metrics. The 27 of the package are in `data/achievements.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from importlib.resources import files

from genesis.errors import SettingsError

from genesis_gamification.metrics import METRICS
from genesis_gamification.records import Achievement


def load_achievements() -> tuple[Achievement, ...]:
    """The achievements of the package."""
    data = files("genesis_gamification").joinpath("data/achievements.toml")
    found = tomllib.loads(data.read_text(encoding="utf-8"))["achievement"]
    return tuple(Achievement.model_validate(one) for one in found)


def check_achievements(achievements: Iterable[Achievement], source: str) -> None:
    """Raise SettingsError for a metric that does not exist, or an id that is there twice.

    `source` is the file or plugin that gives them; the message names it, the achievement, its key
    and what is known.
    """
    seen: set[str] = set()
    for achievement in achievements:
        if achievement.id in seen:
            raise SettingsError(
                f"{source}: there are two achievements {achievement.id!r}; rename one."
            )
        seen.add(achievement.id)
        for place, criterion in enumerate(achievement.criteria):
            if criterion.metric not in METRICS:
                key = f"achievement {achievement.id!r}: criteria.{place}.metric"
                raise SettingsError(f"{source}: {key}: {_unknown(criterion.metric)}")


def _unknown(metric: str) -> str:
    similar = get_close_matches(metric, METRICS, n=1)
    meant = f" Did you mean {similar[0]!r}?" if similar else ""
    return f"there is no metric {metric!r}.{meant} Known are: {', '.join(sorted(METRICS))}."
