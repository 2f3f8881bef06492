"""The tables and views that the plugin owns; `migrations/` makes them."""

from __future__ import annotations

from pathlib import Path

from genesis.contracts.plugins import Tables

# Names of the seed first, then what only the plugin itself reads.
OWNED = Tables(
    names=(
        "xp_transactions",
        "agent_levels",
        "agent_streaks",
        "agent_achievements",
        "achievement_definitions",
        "level_thresholds",
        "leaderboard_cache",
        "gamification_metrics",
        "gamification_daily",
        "gamification_sessions",
        "gamification_state",
        "gamification_zones",
        "gamification_rulesets",
        "gamification_faults",
        "gamification_said",
        "gamification_evaluations",
        "v_agent_gamification",
        "v_leaderboard",
    ),
    revisions=Path(__file__).parent / "migrations",
)
