"""The `genesis` command: its groups, its errors, its exit codes.

Heavy libraries are imported inside the commands that need them, so that `--help` and `--version`
answer at once.
"""

from __future__ import annotations

import io
import os
import sys

import click

from genesis import __version__
from genesis.cli.backup import backup, restore, verify
from genesis.cli.chat import chat
from genesis.cli.completion import completion
from genesis.cli.doctor import doctor
from genesis.cli.importing import import_command
from genesis.cli.minds import minds
from genesis.cli.plugin_commands import CommandGroup
from genesis.cli.plugins import plugins
from genesis.cli.run import run
from genesis.cli.schedule import schedule
from genesis.cli.service import service
from genesis.cli.sessions import cancel, sessions
from genesis.cli.tasks import tasks
from genesis.cli.up import down, status, up
from genesis.errors import GenesisError, HomeError, UsageError

EXIT_CANCELLED = 130
_EPILOG = """\b
Exit codes:
  0    done; for a session: completed, without a failed task
  1    something failed, or is wrong: a session or a task of it; with --fail-on,
       there is a finding so severe; with doctor and verify, what they looked at;
       with import, not everything was taken; with chat, a message got no answer
  2    the command line is wrong: an unknown team, plugin, session, mind or path
  3    home, settings, database or a mind's file cannot be used
  4    the session was blocked by a gate
  130  cancelled (Ctrl-C)
"""


@click.group(
    cls=CommandGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="genesis", message="%(prog)s %(version)s")
def cli() -> None:
    """A small kernel for AI agents that live on your own machine around the clock.

    \b
    Begin with:  genesis run "nightly review" --repo PATH
    or with:     genesis minds create NAME
    """


for command in (
    up, status, down, service, schedule, run, sessions, cancel, minds, chat, tasks, import_command,
    backup, restore, verify, plugins, doctor, completion,
):  # fmt: skip
    cli.add_command(command)


def main() -> None:
    """Run the command; a GenesisError becomes one line on stderr and its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A character that the terminal does not know is no reason to end.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    try:
        _require_text(arguments)
        code = cli.main(arguments, prog_name="genesis", standalone_mode=False)
        # Without standalone mode, the code of `--help` and of `--version` is returned.
        return code if isinstance(code, int) else 0
    except GenesisError as error:
        click.echo(f"genesis: {error}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        way_on = " `genesis run --resume` goes on with a session that had begun."
        click.echo(f"genesis: cancelled.{way_on if 'run' in arguments[:1] else ''}", err=True)
        return EXIT_CANCELLED
    except BrokenPipeError:
        # Whoever read our output has seen enough; what is flushed at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(
            f"genesis: {where}{error.strerror or error}. Free space or correct permissions, or "
            "name another home with --home.",
            err=True,
        )
        return HomeError.exit_code


def _require_text(arguments: list[str]) -> None:
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise UsageError(f"The argument {argument!r} is not valid UTF-8.") from None


if __name__ == "__main__":
    main()
