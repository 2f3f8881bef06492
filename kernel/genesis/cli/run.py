"""`genesis run`: give a goal to a team and watch it work."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from genesis.cli.options import home_option, json_option, plugins_option, report_options
from genesis.errors import GenesisError, UsageError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from genesis.kernel import Kernel
    from genesis.sessions.journal import Journal
    from genesis.sessions.runner import SessionRunner

_CANCELLED = "cancelled with Ctrl-C; `genesis run --resume {id}` goes on with it"


@click.command()
@click.argument("goal", required=False)
@click.argument("paths", nargs=-1, type=click.Path())
@click.option(
    "--repo",
    default=".",
    show_default=True,
    metavar="PATH",
    type=click.Path(),
    help="The git checkout.",
)
@click.option("--team", default="engineering", show_default=True, help="Who does it.")
@click.option(
    "--resume",
    is_flag=False,
    flag_value="latest",
    metavar="[ID]",
    help="Go on with an interrupted or cancelled session; without ID the last such one.",
)
@click.option(
    "--verify-limit",
    type=click.FloatRange(min=1, max=86_400),
    metavar="SECONDS",
    help="The most time that running the repository's own tests may take. Default: 900.",
)
@click.option(
    "--log",
    "logs",
    multiple=True,
    metavar="FILE",
    type=click.Path(),
    help="A log file to look for errors in; may be given more than once.",
)
@home_option
@plugins_option
@report_options
@json_option
def run(
    goal: str | None,
    paths: tuple[str, ...],
    repo: str,
    team: str,
    resume: str | None,
    verify_limit: float | None,
    logs: tuple[str, ...],
    home: str | None,
    plugins: str | None,
    format_name: str | None,
    fail_on: str | None,
    *,
    as_json: bool,
) -> None:
    """Work on GOAL in a repository with a team of specialists.

    GOAL is one argument; PATHS are files and folders that it is about, where it takes some.
    `genesis schedule jobs` lists goals that teams have ready-made.

    Progress goes to stderr and the report to stdout. A session that was interrupted (power cut,
    kill -9) is finished by the next run, whatever its goal.

    \b
    Examples:
      genesis run "nightly review" --repo ~/src/project --team engineering
      genesis run "log triage" /var/log/shop --repo ~/src/project
    """
    from genesis.cli.report_formats import chosen_format
    from genesis.home import find_home
    from genesis.kernel import Kernel
    from genesis.sessions.reports import require_format

    shown = chosen_format(format_name, as_json=as_json)
    if (goal is None) == (resume is None):
        raise UsageError('Give a goal, such as "nightly review", or --resume, but not both.')
    params = session_options(verify_limit, logs, paths)
    with Kernel(find_home(home), plugins=plugins) as kernel:
        require_format(kernel.host, shown)
        _tell_problems(kernel)
        interrupted = [session.id for session in kernel.interrupted_sessions()]
        target = (
            kernel.create_session(goal, team, Path(repo), params)
            if goal is not None
            else _choose_session(kernel, resume or "latest", interrupted)
        )
        runner = kernel.runner()
        journals = []
        for session_id in (i for i in interrupted if i != target):
            try:
                kernel.take_up(session_id)
            except UsageError as error:  # another run took it up a moment ago
                click.echo(f"Left alone: {error}", err=True)
                continue
            click.echo(f"Going on with {session_id}.", err=True)
            journals.append(runner.open(session_id))
        if resume is not None:
            kernel.take_up(target)
            click.echo(f"Going on with {target}.", err=True)
        journals.append(runner.open(target))
        _work(runner, journals)
        _print_result(kernel, target, shown, fail_on)


def session_options(
    verify_limit: float | None, logs: tuple[str, ...], paths: tuple[str, ...]
) -> dict[str, JsonValue]:
    """The options of a session as it keeps them. Raises UsageError for what is not valid."""
    options: dict[str, JsonValue] = {}
    if verify_limit is not None and verify_limit != verify_limit:  # nan is in no range, and in all
        raise UsageError("--verify-limit must be a number of seconds.")
    if verify_limit is not None:
        options["verify_limit_seconds"] = verify_limit
    if logs:
        options["logs"] = [str(_existing(log)) for log in logs]
    if paths:
        options["paths"] = [str(_file_or_folder(path)) for path in paths]
    return options


def _existing(log: str) -> Path:
    path = Path(log).absolute()
    if not path.is_file():
        raise UsageError(f"{path} is not a file. Give the path of a log with --log.")
    return path


def _file_or_folder(named: str) -> Path:
    path = Path(named).absolute()
    if not (path.is_file() or path.is_dir()):
        raise UsageError(
            f"{path} is neither a file nor a folder. What follows the goal are paths; a goal of "
            'several words stands in quotes, such as "nightly review".'
        )
    return path


def _tell_problems(kernel: Kernel) -> None:
    from genesis.contracts.plugins import PluginState

    for status in kernel.host.statuses():
        if status.state in (PluginState.FAILED, PluginState.QUARANTINED):
            at = f" at {status.step}" if status.step else ""
            click.echo(f"The plugin {status.id!r} is {status.state}{at}: {status.reason}", err=True)
    for problem in kernel.roster.problems:
        click.echo(f"Left out: {problem}", err=True)


def _choose_session(kernel: Kernel, named: str, interrupted: list[str]) -> str:
    """The session to resume: as named, or the last that can be."""
    from genesis.contracts.work import Status
    from genesis.storage.records import list_sessions, read_session

    with kernel.database.read() as connection:
        if named != "latest":
            return read_session(connection, named).id
        if interrupted:
            return interrupted[-1]
        for session in list_sessions(connection, at_most=100):
            if session.status == Status.CANCELLED:
                return session.id
    raise UsageError("There is no session to resume: none was interrupted or cancelled.")


def _work(runner: SessionRunner, journals: list[Journal]) -> None:
    """Run in a thread, show in this one; Ctrl-C cancels, a second one does not wait."""
    from rich.console import Console

    from genesis.cli.display import watch

    done = threading.Event()
    failure: list[BaseException] = []

    def work() -> None:
        try:
            runner.run()
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            failure.append(error)
        finally:
            done.set()

    def on_terminate(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, on_terminate)
    thread = threading.Thread(target=work, name="genesis runner", daemon=True)
    thread.start()
    console = Console(stderr=True)
    try:
        watch(console, journals, done)
    except KeyboardInterrupt:
        click.echo("Cancelling; what is finished stays finished.", err=True)
        runner.interrupt(_CANCELLED)
        watch(console, journals, done)
    thread.join()
    if failure:
        if not isinstance(failure[0], GenesisError):
            raise failure[0]
        click.echo("`genesis run --resume` goes on with this session.", err=True)
        raise failure[0]


def _print_result(kernel: Kernel, session_id: str, shown: str, fail_on: str | None) -> None:
    from genesis.cli.report_formats import print_as, reaches
    from genesis.storage.records import read_judgement, read_session, read_tasks

    with kernel.database.read() as connection:
        session = read_session(connection, session_id)
        tasks = read_tasks(connection, session_id)
        judgement = read_judgement(connection, session_id)
    print_as(shown, kernel, session, tasks, judgement)
    code = session.exit_code or int(reaches(tasks, judgement, fail_on))
    if code:
        sys.exit(code)
