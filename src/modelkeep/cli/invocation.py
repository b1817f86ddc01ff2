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
        """Whether the answer is JSON.

        Raises:
            InvalidSettingError: a setting says something else than `table` or `json`.
        """
        return self.find_output()[0] is Output.JSON

    def find_output(self) -> tuple[Output, str]:
        """Return how to answer, and who says so: a flag, `MODELKEEP_OUTPUT`, the settings file, or nobody.

        Raises:
            InvalidSettingError: a setting says something else than `table` or `json`.
        """
        if self.output is not None:
            return self.output, "argument"
        from modelkeep.client.config_file import check_setting, load_config  # noqa: PLC0415 - not for --help

        if named := os.environ.get(OUTPUT_VARIABLE):
            return Output(check_setting("output", named)), OUTPUT_VARIABLE
        if configured := load_config().get("output"):
            return Output(configured), "settings file"
        return Output.TABLE, "default"

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
