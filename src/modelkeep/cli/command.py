"""What every command has: `--url` and `--output`, errors told by kind, and an example at the end of its help."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any, Final, NoReturn

import click

from modelkeep.cli.errors import color, report
from modelkeep.cli.invocation import Invocation, Output
from modelkeep.kernel.errors import RegistryError

_WHOLE: Final = 1000
"""More characters than a sentence has."""


def examples(*lines: str) -> str:
    """Return the end of a command's help: lines to type, kept as they are."""
    shown = "\n".join(f"  {line}" for line in lines)
    return f"\b\n{'Example' if len(lines) == 1 else 'Examples'}:\n{shown}"


def common_options() -> list[click.Parameter]:
    """Return the options that a command takes wherever they stand; the last one said counts."""
    return [
        click.Option(["--url"], metavar="URL", expose_value=False, callback=_remember, help="The registry's address."),
        click.Option(
            ["--output"],
            type=click.Choice([item.value for item in Output]),
            expose_value=False,
            callback=_remember,
            help="Tables for people, or the API's own JSON.",
        ),
    ]


class RegistryCommand(click.Command):
    """A command of the registry."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Add the common options."""
        super().__init__(*args, **kwargs)
        self.params.extend(common_options())


class RegistryGroup(click.Group):
    """A noun with its verbs."""

    command_class = RegistryCommand

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Add the common options."""
        super().__init__(*args, **kwargs)
        self.params.extend(common_options())

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, each with the whole first sentence of its help."""
        with formatter.section("Commands"):
            found = ((name, self.commands[name]) for name in self.list_commands(ctx))
            formatter.write_dl([(name, command.get_short_help_str(_WHOLE)) for name, command in found])


class Program(RegistryGroup):
    """The root: runs one command, tells of its failure, and ends the process with the exit code."""

    def __init__(self, *args: Any, sections: Mapping[str, Sequence[str]], **kwargs: Any) -> None:  # noqa: ANN401
        """List commands under the titles of `sections`, and those that no section names under `Server`."""
        super().__init__(*args, **kwargs)
        self.sections = sections

    def main(self, args: Sequence[str] | None = None, *rest: Any, **more: Any) -> NoReturn:  # noqa: ANN401
        """Run and exit."""
        words = list(sys.argv[1:] if args is None else args)
        invocation = Invocation()
        more |= {"standalone_mode": False, "obj": invocation, "color": color()}
        try:
            code = super().main(words, *rest, **more)
        except Exception as error:  # noqa: BLE001 - the last place to tell of it
            code = report(error, as_json=_wants_json(invocation, words))
        sys.exit(code if isinstance(code, int) else 0)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by section, each with the first sentence of its help."""
        sectioned = {name for names in self.sections.values() for name in names}
        others = [name for name in self.list_commands(ctx) if name not in sectioned]
        room = formatter.width - max(map(len, self.commands), default=0) - 6
        for title, names in {**self.sections, "Server": others}.items():
            found = [(name, self.commands[name]) for name in names if name in self.commands]
            if found:
                with formatter.section(title):
                    formatter.write_dl([(name, command.get_short_help_str(room)) for name, command in found])


def _remember(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    invocation = context.ensure_object(Invocation)
    if value is not None and parameter.name == "output":
        invocation.output = Output(value)
    elif value is not None:
        invocation.url = value


def _wants_json(invocation: Invocation, words: Sequence[str]) -> bool:
    """Whether errors are JSON as well; where the words could not be read to their end, what they seem to say."""
    if invocation.output is None:
        said = "--output=json" in words or ("--output", "json") in pairwise(words)
        with suppress(RegistryError):
            return said or invocation.as_json
    return invocation.output is Output.JSON
