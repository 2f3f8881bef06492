"""`genesis leaderboard`, `genesis agent` and `genesis praise`; `genesis gamification` is beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from genesis.commands import home_option, json_option

from genesis_gamification.cli_opening import opened, print_json, session_named, shown, visible
from genesis_gamification.cli_upkeep import gamification

if TYPE_CHECKING:
    from genesis_gamification.leaderboards import Entry, Metric, Period

__all__ = ["agent", "gamification", "leaderboard", "praise"]


@click.command()
@click.option(
    "--metric", default="xp", show_default=True,
    type=click.Choice(["xp", "tasks", "success", "streak"]), help="What is ranked.",
)  # fmt: skip
@click.option(
    "--period", default="all_time", show_default=True,
    type=click.Choice(["daily", "weekly", "monthly", "all_time"]),
    help="Today, this week, this month, or ever.",
)  # fmt: skip
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1, 200), help="The most places."
)
@home_option
@json_option
def leaderboard(
    metric: Metric, period: Period, limit: int, home: str | None, *, as_json: bool
) -> None:
    """Show who leads: by XP, completed tasks, success rate, or streak.

    Success is ranked by the rate that an agent has at least, so that one success of one is not
    above 98 of 100; the rate that is shown is the plain one. Who is equal shares a place.
    """
    from dataclasses import asdict

    from genesis_gamification.leaderboards import leaderboard as read
    from genesis_gamification.leaderboards import today

    with shown(home) as plugin, plugin.context.read() as connection:
        entries = read(connection, metric, period, today(plugin.engine.terms()), limit)
    if as_json:
        items = [asdict(entry) for entry in entries]
        print_json({"metric": metric, "period": period, "items": items})
        return
    if not entries:
        click.echo("Nobody has a place yet: `genesis run` gives agents something to do.", err=True)
        return
    widest = max(len(entry.agent_id) for entry in entries)
    head = f"{'tasks':>6}  {'success':>16}  {'streak':>7}  level"
    click.echo(f"rank  {'agent':<{widest}}  {'XP':>8}  {head}", err=True)
    for entry in entries:
        click.echo(
            f"{entry.rank:>4}  {entry.agent_id:<{widest}}  {entry.xp:>8,}  "
            f"{entry.tasks_completed:>6,}  {_success(entry):>16}  {entry.current_streak:>5} d  "
            f"{entry.level} {visible(entry.title)} {entry.level_emoji}"
        )


def _success(entry: Entry) -> str:
    """The rate, and what it is ranked by."""
    if entry.success_rate is None:
        return "-"
    return f"{entry.success_rate:.1%} (>= {entry.success_at_least:.0%})"


@click.group()
def agent() -> None:
    """Look at what an agent has earned."""


@agent.command("show")
@click.argument("agent_id", metavar="ID")
@click.option(
    "--rows", default=10, show_default=True, type=click.IntRange(0, 200),
    help="How many of the last rows of the ledger.",
)  # fmt: skip
@home_option
@json_option
def show_command(agent_id: str, rows: int, home: str | None, *, as_json: bool) -> None:
    """Show an agent's level, XP, streak, achievements, and the last rows of its ledger."""
    from dataclasses import asdict

    from genesis_gamification.profiles import read_profile

    with shown(home) as plugin, plugin.context.read() as connection:
        profile = read_profile(connection, agent_id, rows)
    if as_json:
        print_json(asdict(profile))
        return
    from genesis_gamification.cli_profile import profile_lines

    for line in profile_lines(profile):
        click.echo(visible(line))


@click.command()
@click.argument("subject", metavar="SESSION|TASK")
@home_option
@json_option
def praise(subject: str, home: str | None, *, as_json: bool) -> None:
    """Praise the work of a session (an id, or `latest`), or of one task; each once.

    Of a session, every agent that completed a task in it is praised.
    """
    with opened(home) as plugin:
        said = plugin.praise(session_named(plugin, subject))
    if as_json:
        print_json(said)
        return
    agents = ", ".join(said["agents"])
    click.echo(f"Praised: {agents}." if said["new"] else f"Praised before: {agents}.")
