"""The root command."""

import click


@click.group()
def command_line() -> None:
    """Modelkeep, an AI model registry."""
