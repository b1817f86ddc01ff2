"""One run of the program: what its flags said, and the registry they lead to."""

import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from modelkeep.client.registry import Registry

OUTPUT_VARIABLE = "MODELKEEP_OUTPUT"


class Output(StrEnum):
    """How a command answers: to people, or to programs."""

    TABLE = "table"
    JSON = "json"


@dataclass(slots=True)
class Invocation:
    """What was said before or after the command's name; None where nothing was."""

    url: str | None = None
    output: Output | None = None

    @property
    def as_json(self) -> bool:
        """Whether the answer is JSON: by the flag, else `MODELKEEP_OUTPUT`, else the settings file.

        Raises:
            InvalidSettingError: the variable or the file says something else than `table` or `json`.
        """
        if self.output is None:
            from modelkeep.client.config_file import check_setting, load_config  # noqa: PLC0415 - not for --help

            named = os.environ.get(OUTPUT_VARIABLE)
            self.output = Output(check_setting("output", named) if named else load_config().get("output", "table"))
        return self.output is Output.JSON

    def connect(self) -> "Registry":
        """Return the registry that the flags, the environment and the files name; close it.

        Raises:
            InvalidSettingError: a setting is no legal value.
        """
        from modelkeep.client.registry import connect  # noqa: PLC0415 - loads the HTTP client

        return connect(self.url)


def can_ask() -> bool:
    """Whether there is a person to ask: a terminal at both ends."""
    return sys.stdin.isatty() and sys.stderr.isatty()


pass_invocation = click.make_pass_decorator(Invocation, ensure=True)
