"""Reads lines of shell, and parses runs of the program in them as it would, running nothing."""

import re
import shlex
from collections.abc import Iterator
from itertools import dropwhile, groupby

import click

_NEXT = {">", ">>", "2>", "2>&1", "&&", "||", ";", "&"}
"""Words that end a command, beside what `_PARTS` splits at."""
_PARTS = re.compile(r'"?\$\(|\)"?|[|<]')


def commands_in(line: str) -> Iterator[list[str]]:
    """Yield the words of each run of the program that a line of shell holds, without its name."""
    for part in _PARTS.split(line):
        words = shlex.split(part.replace("; ", " ; "), comments=True)
        for ends, run in groupby(words, _NEXT.__contains__):
            found = list(dropwhile("modelkeep".__ne__, run))
            if found and not ends:
                yield found[1:]


def parse(command: click.Command, words: list[str], parent: click.Context | None = None) -> None:
    """Parse words as the program would, and run nothing."""
    context = command.make_context(command.name, list(words), parent)
    if isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        _, found, words = command.resolve_command(context, rest)
        assert found is not None
        parse(found, words, context)
