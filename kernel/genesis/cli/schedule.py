"""`genesis schedule`: sessions that begin by themselves at their times, while `genesis up` runs."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from genesis.cli.options import home_option, json_option, plugins_option
from genesis.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pydantic import JsonValue

    from genesis.storage.database import Database
    from genesis.storage.schedules import CatchUp, Schedule, ScheduleRun

_SHOWN_TIMES = 3
_UNFIT = {"resume": "--resume", "home": "--home", "plugins": "--plugins", "as_json": "--json"}


@click.group()
def schedule() -> None:
    """Sessions that begin by themselves, at their times.

    They begin while `genesis up` runs. A schedule is named by its ID.
    """


@schedule.command("add")
@click.option("--cron", metavar="EXPR", help='When: "30 22 * * *" is every day at 22:30.')
@click.option("--zone", metavar="NAME", help="Time zone of EXPR. Default: this machine's.")
@click.option(
    "--catch-up",
    type=click.Choice(["once", "skip"]),
    default="once",
    show_default=True,
    help="What was missed (asleep, switched off): run the last one once, or only record it.",
)
@click.option("--overlap", is_flag=True, help="Begin also while the session before still runs.")
@click.option("--name", metavar="ID", help="Its id. Default: made of the job or the goal.")
@click.option("--job", metavar="NAME", help="A ready-made job; `genesis schedule jobs` lists them.")
@click.option("--repo", metavar="PATH", type=click.Path(), help="The git checkout of the job.")
@click.argument("command", nargs=-1, metavar="[-- run GOAL ...]", type=click.UNPROCESSED)
@home_option
@plugins_option
@json_option
def add_command(
    cron: str | None,
    zone: str | None,
    catch_up: CatchUp,
    name: str | None,
    job: str | None,
    repo: str | None,
    command: tuple[str, ...],
    home: str | None,
    plugins: str | None,
    *,
    overlap: bool,
    as_json: bool,
) -> None:
    """Add a schedule: of a ready-made job, or of what `genesis run` would do.

    \b
    Examples:
      genesis schedule add --job learnings-review --repo ~/src/project
      genesis schedule add --cron "30 22 * * *" -- \\
          run "nightly review" --repo ~/src/project --team engineering
    """
    from genesis.cli.report import print_json
    from genesis.home import find_home
    from genesis.kernel import Kernel
    from genesis.scheduling.schedules import add_schedule

    if (job is None) == (not command):
        raise UsageError(
            "Give either --job NAME, or the session after two hyphens: "
            '`genesis schedule add --cron "30 22 * * *" -- run "nightly review" --repo PATH`.'
        )
    if command and repo is not None:
        raise UsageError("Give --repo after `-- run`, with the goal.")
    run = _parse_run(command) if command else _Run(repo or ".")
    with Kernel(find_home(home), plugins=plugins) as kernel:
        added = add_schedule(
            kernel,
            repository=Path(run.repo),
            job=job,
            goal=run.goal,
            team=run.team,
            options=run.options,
            cron=cron,
            timezone=zone,
            catch_up=catch_up,
            overlap=overlap,
            name=name,
        )
        twins = _twins(kernel.database, added)
    for twin in twins:
        click.echo(
            f"{twin} begins the same session; `genesis schedule remove {added.id}` takes back "
            "this one.",
            err=True,
        )
    if as_json:
        print_json(_document(added))
        return
    click.echo(added.id)
    chosen = "" if zone else ", the zone of this machine"
    click.echo(f'"{added.cron}" in {added.timezone}{chosen}. Next:', err=True)
    for time in _times(added):
        click.echo(f"  {_shown(time)}", err=True)
    click.echo("It begins while `genesis up` runs.", err=True)


@schedule.command("list")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1000))
@click.option(
    "--after", metavar="ID", default="", help="Only those behind this one: the next page."
)
@home_option
@json_option
def list_command(limit: int, after: str, home: str | None, *, as_json: bool) -> None:
    """List schedules by id, with the next time of each."""
    from genesis.cli.report import print_json
    from genesis.storage.schedules import list_schedules

    with _database(home) as database:
        found = list_schedules(database, limit, after)
    if as_json:
        print_json([_document(one) for one in found])
        return
    if not found:
        click.echo(
            "No schedules yet. `genesis schedule add --help` tells how to add one.", err=True
        )
    for one in found:
        click.echo(f"{one.id:<24} {_next(one):<26} {one.cron:<16} {_goal(one)}")


@schedule.command("show")
@click.argument("schedule_id", metavar="ID")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.option("--before", metavar="NUMBER", type=click.IntRange(1, 2**62), default=2**62,
              show_default=False, help="Only runs older than this one: the next page.")  # fmt: skip
@home_option
@json_option
def show_command(
    schedule_id: str, limit: int, before: int, home: str | None, *, as_json: bool
) -> None:
    """Show one schedule: its next times, and what became of the last ones."""
    from dataclasses import asdict

    from genesis.cli.lines import print_facts
    from genesis.cli.report import print_json
    from genesis.storage.schedules import list_runs, read_schedule

    with _database(home) as database:
        found = read_schedule(database, schedule_id)
        runs = list_runs(database, schedule_id, limit, before)
    if as_json:
        print_json({**_document(found), "runs": [asdict(run) for run in runs]})
        return
    print_facts(_facts(found))
    for run in runs:
        click.echo(_run_line(run))


@schedule.command("pause")
@click.argument("schedule_id", metavar="ID")
@home_option
def pause_command(schedule_id: str, home: str | None) -> None:
    """Let a schedule rest; what lies in its rest does not count as missed."""
    from genesis.scheduling.schedules import pause_schedule

    with _database(home) as database:
        pause_schedule(database, schedule_id)
    click.echo(f"{schedule_id} rests. `genesis schedule resume {schedule_id}` goes on with it.")


@schedule.command("resume")
@click.argument("schedule_id", metavar="ID")
@home_option
def resume_command(schedule_id: str, home: str | None) -> None:
    """Go on with a schedule that rests, from its next time on."""
    from genesis.scheduling.schedules import resume_schedule

    with _database(home) as database:
        resumed = resume_schedule(database, schedule_id)
    click.echo(f"{schedule_id} goes on. Next: {_next(resumed)}")


@schedule.command("remove")
@click.argument("schedule_id", metavar="ID")
@home_option
def remove_command(schedule_id: str, home: str | None) -> None:
    """Remove a schedule and the list of its runs; its sessions stay."""
    from genesis.scheduling.schedules import remove_schedule

    with _database(home) as database:
        remove_schedule(database, schedule_id)
    click.echo(f"{schedule_id} is removed.")


@schedule.command("run-now")
@click.argument("schedule_id", metavar="ID")
@home_option
@plugins_option
@json_option
def run_now_command(
    schedule_id: str, home: str | None, plugins: str | None, *, as_json: bool
) -> None:
    """Begin its session now; prints the session's id. `genesis up` works on it."""
    from genesis.cli.opening import existing_home
    from genesis.cli.report import print_json
    from genesis.kernel import Kernel
    from genesis.scheduling.schedules import run_now

    with Kernel(existing_home(home), plugins=plugins) as kernel:
        session_id = run_now(kernel, schedule_id)
    if as_json:
        print_json({"schedule_id": schedule_id, "session_id": session_id})
        return
    click.echo(session_id)
    click.echo(
        f"`genesis up` works on it; without it, `genesis run --resume {session_id}`.", err=True
    )


@schedule.command("jobs")
@home_option
@plugins_option
@json_option
def jobs_command(home: str | None, plugins: str | None, *, as_json: bool) -> None:
    """List the ready-made jobs of the plugins."""
    from genesis.cli.report import print_json
    from genesis.contracts.service import Job
    from genesis.home import find_home
    from genesis.kernel import Kernel

    with Kernel(find_home(home), plugins=plugins) as kernel:
        jobs = sorted(kernel.host.records(Job), key=lambda job: job.name)
    if as_json:
        print_json([job.model_dump(mode="json") for job in jobs])
        return
    if not jobs:
        click.echo("No plugin brings a job.", err=True)
    for job in jobs:
        times = f'"{job.cron}"'
        click.echo(f'{job.name:<22} {times:<16} "{job.goal}": {job.description}')


@dataclass(frozen=True)
class _Run:
    """What a schedule begins; a job has the rest."""

    repo: str
    goal: str | None = None
    team: str | None = None
    options: dict[str, JsonValue] | None = None


def _parse_run(command: tuple[str, ...]) -> _Run:
    """Read what follows the two hyphens as `genesis run` would. Raises UsageError."""
    from genesis.cli.run import run, session_options

    verb, *arguments = command
    if verb != "run":
        raise UsageError(f"Only `run` can be scheduled, not {verb!r}: -- run GOAL --repo PATH.")
    context = run.make_context("genesis schedule add -- run", arguments)
    given = context.params
    for option, shown in _UNFIT.items():
        if context.get_parameter_source(option) is click.core.ParameterSource.COMMANDLINE:
            where = "means nothing in a schedule" if option == "resume" else "belongs before the --"
            raise UsageError(f"{shown} {where}.")
    if given["goal"] is None:
        raise UsageError('Give a goal after `-- run`, such as "nightly review".')
    options = session_options(given["verify_limit"], given["logs"], given["paths"])
    return _Run(given["repo"], given["goal"], given["team"], options)


@contextmanager
def _database(home: str | None) -> Iterator[Database]:
    """The database of a home that exists; no plugin is loaded."""
    from genesis.cli.opening import existing_home
    from genesis.storage.database import Database
    from genesis.storage.migrate import KERNEL_REVISIONS, migrate

    database = Database(existing_home(home).database)
    try:
        migrate(database, "kernel", KERNEL_REVISIONS)
        yield database
    finally:
        database.close()


def _twins(database: Database, added: Schedule) -> list[str]:
    """The schedules that begin what this one begins, such as a job that was added twice."""
    from genesis.storage.schedules import list_schedules

    def begun(one: Schedule) -> tuple[object, ...]:
        return one.goal, one.team, one.repository, one.options

    found = list_schedules(database)
    return [one.id for one in found if one.id != added.id and begun(one) == begun(added)]


def _document(found: Schedule) -> dict[str, JsonValue]:
    """A schedule as `--json` prints it: its record, and its next times in UTC."""
    from dataclasses import asdict

    from genesis.clock import parse_time

    return {**asdict(found), "next_times": [parse_time(time) for time in _times(found)]}


def _times(found: Schedule) -> list[datetime]:
    """Its next times as its own clock shows them; none where its zone is not known."""
    from genesis.scheduling.schedules import cron_of, next_times

    try:
        zone = cron_of(found).zone
    except UsageError:
        return []
    return [time.astimezone(zone) for time in next_times(found, _SHOWN_TIMES)]


def _shown(time: datetime) -> str:
    return f"{time:%a %Y-%m-%d %H:%M %Z}"


def _next(found: Schedule) -> str:
    if not found.enabled:
        return "rests"
    if times := _times(found):
        return _shown(times[0])
    return "its zone is unknown here" if found.next_at else "never again"


def _goal(found: Schedule) -> str:
    from genesis.cli.lines import one_line

    return one_line(f"{found.goal}  {found.repository}")


def _facts(found: Schedule) -> dict[str, str | None]:
    import json

    allowed = "may overlap" if found.overlap else "never overlap"
    return {
        "schedule": found.id,
        "job": found.job,
        "goal": found.goal,
        "team": found.team,
        "repository": found.repository,
        "options": json.dumps(found.options, ensure_ascii=False) if found.options else None,
        "times": f'"{found.cron}" in {found.timezone}',
        "missed": "the last one is caught up" if found.catch_up == "once" else "only recorded",
        "sessions": allowed,
        "log": f"logs/{found.log}" if found.log else None,
        "next": "; ".join(map(_shown, _times(found))) or _next(found),
    }


def _run_line(run: ScheduleRun) -> str:
    from genesis.cli.lines import local_time, one_line

    until = f" to {local_time(run.until)}, {run.count} times" if run.until else ""
    told = " ".join(part for part in (run.session_id, run.reason) if part)
    at = f"{run.number:>6}  {local_time(run.scheduled_for)}{until}"
    return f"{at}  {run.status:<8} {one_line(told)}".rstrip()
