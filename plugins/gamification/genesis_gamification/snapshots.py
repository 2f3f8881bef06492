"""How periods ended: the first places, kept in `leaderboard_cache` once a day, week or month is
over, and of all time up to yesterday.

They are made from `gamification_daily` and can be made again from it. A row of the ledger that
comes late, for a day that is over, removes those that it changes in its own transaction (the
triggers in `views`); they are made anew at the next opportunity. Streaks of the past are not kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, text

from genesis_gamification.ingest import Context
from genesis_gamification.leaderboards import Figures, Metric, Period, rank, score, span, standings
from genesis_gamification.terms import now

KEPT_PLACES = 100
_KEPT: Mapping[Metric, str] = {
    "xp": "xp", "tasks": "tasks_completed", "success": "success_rate",
}  # fmt: skip
_TRIES = 3

_DAYS = text("SELECT DISTINCT local_day FROM gamification_daily WHERE local_day < :today")
_SPANS = text("SELECT DISTINCT period, period_start, period_end FROM leaderboard_cache")
_FIGURES = text(
    "SELECT agent_id, SUM(xp), SUM(tasks_completed), SUM(tasks_failed), 0 "
    "FROM gamification_daily WHERE local_day BETWEEN :first AND :last GROUP BY agent_id"
)
_VERSION = text("SELECT version FROM gamification_state")
_READ = text(
    "SELECT metric_type, rank, agent_id, score FROM leaderboard_cache "
    "WHERE period = :period AND period_start = :first AND period_end = :last"
)
_FORGET = text("DELETE FROM leaderboard_cache")
_REMOVE = text(
    "DELETE FROM leaderboard_cache WHERE period = :period AND period_start = :period_start"
)
# Nothing is written when the ledger has grown since the figures were read.
_ADD = text(
    "INSERT INTO leaderboard_cache (period, agent_id, rank, score, metric_type, period_start, "
    "period_end, updated_at) SELECT :period, :agent_id, :rank, :score, :metric_type, "
    ":period_start, :period_end, :now FROM gamification_state WHERE version = :version"
)


class Span(NamedTuple):
    """A period that is over, with its first and last local day."""

    period: Period
    first: str
    last: str


class Place(NamedTuple):
    """A row of `leaderboard_cache`, without its period. `metric` is a `metric_type`."""

    metric: str
    rank: int
    agent_id: str
    score: float


def take_snapshots(context: Context, today: date) -> int:
    """Keep the places of every period that was over before `today`, a local day, and is not kept
    yet; returns how many periods were kept. Raises StorageError."""
    with context.read() as connection:
        missing = list(_missing(connection, today))
    return sum(_keep(context, one) for one in missing)


def forget_snapshots(context: Context) -> None:
    """Remove all that is kept; `take_snapshots` makes it anew. Raises StorageError."""
    context.write(lambda connection: connection.execute(_FORGET).close())


def snapshot_differences(connection: Connection) -> list[str]:
    """What is kept otherwise than `gamification_daily` says now, one line for each period."""
    differences = []
    for row in connection.execute(_SPANS).all():
        one = Span(*row)
        kept = {Place(*place) for place in connection.execute(_READ, one._asdict())}
        if kept != set(_places(connection, one)):
            differences.append(
                f"leaderboard_cache, {one.period} from {one.first} to {one.last}: kept places "
                "differ from gamification_daily"
            )
    return differences


def _missing(connection: Connection, today: date) -> Iterator[Span]:
    days = [date.fromisoformat(row[0]) for row in connection.execute(_DAYS, {"today": str(today)})]
    kept = {Span(*row) for row in connection.execute(_SPANS)}
    periods: tuple[Period, ...] = ("daily", "weekly", "monthly")
    wanted = {Span(period, *span(period, day)) for day in days for period in periods}
    if days:
        yesterday = today - timedelta(days=1)
        wanted.add(Span("all_time", span("all_time", today)[0], str(yesterday)))
    return (one for one in sorted(wanted - kept) if one.last < str(today))


def _places(connection: Connection, one: Span) -> list[Place]:
    rows = connection.execute(_FIGURES, {"first": one.first, "last": one.last})
    figures = {row[0]: Figures(*row) for row in rows}
    return [
        Place(kept_as, place, agent_id, score(figures[agent_id], metric))
        for metric, kept_as in _KEPT.items()
        for place, agent_id in rank(standings(figures.values(), metric))[:KEPT_PLACES]
    ]


def _keep(context: Context, one: Span) -> bool:
    for _ in range(_TRIES):
        with context.read() as connection:
            version = connection.execute(_VERSION).scalar_one()
            places = _places(connection, one)
        if _write(context, one, places, version):
            return True
    # The ledger grows without a pause: there is a next time.
    return False


def _write(context: Context, one: Span, places: Sequence[Place], version: int) -> bool:
    shared = {
        "period": one.period, "period_start": one.first, "period_end": one.last,
        "version": version, "now": now(),
    }  # fmt: skip
    rows = [
        {**shared, "metric_type": place.metric, "rank": place.rank, "score": place.score,
         "agent_id": place.agent_id}
        for place in places
    ]  # fmt: skip

    def operation(connection: Connection) -> bool:
        connection.execute(_REMOVE, shared)
        connection.execute(_ADD, rows)
        return bool(connection.execute(_VERSION).scalar_one() == version)

    return context.write(operation)
