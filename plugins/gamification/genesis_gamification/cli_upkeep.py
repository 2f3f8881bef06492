"""`genesis gamification`: how the ledger stands, whether it is right, and what is told by hand."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click
from genesis.commands import confirm, home_option, json_option

from genesis_gamification.cli_opening import (
    events_behind,
    opened,
    print_json,
    session_named,
    visible,
)

if TYPE_CHECKING:
    from genesis_gamification.plugin import GamificationPlugin
    from genesis_gamification.rederive import Change
    from genesis_gamification.verify import Report

_STEP_SECONDS = 0.2
_SHOWN = 50


@click.group()
def gamification() -> None:
    """Look after the ledger of XP."""


@gamification.command()
@home_option
@json_option
def status(home: str | None, *, as_json: bool) -> None:
    """Show how the ledger stands, and what is wrong with rules."""
    with opened(home) as plugin:
        found = _status(plugin)
    if as_json:
        print_json({**found, "problems": plugin.problems})
        return
    for name, value in found.items():
        click.echo(f"{name.replace('_', ' '):<14} {visible(_told(value))}".rstrip())
    for problem in plugin.problems:
        click.echo(f"{'problem':<14} {visible(problem)}")


@gamification.command()
@click.option("--fix", is_flag=True, help="Write anew what differs, from the ledger.")
@home_option
@json_option
def verify(home: str | None, *, fix: bool, as_json: bool) -> None:
    """Recompute everything from the ledger, and compare, and the ledger with the log.

    Exit code 1 when something differs. --fix does not pay what the ledger lacks: `rederive` and
    `adopt` do, by the rules of today.
    """
    with opened(home) as plugin:
        report = plugin.repair() if fix else plugin.verify()
    different = report.different
    if as_json:
        differences = [one._asdict() for one in report.differences]
        fixed = fix and different > 0
        print_json({**report._asdict(), "differences": differences, "fixed": fixed})
    else:
        _print_report(report)
        said = "nothing differs" if not different else f"{different:,} rows differ"
        end = ", and were written anew" if fix and different else ""
        click.echo(f"{report.rows:,} rows, {report.total_xp:,} XP: {said}{end}.")
    if report.lacks or (different and not fix):
        click.get_current_context().exit(1)


def _print_report(report: Report) -> None:
    for one in report.differences:
        found, expected = one.found or "no row", one.expected or "no row"
        click.echo(visible(f"{one.table}: is {found}; it should be {expected}"))
    for line in report.snapshots:
        click.echo(visible(line))
    for key in report.lacking:
        click.echo(visible(f"xp_transactions: lacks {key}"))
    if report.lacks:
        click.echo(
            f"The ledger lacks {report.lacks:,} rows that the log gives: `genesis gamification "
            "rederive` shows what they are worth today, `adopt` writes them."
        )


@gamification.command()
@click.option(
    "--dry-run", is_flag=True, expose_value=False, help="Always so: `adopt` is what writes."
)
@home_option
@json_option
def rederive(home: str | None, *, as_json: bool) -> None:
    """Show what today's rules would give over the whole log, beside what the ledger has.

    Nothing is changed; `adopt` writes the differences.
    """
    with opened(home) as plugin:
        plugin.catch_up()
        changes = plugin.rederive()
    _print_changes(changes, as_json, "would change")


@gamification.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
@json_option
def adopt(home: str | None, *, yes: bool, as_json: bool) -> None:
    """Write what `rederive` shows: new rows for what was not paid, corrections for what was."""
    with opened(home) as plugin:
        plugin.catch_up()
        changes = plugin.rederive()
        if changes and not yes:
            _print_changes(changes, False, "would change", err=True)
            confirm("Write these changes to the ledger?")
        if changes:
            changes = plugin.adopt(_actor())
    _print_changes(changes, as_json, "changed")


@gamification.command()
@home_option
@json_option
def replay(home: str | None, *, as_json: bool) -> None:
    """Apply rules to the events on which they failed, where they no longer do."""
    with opened(home) as plugin:
        done = plugin.replay()
    if as_json:
        print_json(done._asdict())
    else:
        click.echo(f"{done.settled:,} settled, {done.waiting:,} wait for their rule to be mended.")


# A negative number is no option.
@gamification.command(context_settings={"ignore_unknown_options": True})
@click.argument("agent_id", metavar="AGENT")
@click.argument("amount", metavar="XP", type=int)
@click.option("--reason", required=True, help="Why; it stands in the ledger.")
@click.option("--key", help="The same key again gives nothing. Default: a new one.")
@home_option
@json_option
def award(
    agent_id: str, amount: int, reason: str, key: str | None, home: str | None, *, as_json: bool
) -> None:
    """Give an agent XP by hand; a negative number takes some away."""
    from uuid import uuid4

    key = uuid4().hex if key is None else key
    with opened(home) as plugin:
        given = plugin.award_xp(agent_id, amount, reason, key, _actor())
    if as_json:
        print_json(given)
    elif given["awarded"]:
        click.echo(
            f"{agent_id}: {amount:+,} XP, transaction {given['id']}. "
            f"Now {given['total_xp']:,} XP, level {given['level']}."
        )
    else:
        click.echo(f"Given before with this key: transaction {given['existing']}.")


@gamification.command()
@click.argument("url")
@click.option(
    "--session", "session_id", metavar="ID", required=True,
    help="Whose work it was; `latest` is the newest.",
)  # fmt: skip
@home_option
@json_option
def merged(url: str, session_id: str, home: str | None, *, as_json: bool) -> None:
    """Tell that the pull request of a session was merged; each once."""
    with opened(home) as plugin:
        said = plugin.merged(url, session_named(plugin, session_id))
    if as_json:
        print_json(said)
        return
    agents = ", ".join(said["agents"])
    click.echo(f"Merged: {agents}." if said["new"] else f"Told before: {agents}.")


@gamification.command("catch-up")
@home_option
@json_option
def catch_up(home: str | None, *, as_json: bool) -> None:
    """Read all that has happened and is not counted yet."""
    with opened(home) as plugin:
        behind = events_behind(plugin)
        with click.progressbar(length=behind, label="Reading events", file=sys.stderr) as bar:
            left = behind
            while left:
                plugin.engine.pull(seconds=_STEP_SECONDS)
                now_left = events_behind(plugin)
                bar.update(max(left - now_left, 0))
                left = now_left
        plugin.keep_snapshots()
    if as_json:
        print_json({"events": behind})
    else:
        click.echo(f"{behind:,} events were read; nothing is left.")


def _status(plugin: GamificationPlugin) -> dict[str, object]:
    from sqlalchemy import text

    query = text(
        "SELECT (SELECT COUNT(*) FROM xp_transactions) AS transactions, "
        "(SELECT COALESCE(SUM(amount), 0) FROM xp_transactions) AS total_xp, "
        "(SELECT COUNT(*) FROM agent_levels) AS agents, "
        "(SELECT COUNT(*) FROM gamification_faults) AS faults, checkpoint FROM gamification_state"
    )
    with plugin.context.read() as connection:
        counted = dict(connection.execute(query).mappings().one())
    terms = plugin.engine.terms()
    return {
        "visible": plugin.context.settings.visible,
        **counted,
        "behind": events_behind(plugin),
        "packs": sorted({pack for pack, _ in terms.ruleset.rules}),
        "rules": len(terms.ruleset.rules),
        "achievements": len(terms.ruleset.achievements),
        "zone": terms.zone.key,
        "day_start": f"{terms.day_start:%H:%M}",
    }


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def _print_changes(changes: list[Change], as_json: bool, what: str, *, err: bool = False) -> None:
    if as_json:
        names = ("agent_id", "rule_id", "key", "paid", "due", "row")
        print_json([{name: getattr(change, name) for name in names} for change in changes])
        return
    for change in changes[:_SHOWN]:
        line = f"{change.agent_id}  {change.rule_id}  {change.paid:,} -> {change.due:,} XP  "
        click.echo(visible(line + change.key), err=err)
    if len(changes) > _SHOWN:
        click.echo(f"... and {len(changes) - _SHOWN:,} more; `--json` has all.", err=err)
    total = sum(change.due - change.paid for change in changes)
    rows = "1 row" if len(changes) == 1 else f"{len(changes):,} rows"
    click.echo(f"{rows} {what}: {total:+,} XP.", err=err)


def _actor() -> str:
    """Who sits at this machine."""
    import getpass

    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # an account without a name
        return f"cli:{os.getuid()}"
