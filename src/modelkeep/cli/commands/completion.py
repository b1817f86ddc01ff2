"""`completion`: the script that lets a shell complete commands and options."""

import click

from modelkeep.cli.command import RegistryCommand, examples

PROGRAM = "modelkeep"
VARIABLE = "_MODELKEEP_COMPLETE"


@click.command(
    cls=RegistryCommand,
    epilog=examples(
        'eval "$(modelkeep completion bash)"   # in ~/.bashrc',
        'eval "$(modelkeep completion zsh)"    # in ~/.zshrc',
        "modelkeep completion fish | source    # in ~/.config/fish/config.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes commands in a shell."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - not for --help

    complete = get_completion_class(shell)
    if complete is None:
        raise click.UsageError(f"click has no completion for {shell}.")
    click.echo(complete(context.find_root().command, {}, PROGRAM, VARIABLE).source())
