"""Answers on standard output: JSON for programs, tables and records for people.

On a terminal a table fits its width: columns that may be cut are cut, empty ones are left out. Elsewhere nothing is
cut or left out, so that `grep` and `awk` find what is there. Nothing that a server sends can steer the terminal.
"""

import json
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Final, Generic, TypeVar

import click

from modelkeep.cli.text import age, cell, hanging, printable

T = TypeVar("T")

WIDE: Final = 100
"""The columns that a terminal has to have for all of a table."""

_GAP: Final = "  "
_CONTROLS: Final = re.compile("[\x7f-\x9f]")
_CHUNK: Final = 200
"""Rows that are aligned with each other where a table is not on a terminal: it may have millions."""


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column: its title, and what it shows of an item.

    On a terminal it may be cut to fit, or left out of one that is not `WIDE`; a time may be shown by its age.
    """

    title: str
    read: Callable[[T], object]
    cut: bool = False
    number: bool = False
    wide: bool = False
    age: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of a record: rows of equally many cells below each other, or text."""

    title: str
    rows: Sequence[Sequence[object]] = ()
    text: str = ""


def is_terminal() -> bool:
    """Whether a person reads standard output as it appears."""
    return sys.stdout.isatty()


def show_json(document: object) -> None:
    """Print a JSON document."""
    click.echo(_json(document))


def show_json_list(documents: Iterable[object], token: Callable[[], str | None]) -> None:
    """Print a list as the API answers it, item by item; `token` is asked for the next page's at the end."""
    click.echo('{\n  "items": [', nl=False)
    separator = "\n"
    for document in documents:
        click.echo(separator + textwrap.indent(_json(document), "    "), nl=False)
        separator = ",\n"
    click.echo(f'{"" if separator == chr(10) else chr(10) + "  "}],\n  "next_page_token": {_json(token())}\n}}')


def show_table(items: Iterable[T], columns: Sequence[Column[T]]) -> None:
    """Print a table; an empty one has its titles, but nobody on a terminal wants to see them."""
    if is_terminal():
        if rows := list(items):
            _draw(rows, columns)
        return
    texts = ([cell(column.read(item)) for column in columns] for item in items)
    widths = [0] * len(columns)
    for chunk in _chunks(chain([[column.title for column in columns]], texts)):
        _print_rows(chunk, columns, widths)


def show_record(fields: Mapping[str, object], sections: Iterable[Section] = ()) -> None:
    """Print one thing: a line for each field that has a value, then the sections that are not empty."""
    shown = {label: text for label, value in fields.items() if (text := cell(value))}
    width = max(map(len, shown), default=0)
    for label, text in shown.items():
        click.echo(_styled(label.ljust(width)) + _GAP + hanging(text, width + len(_GAP), sys.stdout))
    for section in sections:
        _show_section(section)


def say(message: str) -> None:
    """Print a line that is an answer to a person."""
    click.echo(printable(message, lines=True))


def show_deleted(kind: str, name: str, *, as_json: bool) -> None:
    """Say that something is gone of which nothing is left to show."""
    if as_json:
        show_json({"name": name, "deleted": True})
    else:
        say(f"{kind} {name} is deleted.")


def hint(message: str) -> None:
    """Print a line beside the answer, on standard error."""
    click.echo(click.style(hanging(printable(message), 0, sys.stderr), dim=True), err=True)


def _json(document: object) -> str:
    """Return the JSON text; characters that a terminal would take as commands are escaped."""
    ascii_only = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    text = json.dumps(document, indent=2, ensure_ascii=ascii_only)
    return _CONTROLS.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _chunks(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    chunk: list[list[str]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _print_rows(rows: Sequence[Sequence[str]], columns: Sequence[Column[T]], widths: list[int]) -> None:
    """Print rows; widths grow with what has been seen."""
    for place, _ in enumerate(columns):
        widths[place] = max(widths[place], *(len(row[place]) for row in rows))
    for row in rows:
        texts = (
            text.rjust(width) if column.number else text.ljust(width)
            for text, column, width in zip(row, columns, widths, strict=True)
        )
        click.echo(_GAP.join(texts).rstrip())


def _draw(items: Sequence[T], columns: Sequence[Column[T]]) -> None:
    """Draw a table on the terminal, without the columns that have nothing to show."""
    from rich.console import Console  # noqa: PLC0415 - drawn tables only
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False, emoji=False, markup=False)
    table = Table(box=None, pad_edge=False, padding=(0, len(_GAP), 0, 0), header_style="bold")
    shown = []
    for place, column in enumerate(columns):
        texts = _terminal_cells(items, column)
        if place and (not any(texts) or (column.wide and console.width < WIDE)):
            continue
        table.add_column(
            Text(column.title, no_wrap=True),
            no_wrap=not column.cut,
            min_width=len(column.title),
            justify="right" if column.number else "left",
        )
        shown.append([Text(text, no_wrap=True, overflow="ellipsis") for text in texts])
    for row in zip(*shown, strict=True):
        table.add_row(*row)
    console.print(table)


def _terminal_cells(items: Iterable[T], column: Column[T]) -> list[str]:
    now = datetime.now(UTC)
    values = (column.read(item) for item in items)
    return [age(now - value) if column.age and isinstance(value, datetime) else cell(value) for value in values]


def _show_section(section: Section) -> None:
    rows = [[cell(value) for value in row] for row in section.rows]
    if not rows and not section.text:
        return
    click.echo(f"\n{_styled(section.title)}")
    for line in printable(section.text, lines=True).splitlines():
        click.echo(_GAP + hanging(line, len(_GAP), sys.stdout))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo((_GAP + _GAP.join(text.ljust(width) for text, width in zip(row, widths, strict=True))).rstrip())


def _styled(label: str) -> str:
    return click.style(label, bold=True)
