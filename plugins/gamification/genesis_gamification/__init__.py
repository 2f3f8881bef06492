"""Experience points, levels, streaks and achievements of agents, from a ledger that only grows.

Third parties add rules and achievements with the hooks `gamification_rules` and
`gamification_achievements` of `genesis_gamification.hookspecs`; these are the records they give.
They are imported on first use, so that `genesis leaderboard --help` waits for none of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genesis_gamification import hookspecs
    from genesis_gamification.records import Achievement, Condition, Criterion, Level, Rule

__all__ = ["Achievement", "Condition", "Criterion", "Level", "Rule", "hookspecs"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "hookspecs":
        return importlib.import_module("genesis_gamification.hookspecs")
    return getattr(importlib.import_module("genesis_gamification.records"), name)
