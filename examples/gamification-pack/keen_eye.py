"""A rule and an achievement of one's own for the plugin `gamification`."""

from genesis import NoSettings, Plugin, implements
from genesis_gamification import Achievement, Condition, Criterion, Rule, hookspecs


class KeenEye(Plugin[NoSettings]):
    """Pays agents that find something, and those that keep coming back."""

    @implements(hookspecs.gamification_rules)
    def rules(self) -> list[Rule]:
        """5 XP for each task with at least one finding."""
        found = Condition(field="findings", op=">=", value=1)
        return [Rule(id="found-something", event="task.finished", when=(found,), amount=5,
                     reason="Found something", scope="task")]  # fmt: skip

    @implements(hookspecs.gamification_achievements)
    def achievements(self) -> list[Achievement]:
        """50 XP, once, for taking part in three sessions."""
        often = Criterion(metric="sessions", op=">=", value=3)
        return [Achievement(id="regular", name="Regular", description="Take part in 3 sessions",
                            emoji="👀", category="special", tier="bronze", xp_reward=50,
                            criteria=(often,))]  # fmt: skip
