"""Answers on standard output: JSON for programs, tables and records for people.

On a terminal a table fits its width: columns that may be cut are cut, empty ones are left out. Elsewhere nothing is
cut or left out, so that `grep` and `awk` find what is there. Nothing that a server sends can steer the terminal.
"""

import json
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, Generic, TypeVar

import click

from modelkeep.cli.text import cell, printable

T = TypeVar("T")

_GAP: Final = "  "
_CONTROLS: Final = re.compile("[\x7f-\x9f]")
_MIN_WIDTH: Final = 20
_CHUNK: Final = 200
"""Rows that are aligned with each other where a table is not on a terminal: it may have millions."""


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column: its title, what it shows of an item, and whether it may be cut to fit, or is a number."""

    title: str
    read: Callable[[T], object]
    cut: bool = False
    number: bool = False


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
    """Print a table, its titles included even when it is empty."""
    rows = ([cell(column.read(item)) for column in columns] for item in items)
    if is_terminal():
        _draw(list(rows), columns)
        return
    widths = [0] * len(columns)
    for chunk in _chunks(chain([[column.title for column in columns]], rows)):
        _print_rows(chunk, columns, widths)


def show_record(fields: Mapping[str, object], sections: Iterable[Section] = ()) -> None:
    """Print one thing: a line for each field that has a value, then the sections that are not empty."""
    shown = {label: text for label, value in fields.items() if (text := cell(value))}
    width = max(map(len, shown), default=0)
    for label, text in shown.items():
        click.echo(_styled(label.ljust(width)) + _GAP + hanging(text, width + len(_GAP)))
    for section in sections:
        _show_section(section)


def hanging(text: str, indent: int) -> str:
    """Return prose that begins at column `indent`, broken at spaces to the terminal's width; long words stay whole."""
    if not is_terminal():
        return text
    lines = textwrap.wrap(
        text,
        max(shutil.get_terminal_size().columns - indent, _MIN_WIDTH),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return ("\n" + " " * indent).join(lines)


def say(message: str) -> None:
    """Print a line that is an answer to a person."""
    click.echo(printable(message, lines=True))


def hint(message: str) -> None:
    """Print a line beside the answer, on standard error."""
    click.echo(click.style(printable(message, lines=True), dim=True), err=True)


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


def _draw(rows: Sequence[Sequence[str]], columns: Sequence[Column[T]]) -> None:
    """Draw a table on the terminal."""
    from rich.console import Console  # noqa: PLC0415 - drawn tables only
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, len(_GAP), 0, 0), header_style="bold")
    places = [place for place, _ in enumerate(columns) if place == 0 or not rows or any(row[place] for row in rows)]
    for place in places:
        column = columns[place]
        table.add_column(
            column.title, no_wrap=not column.cut, overflow="ellipsis", justify="right" if column.number else "left"
        )
    for row in rows:
        table.add_row(*(Text(row[place], no_wrap=True, overflow="ellipsis") for place in places))
    Console(highlight=False, emoji=False, markup=False).print(table)


def _show_section(section: Section) -> None:
    rows = [[cell(value) for value in row] for row in section.rows]
    if not rows and not section.text:
        return
    click.echo(f"\n{_styled(section.title)}")
    for line in printable(section.text, lines=True).splitlines():
        click.echo(_GAP + hanging(line, len(_GAP)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo((_GAP + _GAP.join(text.ljust(width) for text, width in zip(row, widths, strict=True))).rstrip())


def _styled(label: str) -> str:
    return click.style(label, bold=True)
