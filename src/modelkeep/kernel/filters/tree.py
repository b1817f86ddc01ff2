"""The syntax tree of a filter: frozen values whose `str()` is the canonical text, which parses to an equal tree.

Positions are 0-based offsets into the text that was parsed, for errors found later; they take no part in equality.
"""

import dataclasses
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias

BARE_KEY: Final = re.compile(r"[A-Za-z0-9_.+:/-]+")


class Operator(StrEnum):
    """How a field is compared; the value is the canonical spelling."""

    EQUAL = "="
    NOT_EQUAL = "!="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    MATCHES = "~"
    NOT_MATCHES = "!~"
    IN = "in"
    NOT_IN = "not in"
    EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class Text:
    """A text that stood in quotes, without them."""

    text: str
    position: int = dataclasses.field(default=0, compare=False)

    def __str__(self) -> str:
        """Return the text in single quotes."""
        return _quoted(self.text)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written, `1.10` and not `1.1`: to a version or a tag the difference matters.

    It is always finite as a 64-bit float.
    """

    text: str
    position: int = dataclasses.field(default=0, compare=False)

    @property
    def decimal(self) -> Decimal:
        """The exact value."""
        return Decimal(self.text)

    def __str__(self) -> str:
        """Return the number as it was written."""
        return self.text


@dataclass(frozen=True, slots=True)
class Boolean:
    """`true` or `false`."""

    value: bool
    position: int = dataclasses.field(default=0, compare=False)

    @property
    def text(self) -> str:
        """The canonical spelling, for fields that hold text."""
        return "true" if self.value else "false"

    def __str__(self) -> str:
        """Return `true` or `false`."""
        return self.text


@dataclass(frozen=True, slots=True)
class Word:
    """A text that needed no quotes: a version, a date, a digest, a name."""

    text: str
    position: int = dataclasses.field(default=0, compare=False)

    def __str__(self) -> str:
        """Return the word as it was written."""
        return self.text


Scalar: TypeAlias = Text | Number | Boolean | Word


@dataclass(frozen=True, slots=True)
class ValueList:
    """The values of `in` and `not in`; at least one."""

    items: tuple[Scalar, ...]
    position: int = dataclasses.field(default=0, compare=False)

    def __str__(self) -> str:
        """Return the values in parentheses."""
        return f"({', '.join(str(item) for item in self.items)})"


Value: TypeAlias = Scalar | ValueList | None


@dataclass(frozen=True, slots=True)
class Field:
    """What is compared or ordered by: `created` is a name alone, `tag.team` has the key `team`."""

    name: str
    key: str | None = None
    position: int = dataclasses.field(default=0, compare=False)

    def __str__(self) -> str:
        """Return the name and the key, in quotes if it needs them."""
        if self.key is None:
            return self.name
        return f"{self.name}.{self.key if BARE_KEY.fullmatch(self.key) else _quoted(self.key)}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One term of a filter.

    The value is a `ValueList` for `IN` and `NOT_IN`, None for `EXISTS`, and a scalar for every other operator.
    """

    field: Field
    operator: Operator
    value: Value = None
    position: int = dataclasses.field(default=0, compare=False)

    def __str__(self) -> str:
        """Return field, operator and value with single spaces."""
        if self.value is None:
            return f"{self.field} {self.operator}"
        return f"{self.field} {self.operator} {self.value}"


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a part."""

    part: "Expression"

    def __str__(self) -> str:
        """Return the part after `not`, in parentheses if it is a chain."""
        return f"not {_grouped(self.part, And, Or)}"


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more parts."""

    parts: tuple["Expression", ...]

    def __str__(self) -> str:
        """Return the parts with `and` between them, chains in parentheses."""
        return " and ".join(_grouped(part, And, Or) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more parts."""

    parts: tuple["Expression", ...]

    def __str__(self) -> str:
        """Return the parts with `or` between them, an inner `or` in parentheses."""
        return " or ".join(_grouped(part, Or) for part in self.parts)


Expression: TypeAlias = And | Or | Not | Comparison


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """One field that a list is ordered by, and in which direction."""

    field: Field
    descending: bool = False

    def __str__(self) -> str:
        """Return the field, and `desc` if it is descending."""
        return f"{self.field} desc" if self.descending else str(self.field)


def _grouped(part: Expression, *chains: type[And | Or]) -> str:
    return f"({part})" if isinstance(part, chains) else str(part)


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
