"""`genesis completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for a shell.

    \b
    bash:  genesis completion bash > ~/.local/share/bash-completion/completions/genesis
    zsh:   genesis completion zsh > "${fpath[1]}/_genesis"
    fish:  genesis completion fish > ~/.config/fish/completions/genesis.fish
    """
    from click.shell_completion import get_completion_class

    from genesis.cli.main import cli

    found = get_completion_class(shell)
    if found is None:
        raise click.ClickException(f"no completion for {shell}")
    click.echo(found(cli, {}, "genesis", "_GENESIS_COMPLETE").source())
