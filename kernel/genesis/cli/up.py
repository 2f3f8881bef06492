"""`genesis up`, `genesis status`, `genesis down`: the process that runs all the time."""

from __future__ import annotations

import ipaddress
import os
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from genesis.cli.options import home_option, json_option, plugins_option
from genesis.errors import GenesisError, UsageError

if TYPE_CHECKING:
    from genesis.home import Home
    from genesis.service.status import Status
    from genesis.service.up import Ready

DEFAULT_PORT = 3030
_LOOK_SECONDS = 0.1
_MIB = 1024**2


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=DEFAULT_PORT, show_default=True,
    help="Where to listen; 0 takes one that is free.",
)  # fmt: skip
@click.option(
    "--host", default="127.0.0.1", show_default=True,
    help="The address to listen on. Anything else than this machine's own is a risk.",
)  # fmt: skip
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    help="From which level on to log. Default: `log_level` of the settings.",
)
@home_option
@plugins_option
def up(port: int, host: str, log_level: str | None, home: str | None, plugins: str | None) -> None:
    """Run everything of a home until Ctrl-C or SIGTERM: sessions, schedules, background tasks,
    plugins' work, and the web server.

    One process for each home. What runs at the end has a few seconds (`drain_seconds`); what does
    not finish goes on with the next start, as it does after a crash.

    \b
    Example:  genesis up --home ~/.genesis
    """
    from genesis.home import find_home
    from genesis.service.logs import note_failure
    from genesis.service.up import CLOSE_SECONDS, Start, end_after, end_process, run

    if not is_loopback(host):
        click.echo(
            f"WARNING: listening on {host}: everybody who reaches this machine can ask for the "
            "token, and nothing is encrypted. Put a proxy with TLS before it, or use an SSH "
            "tunnel. Names it is reached by belong into `hosts` of the settings.",
            err=True,
        )
    code = 0
    where = find_home(home)
    try:
        run(Start(where, host, port, plugins, log_level), _tell_ready)
    except GenesisError as error:
        click.echo(f"genesis: {error}", err=True)
        note_failure(where.logs, error)
        code = error.exit_code
    except BaseException as error:
        if isinstance(error, Exception):
            note_failure(where.logs, error)
        # Told as every command's errors are; a plugin's thread must not keep what does not run.
        end_after(CLOSE_SECONDS, 1)
        raise
    # Not by returning: a thread that a plugin left behind would be waited for.
    end_process(code)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address; a name other than localhost counts as no."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _tell_ready(ready: Ready) -> None:
    from genesis.cli.lines import counted

    kernel = ready.kernel
    click.echo(f"Genesis runs {kernel.home.root}, on {ready.url}.")
    click.echo(f"Open:  {ready.link}")
    click.echo(
        f"{counted(kernel.settings.workers, 'worker')}; "
        f"{counted(ready.periodic, 'periodic job')} of plugins. Ctrl-C ends it."
    )


@click.command()
@home_option
@json_option
def status(home: str | None, *, as_json: bool) -> None:
    """Whether `genesis up` runs, and how the home stands. Exit code 1 when it does not run."""
    import json

    from genesis.service.status import read_status

    found = read_status(_used_home(home))
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        _print_status(found)
    if not found["running"]:
        sys.exit(1)


def _print_status(found: Status) -> None:
    from genesis.cli.lines import local_time, one_line, print_facts

    process = found["process"]
    facts: dict[str, str | None] = {"home": found["home"], "running": "no; start `genesis up`"}
    if process is not None:
        memory = process["memory_bytes"]
        uses = f", {memory // _MIB} MiB" if memory is not None else ""
        since = local_time(process["started_at"])
        facts["running"] = f"process {process['pid']} since {since}, {process['version']}{uses}"
        facts |= {"address": process["url"], "open": process["link"]}
    elif found["running"]:
        facts["running"] = "yes, but it does not say who it is"
    facts |= {
        "sessions": f"{found['sessions_running']} running, {found['sessions_waiting']} waiting",
        "tasks": f"{found['background_tasks']} in the background",
        "disk free": f"{found['disk_free_bytes'] // _MIB} MiB",
        "backup": local_time(found["last_backup"]) or "none in this home",
    }
    print_facts(facts)
    for run in found["schedules"]:
        print_facts({"next": f"{local_time(run['next_at'])}  {run['id']}  {run['goal']}"})
    for plugin in found["plugins"]:
        print_facts({"plugin": f"{plugin['id']} is {plugin['state']}: {plugin['reason']}"})
    for problem in found["problems"]:
        click.echo(f"problem    {one_line(problem)}", err=True)


@click.command()
@click.option(
    "--wait", type=click.FloatRange(min=0, max=86_400), default=60.0, show_default=True,
    metavar="SECONDS", help="How long to wait until it has ended.",
)  # fmt: skip
@home_option
def down(wait: float, home: str | None) -> None:
    """End `genesis up`: what runs may finish for a few seconds, the rest goes on at the next start.

    Exit code 1 when it has not ended by then.
    """
    from genesis.service.instance import find_holder, is_process_of

    where = _used_home(home)
    holder = find_holder(where)
    if holder is None:
        click.echo(f"Nothing runs {where.root}.")
        return
    if holder.instance is None:
        raise UsageError(
            f"Another process holds {where.root}, but does not say who it is. Find it with "
            "`ps` and end it."
        )
    pid = holder.instance.pid
    if not is_process_of(where, pid):
        raise UsageError(
            f"The process that holds {where.root} says that it is {pid}, which is another one "
            "here. It has just begun: try again; or it runs in a container: end it there."
        )
    with suppress(ProcessLookupError):  # it has ended by itself
        os.kill(pid, signal.SIGTERM)
    click.echo(f"Asked the process {pid} to end; what runs may finish.", err=True)
    if not _await_end(where, pid, wait):
        click.echo(
            f"genesis: the process {pid} has not ended within {wait:g} s. `genesis status` tells "
            f"of it; `kill -9 {pid}` ends it at once, and loses nothing.",
            err=True,
        )
        sys.exit(1)
    click.echo(f"The process {pid} has ended.")


def _await_end(home: Home, pid: int, seconds: float) -> bool:
    from genesis.service.instance import find_holder

    deadline = time.monotonic() + seconds
    while True:
        holder = find_holder(home)
        if holder is None or (holder.instance is not None and holder.instance.pid != pid):
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(_LOOK_SECONDS)


def _used_home(home: str | None) -> Home:
    """A home that exists. Raises UsageError; makes nothing."""
    from genesis.home import find_home

    found = find_home(home)
    if found.root.is_dir():
        return found
    raise UsageError(
        f"There is no home {found.root}. Go to the folder in which you ran genesis, or name its "
        "home with --home."
    )
