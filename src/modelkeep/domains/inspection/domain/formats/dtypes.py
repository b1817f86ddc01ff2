"""The names of element types: those of NumPy wherever it has one."""

from math import prod
from typing import Final

from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError

MOST_TENSORS: Final = 100_000
MOST_DIMENSIONS: Final = 64
MOST_PARAMETERS: Final = 2**63 - 1

_NUMPY: Final = {
    "b1": "bool",
    "i1": "int8",
    "i2": "int16",
    "i4": "int32",
    "i8": "int64",
    "u1": "uint8",
    "u2": "uint16",
    "u4": "uint32",
    "u8": "uint64",
    "f2": "float16",
    "f4": "float32",
    "f8": "float64",
    "f16": "float128",
    "c8": "complex64",
    "c16": "complex128",
    "O8": "object",
    "O": "object",
    "?": "bool",
}
_ORDERS: Final = "<>|="
_TEXTUAL: Final = {"V": 1, "S": 1, "U": 4}
_MOST_DIGITS: Final = 10
ITEM_BYTES: Final = {
    "bool": 1,
    "int8": 1,
    "uint8": 1,
    "int16": 2,
    "uint16": 2,
    "float16": 2,
    "bfloat16": 2,
    "int32": 4,
    "uint32": 4,
    "float32": 4,
    "int64": 8,
    "uint64": 8,
    "float64": 8,
    "complex64": 8,
    "complex128": 16,
    "float128": 16,
}
"""How many bytes an element has."""


def numpy_dtype(code: str) -> str:
    """Return the name of a type that NumPy writes as `<f4`; what has no short name keeps its code."""
    bare = code.lstrip(_ORDERS)
    return _NUMPY.get(bare, bare)


def item_bytes(dtype: str) -> int | None:
    """Return how many bytes an element has; None where the name does not tell."""
    known = ITEM_BYTES.get(dtype)
    kind, digits = dtype[:1], dtype[1:]
    if known is None and kind in _TEXTUAL and digits.isascii() and digits.isdigit() and len(digits) < _MOST_DIGITS:
        return int(digits) * _TEXTUAL[kind]
    return known


def checked_shape(shape: object) -> tuple[int, ...]:
    """Return a shape that a tensor can have.

    Raises:
        UnreadableFileError: it is no list of numbers, or no machine could hold such a tensor.
    """
    if not isinstance(shape, list | tuple) or len(shape) > MOST_DIMENSIONS:
        raise UnreadableFileError(f"{str(shape)[:80]} is no shape")
    if not all(type(extent) is int and 0 <= extent <= MOST_PARAMETERS for extent in shape):
        raise UnreadableFileError(f"{str(shape)[:80]} is no shape")
    if prod(shape) > MOST_PARAMETERS:
        raise UnreadableFileError(f"a tensor of shape {str(shape)[:80]} has more elements than there can be")
    return tuple(shape)
