"""Experience points, levels, streaks and achievements of agents, from a ledger that only grows.

Third parties add rules and achievements with the hooks `gamification_rules` and
`gamification_achievements` of `genesis_gamification.hookspecs`; these are the records they give.
"""

from genesis_gamification import hookspecs
from genesis_gamification.records import Achievement, Condition, Criterion, Level, Rule

__all__ = ["Achievement", "Condition", "Criterion", "Level", "Rule", "hookspecs"]
