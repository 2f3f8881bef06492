"""The views of the seed, for who reads the database with SQL: `v_agent_gamification` and
`v_leaderboard`. They are always what the tables say at this moment.

The migration makes them, and `KEEP_SNAPSHOTS_TRUE`, after the tables; a test compares.
"""

from __future__ import annotations

VIEWS = ("v_agent_gamification", "v_leaderboard")

# An agent without a row has earned nothing yet, and is on level 1. Where the last level is
# reached, there is no next one, and both of its columns are NULL.
_AGENT_GAMIFICATION = """
CREATE VIEW v_agent_gamification AS
SELECT a.id AS agent_id, a.name AS agent_name, a.team_id, t.name AS team_name,
       COALESCE(l.level, 1) AS level,
       COALESCE(l.current_xp, 0) AS current_xp,
       COALESCE(l.total_xp, 0) AS total_xp,
       COALESCE(l.title, here.title) AS title,
       here.emoji AS level_emoji,
       here.xp_required AS current_level_xp,
       following.xp_required AS next_level_xp,
       following.xp_required - COALESCE(l.total_xp, 0) AS xp_to_next_level,
       COALESCE(s.current_streak, 0) AS current_streak,
       COALESCE(s.longest_streak, 0) AS longest_streak,
       (SELECT COUNT(*) FROM agent_achievements u WHERE u.agent_id = a.id)
           AS achievements_unlocked
FROM agents a
JOIN teams t ON t.id = a.team_id
LEFT JOIN agent_levels l ON l.agent_id = a.id
LEFT JOIN agent_streaks s ON s.agent_id = a.id
LEFT JOIN level_thresholds here ON here.level = COALESCE(l.level, 1)
LEFT JOIN level_thresholds following ON following.level = COALESCE(l.level, 1) + 1
"""

# The success rank goes by the lower bound of Wilson's interval (leaderboards.wilson_bound; 3.8416
# is 1.96 squared), the rate that is shown is the plain one. Whoever has finished nothing has
# neither.
_LEADERBOARD = """
CREATE VIEW v_leaderboard AS
WITH work AS (
    SELECT agent_id, SUM(tasks_completed) AS completed, SUM(tasks_failed) AS failed
    FROM gamification_daily GROUP BY agent_id
), figures AS (
    SELECT g.agent_id, g.agent_name, a.emoji AS agent_emoji, g.team_name, g.level, g.title,
           g.level_emoji, g.total_xp, g.achievements_unlocked AS achievements_count,
           g.current_streak, COALESCE(w.completed, 0) AS tasks_completed,
           1.0 * NULLIF(w.completed + w.failed, 0) AS finished,
           1.0 * w.completed / NULLIF(w.completed + w.failed, 0) AS rate
    FROM v_agent_gamification g
    JOIN agents a ON a.id = g.agent_id
    LEFT JOIN work w ON w.agent_id = g.agent_id
    WHERE a.is_active
), bounded AS (
    SELECT figures.*,
           CASE WHEN tasks_completed = 0 THEN 0.0 * finished ELSE
               (rate + 3.8416 / (2 * finished)
                - SQRT(3.8416 * (rate * (1 - rate) + 3.8416 / (4 * finished)) / finished))
               / (1 + 3.8416 / finished)
           END AS bound
    FROM figures
)
SELECT agent_id, agent_name, agent_emoji, team_name, level, title, level_emoji, total_xp,
       achievements_count, current_streak, tasks_completed,
       ROUND(100 * rate, 2) AS success_rate_pct,
       RANK() OVER (ORDER BY total_xp DESC) AS xp_rank,
       RANK() OVER (ORDER BY tasks_completed DESC) AS tasks_rank,
       CASE WHEN rate IS NOT NULL THEN RANK() OVER (ORDER BY bound DESC NULLS LAST) END
           AS success_rank
FROM bounded
ORDER BY xp_rank, agent_id
"""

# What is kept of a period that is over goes with the first row that changes it.
_FORGET = """
CREATE TRIGGER gamification_daily_EVENT_forgets AFTER EVENT ON gamification_daily
BEGIN
    DELETE FROM leaderboard_cache WHERE period_end >= ROW.local_day;
END
"""

CREATE_VIEWS = (_AGENT_GAMIFICATION, _LEADERBOARD)
KEEP_SNAPSHOTS_TRUE = (
    "CREATE INDEX ix_leaderboard_cache_period_end ON leaderboard_cache (period_end)",
    *(
        _FORGET.replace("EVENT", event).replace("ROW", row)
        for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ),
)
"""Index and triggers by which a row for a day that is over removes the snapshots it changes."""
