import re
from collections.abc import Sequence

import click
import pytest
from tests.unit.cli.typed import parse
from tests.unit.docs.commands_told import Told, told_by_pages, told_by_source

from modelkeep.app.main import program

NOT_TYPED = {"pepper fingerprint", "sealing SOMETHING"}
"""Strings that begin like commands, and are mixed into hashes."""

ALL = [told for told in (*told_by_pages(), *told_by_source()) if " ".join(told.words) not in NOT_TYPED]


@pytest.mark.parametrize("told", ALL, ids=lambda told: f"{told.place} {' '.join(told.words)}"[:100])
def test_what_people_are_told_to_type_is_a_command(told: Told) -> None:
    """A command may be told by its name and those of options; what has arguments or values is as it must be typed."""
    command, rest = named(told.words)
    known = {name for parameter in command.params for name in parameter.opts}
    if not set(rest) <= known:
        as_typed(told.words)


def named(words: Sequence[str]) -> tuple[click.Command, Sequence[str]]:
    """Return the command that words begin with, and those that follow."""
    command: click.Command = program()
    for place, word in enumerate(words):
        if not isinstance(command, click.Group) or word not in command.commands:
            return command, words[place:]
        command = command.commands[word]
    return command, ()


def as_typed(words: Sequence[str]) -> None:
    """Parse words in which capitals stand for what is typed there."""
    try:
        parse(program(), list(words))
    except click.BadParameter as error:
        refused = re.search(r"'([A-Z]+)\b\S*'", error.message)
        if isinstance(error, click.MissingParameter) or refused is None:
            raise
