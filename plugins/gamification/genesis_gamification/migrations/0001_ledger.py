"""The ledger, what is projected from it, and the state of reading the event log.

`agent_id` is no foreign key: the agents are the kernel's, and what one has earned stays when it
goes. The ledger grows only; triggers refuse to change or delete a row.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

LEDGER = """
CREATE TABLE xp_transactions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent_id VARCHAR NOT NULL,
    amount INTEGER NOT NULL,
    reason VARCHAR NOT NULL,
    source_type VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    created_at VARCHAR NOT NULL,
    rule_id VARCHAR NOT NULL,
    rule_version INTEGER NOT NULL,
    local_day VARCHAR NOT NULL,
    dedup_key VARCHAR NOT NULL UNIQUE,
    event_id INTEGER,
    reverses_id INTEGER REFERENCES xp_transactions (id),
    actor VARCHAR NOT NULL,
    facts VARCHAR NOT NULL
)
"""

STATEMENTS = (
    LEDGER,
    # An agent's history in order of its days, and what a rule with a daily cap has paid.
    "CREATE INDEX ix_xp_transactions_agent ON xp_transactions (agent_id, local_day)",
    "CREATE INDEX ix_xp_transactions_created ON xp_transactions (created_at)",
    "CREATE INDEX ix_xp_transactions_reverses ON xp_transactions (reverses_id)"
    " WHERE reverses_id IS NOT NULL",
    """CREATE TRIGGER xp_transactions_unchanged BEFORE UPDATE ON xp_transactions
    BEGIN SELECT RAISE(ABORT, 'the ledger only grows: write a reversal'); END""",
    """CREATE TRIGGER xp_transactions_kept BEFORE DELETE ON xp_transactions
    BEGIN SELECT RAISE(ABORT, 'the ledger only grows: write a reversal'); END""",
    """CREATE TABLE level_thresholds (
        level INTEGER PRIMARY KEY, xp_required INTEGER NOT NULL, title VARCHAR NOT NULL,
        emoji VARCHAR NOT NULL)""",
    """CREATE TABLE achievement_definitions (
        id VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, description VARCHAR NOT NULL,
        emoji VARCHAR NOT NULL, category VARCHAR NOT NULL, tier VARCHAR NOT NULL,
        xp_reward INTEGER NOT NULL, criteria VARCHAR NOT NULL, is_active BOOLEAN NOT NULL,
        created_at VARCHAR NOT NULL)""",
    """CREATE TABLE agent_levels (
        agent_id VARCHAR PRIMARY KEY, level INTEGER NOT NULL, current_xp INTEGER NOT NULL,
        total_xp INTEGER NOT NULL, title VARCHAR NOT NULL, created_at VARCHAR NOT NULL,
        updated_at VARCHAR NOT NULL)""",
    "CREATE INDEX ix_agent_levels_total ON agent_levels (total_xp DESC)",
    """CREATE TABLE agent_streaks (
        agent_id VARCHAR PRIMARY KEY, current_streak INTEGER NOT NULL,
        longest_streak INTEGER NOT NULL, last_activity_date VARCHAR,
        updated_at VARCHAR NOT NULL)""",
    """CREATE TABLE agent_achievements (
        id INTEGER PRIMARY KEY AUTOINCREMENT, agent_id VARCHAR NOT NULL,
        achievement_id VARCHAR NOT NULL REFERENCES achievement_definitions (id),
        unlocked_at VARCHAR NOT NULL, UNIQUE (agent_id, achievement_id))""",
    "CREATE INDEX ix_agent_achievements_achievement ON agent_achievements (achievement_id)",
    """CREATE TABLE leaderboard_cache (
        id INTEGER PRIMARY KEY AUTOINCREMENT, period VARCHAR NOT NULL, agent_id VARCHAR NOT NULL,
        rank INTEGER NOT NULL, score REAL NOT NULL, metric_type VARCHAR NOT NULL,
        period_start VARCHAR NOT NULL, period_end VARCHAR NOT NULL, updated_at VARCHAR NOT NULL,
        UNIQUE (period, agent_id, metric_type, period_start))""",
    "CREATE INDEX ix_leaderboard_cache_period"
    " ON leaderboard_cache (period, period_start, period_end)",
    """CREATE TABLE gamification_metrics (
        agent_id VARCHAR PRIMARY KEY, record VARCHAR NOT NULL)""",
    """CREATE TABLE gamification_daily (
        local_day VARCHAR NOT NULL, agent_id VARCHAR NOT NULL, xp INTEGER NOT NULL,
        tasks_completed INTEGER NOT NULL, tasks_failed INTEGER NOT NULL,
        PRIMARY KEY (agent_id, local_day)) WITHOUT ROWID""",
    "CREATE INDEX ix_gamification_daily_day ON gamification_daily (local_day)",
    """CREATE TABLE gamification_sessions (
        session_id VARCHAR PRIMARY KEY, started_at VARCHAR NOT NULL, local_day VARCHAR NOT NULL,
        agents VARCHAR NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE gamification_state (
        id INTEGER PRIMARY KEY CHECK (id = 1), checkpoint INTEGER NOT NULL,
        version INTEGER NOT NULL)""",
    "INSERT INTO gamification_state VALUES (1, 0, 0)",
    """CREATE TABLE gamification_zones (
        from_event INTEGER PRIMARY KEY, zone VARCHAR NOT NULL, day_start VARCHAR NOT NULL)""",
    """CREATE TABLE gamification_rulesets (
        id INTEGER PRIMARY KEY AUTOINCREMENT, from_event INTEGER NOT NULL,
        from_row INTEGER NOT NULL, digest VARCHAR NOT NULL, content VARCHAR NOT NULL,
        adopted_at VARCHAR NOT NULL)""",
    """CREATE TABLE gamification_faults (
        event_id INTEGER NOT NULL, rule_id VARCHAR NOT NULL, error VARCHAR NOT NULL,
        recorded_at VARCHAR NOT NULL, PRIMARY KEY (event_id, rule_id)) WITHOUT ROWID""",
    "CREATE TABLE gamification_said (key VARCHAR PRIMARY KEY, said_at VARCHAR NOT NULL)",
    """CREATE TABLE gamification_evaluations (
        id INTEGER PRIMARY KEY AUTOINCREMENT, agent_id VARCHAR NOT NULL,
        created_at VARCHAR NOT NULL, verdict VARCHAR NOT NULL, content VARCHAR NOT NULL)""",
    "CREATE INDEX ix_gamification_evaluations_agent ON gamification_evaluations (agent_id, id)",
    """CREATE VIEW v_agent_gamification AS
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
LEFT JOIN level_thresholds following ON following.level = COALESCE(l.level, 1) + 1""",
    """CREATE VIEW v_leaderboard AS
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
ORDER BY xp_rank, agent_id""",
    # What was kept of a period that is over goes with the first row that changes it.
    "CREATE INDEX ix_leaderboard_cache_period_end ON leaderboard_cache (period_end)",
    """CREATE TRIGGER gamification_daily_INSERT_forgets AFTER INSERT ON gamification_daily
BEGIN
    DELETE FROM leaderboard_cache WHERE period_end >= NEW.local_day;
END""",
    """CREATE TRIGGER gamification_daily_UPDATE_forgets AFTER UPDATE ON gamification_daily
BEGIN
    DELETE FROM leaderboard_cache WHERE period_end >= NEW.local_day;
END""",
    """CREATE TRIGGER gamification_daily_DELETE_forgets AFTER DELETE ON gamification_daily
BEGIN
    DELETE FROM leaderboard_cache WHERE period_end >= OLD.local_day;
END""",
)


def upgrade() -> None:
    """Make all of it."""
    for statement in STATEMENTS:
        op.execute(statement)
