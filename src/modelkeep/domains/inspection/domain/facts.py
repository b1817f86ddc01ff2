"""What the bytes of a model say about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import TypeAlias

Dimension: TypeAlias = int | str | None
"""An extent: a number, the name of a symbol, or None where any will do."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where bytes lie in a file."""

    start: int
    length: int

    @property
    def end(self) -> int:
        """The place after the last of them."""
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor that the file holds; `span` is there where its bytes lie in one piece, and can be compared."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    span: Span | None = None

    @property
    def parameters(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class Field:
    """An input or an output; a shape of None means that the format does not say."""

    name: str
    dtype: str
    shape: tuple[Dimension, ...] | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """What a model takes and gives; None where the file does not say."""

    inputs: tuple[Field, ...] | None = None
    outputs: tuple[Field, ...] | None = None

    @property
    def known(self) -> bool:
        """Whether anything is known of it."""
        return self.inputs is not None or self.outputs is not None


@dataclass(frozen=True, slots=True)
class FormatFacts:
    """What one file says.

    `parameter_count` is None where the format does not tell. `libraries` are the packages that are needed to load it,
    as requirements where the file names versions. `details` are further facts in the format's own words. `notes` say
    what could not be read, for people.
    """

    format: str
    parameter_count: int | None = None
    tensors: tuple[Tensor, ...] = ()
    signature: Signature = field(default_factory=Signature)
    libraries: tuple[str, ...] = ()
    licence: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def counted(tensors: tuple[Tensor, ...]) -> int:
    """Return how many parameters some tensors hold."""
    return sum(tensor.parameters for tensor in tensors)
