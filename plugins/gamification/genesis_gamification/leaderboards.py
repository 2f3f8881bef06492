"""Who leads: agents by XP, tasks, success rate and streak; today, this week, this month, and ever.

Read from the projections, never from the ledger, so that it costs the same with a million rows.
`snapshots` keeps how the periods that are over ended.
"""

from __future__ import annotations

import json
import math
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection

from genesis_gamification.awarding import Terms
from genesis_gamification.days import local_day

Metric = Literal["xp", "tasks", "success", "streak"]
Period = Literal["daily", "weekly", "monthly", "all_time"]

METRICS: tuple[Metric, ...] = ("xp", "tasks", "success", "streak")
PERIODS: tuple[Period, ...] = ("daily", "weekly", "monthly", "all_time")
USUAL_LIMIT = 20
MOST_ENTRIES = 200
_Z_SQUARED = 3.8416  # 1.96 squared: an interval of 95 %

# Words in capitals stand for these.
_PARTS = {
    # What `wilson_bound` gives for `c` completed and `f` failed tasks.
    "BOUND": "CASE WHEN c > 0 THEN (c + 1.9208 - SQRT(3.8416 * (1.0 * c * f / (c + f) + 0.9604))) "
    "/ (c + f + 3.8416) WHEN f > 0 THEN 0.0 END",
    "RECORDED": "FROM gamification_metrics WHERE agent_id = a.id",
    "OF_DAYS": "FROM gamification_daily WHERE agent_id = a.id "
    "AND local_day BETWEEN :first AND :last",
    "ASKED": "(SELECT value FROM json_each(:agents))",
}
# Ranked in the database, for which a thousand agents are less work than handing them over. Each
# agent's days are looked up: to group all days by agent would be to sort them first.
_PLACES = (
    "SELECT a.id, (STANDING) AS standing FROM agents a WHERE a.is_active "
    "ORDER BY standing DESC, a.id LIMIT :limit"
)
_EVER: Mapping[Metric, str] = {
    "xp": "COALESCE((SELECT total_xp FROM agent_levels WHERE agent_id = a.id), 0)",
    "tasks": "COALESCE((SELECT json_extract(record, '$.tasks_completed') RECORDED), 0)",
    "success": "SELECT BOUND FROM (SELECT json_extract(record, '$.tasks_completed') AS c, "
    "json_extract(record, '$.tasks_failed') AS f RECORDED)",
    "streak": "COALESCE((SELECT current_streak FROM agent_streaks WHERE agent_id = a.id), 0)",
}
_WITHIN: Mapping[Metric, str] = {
    "xp": "SELECT SUM(xp) OF_DAYS",
    "tasks": "SELECT SUM(tasks_completed) OF_DAYS",
    "success": "SELECT BOUND FROM "
    "(SELECT SUM(tasks_completed) AS c, SUM(tasks_failed) AS f OF_DAYS)",
    "streak": "SELECT current_streak FROM agent_streaks WHERE agent_id = a.id "
    "AND EXISTS (SELECT 1 OF_DAYS)",
}
_FIGURES_EVER = (
    "SELECT a.id, COALESCE(l.total_xp, 0), "
    "COALESCE(json_extract(m.record, '$.tasks_completed'), 0), "
    "COALESCE(json_extract(m.record, '$.tasks_failed'), 0), COALESCE(s.current_streak, 0) "
    "FROM agents a LEFT JOIN agent_levels l ON l.agent_id = a.id "
    "LEFT JOIN gamification_metrics m ON m.agent_id = a.id "
    "LEFT JOIN agent_streaks s ON s.agent_id = a.id WHERE a.id IN ASKED"
)
_FIGURES_WITHIN = (
    "SELECT d.agent_id, SUM(d.xp), SUM(d.tasks_completed), SUM(d.tasks_failed), "
    "COALESCE((SELECT current_streak FROM agent_streaks s WHERE s.agent_id = d.agent_id), 0) "
    "FROM gamification_daily d WHERE d.agent_id IN ASKED "
    "AND d.local_day BETWEEN :first AND :last GROUP BY d.agent_id"
)
_ABOUT = (
    "SELECT g.agent_id, g.agent_name, a.emoji, g.team_name, g.level, g.title, g.level_emoji, "
    "g.achievements_unlocked FROM v_agent_gamification g JOIN agents a ON a.id = g.agent_id "
    "WHERE g.agent_id IN ASKED"
)


class Figures(NamedTuple):
    """What an agent did in a period. `streak` is the present one, in days."""

    agent_id: str
    xp: int
    completed: int
    failed: int
    streak: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A place on a leaderboard.

    `score` is what the metric shows: XP, completed tasks, the success rate from 0 to 1, days.
    `xp` and the tasks are those of the period; level, streak and achievements are the present
    ones. `success_at_least` is what success is ranked by.
    """

    rank: int
    agent_id: str
    agent_name: str
    agent_emoji: str
    team_name: str
    level: int
    title: str
    level_emoji: str
    score: float
    xp: int
    tasks_completed: int
    tasks_failed: int
    success_rate: float | None
    success_at_least: float | None
    current_streak: int
    achievements: int


def leaderboard(
    connection: Connection, metric: Metric, period: Period, today: date, limit: int = USUAL_LIMIT
) -> list[Entry]:
    """The first `limit` agents of the period that `today`, a local day, is in.

    Of all time, every active agent has a place; in a period, who did something in it. By success,
    only who finished a task has one.
    """
    is_ever = period == "all_time"
    first, last = span(period, today)
    days = {"first": first, "last": last}
    sql = _PLACES.replace("STANDING", (_EVER if is_ever else _WITHIN)[metric])
    found = _query(connection, sql, {**days, "limit": limit})
    places = rank((agent_id, value) for agent_id, value in found if value is not None)
    agents = json.dumps([agent_id for _, agent_id in places])
    sql = _FIGURES_EVER if is_ever else _FIGURES_WITHIN
    rows = _query(connection, sql, {**days, "agents": agents})
    figures = {row[0]: Figures(*row) for row in rows}
    return _described(connection, metric, [(place, figures[agent]) for place, agent in places])


def span(period: Period, day: date) -> tuple[str, str]:
    """The first and the last day of the period that a day is in; weeks begin on Monday."""
    first, last = day, day
    if period == "weekly":
        first = day - timedelta(days=day.weekday())
        last = first + timedelta(days=6)
    elif period == "monthly":
        first = day.replace(day=1)
        last = day.replace(day=monthrange(day.year, day.month)[1])
    elif period == "all_time":
        first, last = date.min, date.max
    return first.isoformat(), last.isoformat()


def rank(all_standings: Iterable[tuple[str, float]]) -> list[tuple[int, str]]:
    """Places of agents, the best first: equal standings share one and the next is skipped (1, 2,
    2, 4); who shares one stands in the order of ids."""
    places: list[tuple[int, str]] = []
    before = math.nan
    ordered = sorted((-standing, agent_id) for agent_id, standing in all_standings)
    for number, (standing, agent_id) in enumerate(ordered, start=1):
        places.append((places[-1][0] if standing == before else number, agent_id))
        before = standing
    return places


def standings(all_figures: Iterable[Figures], metric: Metric) -> Iterator[tuple[str, float]]:
    """What agents are ranked by; by success, only those who finished a task."""
    for figures in all_figures:
        if metric != "success":
            yield figures.agent_id, score(figures, metric)
        elif finished := figures.completed + figures.failed:
            yield figures.agent_id, wilson_bound(figures.completed, finished)


def score(figures: Figures, metric: Metric) -> float:
    """What a leaderboard shows of a metric; the plain rate for success, 0 without a task."""
    if metric == "success":
        return figures.completed / max(figures.completed + figures.failed, 1)
    if metric == "xp":
        return figures.xp
    return figures.completed if metric == "tasks" else figures.streak


def wilson_bound(completed: int, finished: int) -> float:
    """The success rate that an agent has at least, by 95 %: 0 to 1, and 0 without a success.

    The lower end of the score interval of E. B. Wilson, "Probable inference, the law of
    succession, and statistical inference", JASA 22 (1927), p. 209. So 1 of 1 (0.21) stands below
    98 of 100 (0.93). `finished` is at least 1.
    """
    if completed == 0:
        return 0.0
    failed = finished - completed
    margin = math.sqrt(_Z_SQUARED * (completed * failed / finished + _Z_SQUARED / 4))
    return (completed + _Z_SQUARED / 2 - margin) / (finished + _Z_SQUARED)


def _query(
    connection: Connection, sql: str, values: Mapping[str, str | int]
) -> list[tuple[Any, ...]]:
    """Rows as plain tuples: SQLAlchemy's own cost more than what is asked for here."""
    for word, part in _PARTS.items():
        sql = sql.replace(word, part)
    cursor = connection.connection.cursor()
    cursor.execute(sql, values)
    rows = list(cursor.fetchall())
    cursor.close()
    return rows


def _described(
    connection: Connection, metric: Metric, places: Sequence[tuple[int, Figures]]
) -> list[Entry]:
    agents = json.dumps([figures.agent_id for _, figures in places])
    about = {row[0]: row[1:] for row in _query(connection, _ABOUT, {"agents": agents})}
    return [_entry(place, figures, metric, about[figures.agent_id]) for place, figures in places]


def _entry(place: int, figures: Figures, metric: Metric, about: Sequence[str | int]) -> Entry:
    name, emoji, team, level, title, level_emoji, achievements = about
    finished = figures.completed + figures.failed
    return Entry(
        rank=place,
        agent_id=figures.agent_id,
        agent_name=str(name),
        agent_emoji=str(emoji),
        team_name=str(team),
        level=int(level),
        title=str(title),
        level_emoji=str(level_emoji),
        score=score(figures, metric),
        xp=figures.xp,
        tasks_completed=figures.completed,
        tasks_failed=figures.failed,
        success_rate=figures.completed / finished if finished else None,
        success_at_least=wilson_bound(figures.completed, finished) if finished else None,
        current_streak=figures.streak,
        achievements=int(achievements),
    )


def today(terms: Terms) -> date:
    """The local day that it is now, by the zone and the start of a day in force."""
    return date.fromisoformat(local_day(datetime.now(UTC), terms.zone, terms.day_start))
