"""The reference of the command line, from the commands themselves."""

from collections.abc import Iterator
from typing import Any, Final

import click

from modelkeep.cli.errors import EXIT_CODES, INTERRUPTED, UNEXPECTED

_SETTINGS: Final[dict[str, Any]] = {"terminal_width": 80}
_INTRODUCTION = """# Command line

This page is written from the program: `python -m modelkeep.app.reference docs/reference/cli.md`.

`--url` and `--output` may stand before or after the name of a command. `--output json` answers with the API's own
JSON; lists answer with `{"items": […], "next_page_token": …}`, a page of 50 unless `--limit` or `--all` says otherwise.
On a terminal tables are cut to its width; elsewhere nothing is cut. Answers go to standard output, everything else
(errors, hints, progress) to standard error. No command asks a question where there is no terminal, and `NO_COLOR`
turns colours off.

## Exit codes

| code | meaning |
|---|---|
"""


def reference(root: click.Group) -> str:
    """Return the page, in Markdown: the exit codes, and the help of every command."""
    codes = {0: "done", UNEXPECTED: "a problem that `doctor` found, or a failure of none of the kinds below"}
    codes |= {code: kind.value.replace("_", " ") for kind, code in EXIT_CODES.items()}
    codes[INTERRUPTED] = "interrupted by Ctrl-C"
    table = "".join(f"| {code} | {meaning} |\n" for code, meaning in codes.items())
    return _INTRODUCTION + table + "".join(_help(*found) for found in commands(root))


def commands(root: click.Group) -> Iterator[tuple[click.Context, click.Command]]:
    """Yield every command with a context of its own, the root first, groups before what is in them."""
    yield from _below(root, click.Context(root, info_name="modelkeep", **_SETTINGS, **root.context_settings))


def _below(command: click.Command, context: click.Context) -> Iterator[tuple[click.Context, click.Command]]:
    yield context, command
    if isinstance(command, click.Group):
        for name, found in command.commands.items():
            yield from _below(found, click.Context(found, context, info_name=name, **_SETTINGS))


def _help(context: click.Context, command: click.Command) -> str:
    title = "modelkeep" if context.parent is None else context.command_path
    return f"\n## {title}\n\n```text\n{command.get_help(context)}\n```\n"
