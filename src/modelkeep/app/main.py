"""The program `modelkeep`: the commands of the client, and those of the server."""

from modelkeep.app.commands import migrate, serve
from modelkeep.cli import command_line


def main() -> None:
    """Run the command line."""
    command_line.add_command(serve)
    command_line.add_command(migrate)
    command_line()
