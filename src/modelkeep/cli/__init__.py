"""The command line: commands by noun, each speaking through the client."""

from modelkeep.cli.command_line import command_line

__all__ = ["command_line"]
