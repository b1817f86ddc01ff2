"""What is typed as `KEY=VALUE`, and how it is read."""

import json
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeVar

import click

V = TypeVar("V")

_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_EXACT_INTEGER: Final = 2**53 - 1
"""The greatest integer that JSON carries everywhere (RFC 8785 §3.2.2.3)."""


class Pair(click.ParamType[tuple[str, str]]):
    """`KEY=VALUE`, both text."""

    name = "KEY=VALUE"
    advice = "write KEY=VALUE, such as team=risk"

    def convert(
        self, value: str | tuple[str, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Split at the first `=`."""
        if isinstance(value, tuple):
            return value
        key, sign, text = value.partition("=")
        if not sign or not key.strip():
            self.fail(f"{value!r} has no {'name' if sign else 'value'}; {self.advice}", param, ctx)
        return key.strip(), text


class MetricPair(click.ParamType[tuple[str, float]]):
    """`NAME=NUMBER`, the number finite."""

    name = "NAME=NUMBER"

    def convert(
        self, value: str | tuple[str, float], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        """Split at the last `=`, for what is before it may be any name."""
        if isinstance(value, tuple):
            return value
        name, _, text = value.rpartition("=")
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not name.strip() or not math.isfinite(number):
            self.fail(f"{value!r} is no name and finite number; write NAME=NUMBER, such as auc=0.94", param, ctx)
        return name.strip(), number


class PointInTime(click.ParamType[str]):
    """A point in time: a date, a time with its zone, or how long ago. Kept as the API takes it."""

    name = "TIME"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return it as a time in UTC."""
        from modelkeep.kernel.clock import system_clock, timestamp  # noqa: PLC0415 - not for --help
        from modelkeep.kernel.moments import parse_moment  # noqa: PLC0415 - not for --help
        from modelkeep.kernel.references import InvalidReferenceError  # noqa: PLC0415 - not for --help

        try:
            return timestamp(parse_moment(value, system_clock()))
        except InvalidReferenceError as error:
            self.fail(error.message, param, ctx)


FILE: Final = click.Path(dir_okay=False, path_type=Path)
"""A file, not a folder; it need not be there."""
PAIR: Final = Pair()
METRIC_PAIR: Final = MetricPair()
AS_OF: Final = click.option(
    "--as-of",
    metavar="TIME",
    type=PointInTime(),
    help="As it was then: 2026-11-16, 2026-11-16T09:00Z, yesterday or '7 days ago'.",
)
"""The option of commands that read."""


def unique(pairs: Iterable[tuple[str, V]], option: str) -> dict[str, V]:
    """Return pairs as a mapping.

    Raises:
        click.BadParameter: a key is there twice.
    """
    found: dict[str, V] = {}
    for key, value in pairs:
        if key in found:
            raise click.BadParameter(f"{key!r} is given twice; give it once.", param_hint=f"'{option}'")
        found[key] = value
    return found


def scalar(text: str) -> str | int | float | bool:
    """Return the number, true or false that a text is in JSON, else the text itself.

    `007` stays text, as does a number that JSON would round or cannot carry.
    """
    if text in ("true", "false"):
        return text == "true"
    if not _NUMBER.fullmatch(text):
        return text
    number: int | float = json.loads(text)
    if isinstance(number, int):
        return number if abs(number) <= _EXACT_INTEGER else text
    return number if math.isfinite(number) else text
