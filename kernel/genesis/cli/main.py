"""The `genesis` command: its groups, its errors, its exit codes.

Heavy libraries are imported inside the commands that need them, so that `--help` and `--version`
answer at once.
"""

from __future__ import annotations

import sys

import click

from genesis import __version__
from genesis.cli.completion import completion
from genesis.cli.doctor import doctor
from genesis.cli.plugins import plugins
from genesis.cli.run import run
from genesis.cli.sessions import cancel, sessions
from genesis.errors import GenesisError

_EPILOG = """\b
Exit codes:
  0    done; for a session: completed, without a failed task
  1    the session failed, or a task of it did; doctor: something is wrong
  2    the command line is wrong: an unknown team, plugin, session or path
  3    home, settings or database cannot be used
  4    the session was blocked by a gate
  130  cancelled (Ctrl-C)
"""


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="genesis", message="%(prog)s %(version)s")
def cli() -> None:
    """A small kernel for AI agents that live on your own machine around the clock.

    Begin with:  genesis run "nightly review" --repo PATH
    """


for command in (run, sessions, cancel, plugins, doctor, completion):
    cli.add_command(command)


def main() -> None:
    """Run the command; a GenesisError becomes one line on stderr and its exit code."""
    try:
        cli(prog_name="genesis")
    except GenesisError as error:
        click.echo(f"genesis: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
