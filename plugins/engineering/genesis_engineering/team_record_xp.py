"""The XP of agents, from the home's database, where the plugin `gamification` keeps it.

What is read is its view for whoever reads with SQL, `v_agent_gamification`.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_BUSY_SECONDS = 5.0
_VIEW = "v_agent_gamification"
_QUERY = (
    "SELECT agent_id, level, title, total_xp, current_streak, achievements_unlocked "
    "FROM v_agent_gamification"
)


@dataclass(frozen=True)
class Experience:
    """One agent's XP: the streak is in days."""

    level: int
    title: str
    total_xp: int
    streak: int
    achievements: int


def read_experience(database: str | None) -> dict[str, Experience] | str:
    """The XP by agent, or in words why there is none. The database is opened for reading only."""
    if database is None:
        return "the tool was not told where the home's database is"
    try:
        uri = Path(database).absolute().as_uri() + "?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)) as connection:
            there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_VIEW,))
            if there.fetchone() is None:
                return "the plugin gamification has never been active in this home"
            rows = connection.execute(_QUERY).fetchall()
    except sqlite3.Error as error:
        return f"the home's database cannot be read: {error}"
    return {
        str(agent): Experience(int(level), str(title or ""), int(xp), int(streak), int(unlocked))
        for agent, level, title, xp, streak, unlocked in rows
    }
