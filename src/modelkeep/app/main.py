"""The program `modelkeep`: the commands of the client, and those of the server."""

import click

from modelkeep.app.commands import admin, check_log, log_key, migrate, serve
from modelkeep.cli import command_line


def program() -> click.Group:
    """Return the root command with all there is below it."""
    command_line.add_command(serve)
    command_line.add_command(migrate)
    command_line.add_command(log_key)
    command_line.add_command(check_log)
    command_line.add_command(admin)
    return command_line


def main() -> None:
    """Run the command line."""
    program()()
