from pathlib import Path

import click
import pytest
from tests.unit.cli.running import run
from tests.unit.cli.typed import commands_in, parse

from modelkeep.app.main import program
from modelkeep.cli.reference import commands, reference

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"
SERVER = ("serve", "migrate", "log-key", "check-log", "admin")
"""Commands that speak to no registry, and answer with no data."""


COMMANDS = {context.command_path: (context, command) for context, command in commands(program())}
each_command = pytest.mark.parametrize("path", COMMANDS)


def example_lines(command: click.Command) -> list[str]:
    lines = (command.epilog or "").replace("\b", "").replace("\\\n", " ").strip().splitlines()
    return [line.removeprefix("Example: ").strip() for line in lines if "modelkeep" in line]


@each_command
def test_the_help_of_every_command_ends_with_an_example(path: str) -> None:
    context, command = COMMANDS[path]
    _, found, example = command.get_help(context).rpartition("\n  Example")
    assert found
    assert "--help" not in example
    assert path.partition(" ")[2] in example


@each_command
def test_every_example_can_be_typed(path: str) -> None:
    runs = [words for line in example_lines(COMMANDS[path][1]) for words in commands_in(line)]
    assert runs
    for words in runs:
        parse(program(), words)


@each_command
def test_the_help_of_every_command_fits_80_columns(path: str) -> None:
    context, command = COMMANDS[path]
    assert not [line for line in command.get_help(context).splitlines() if len(line) > 80]


@each_command
def test_every_command_takes_the_common_options(path: str) -> None:
    options = {name for parameter in COMMANDS[path][1].params for name in parameter.opts}
    assert set(SERVER) & set(path.split()) or {"--url", "--output"} <= options


def test_no_description_of_a_command_is_cut() -> None:
    groups = [path.split()[1:] for path, (_, command) in COMMANDS.items() if isinstance(command, click.Group)]
    for words in ([], *groups):
        done = run(*words, "--help")
        assert (done.exit_code, "..." in done.stdout.replace("[ARGS]...", "")) == (0, False), words


def test_what_is_nearly_a_command_or_an_option_is_asked_back() -> None:
    assert "Did you mean 'push'?" in run("pusch", "./model", "m").stderr
    assert "Did you mean 'set'?" in run("tag", "sett").stderr
    assert "Did you mean '--metric'?" in run("push", "--metrik", "auc=1", ".", "m").stderr


def test_the_reference_in_the_documentation_is_fresh() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == reference(program()), "run: python -m modelkeep.app.reference docs/reference/cli.md"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_for_each_shell(shell: str) -> None:
    done = run("completion", shell)
    assert done.exit_code == 0
    assert f"_MODELKEEP_COMPLETE={shell}_complete" in done.stdout
