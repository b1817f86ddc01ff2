"""NumPy's own files: one array (`.npy`), or an archive of them (`.npz`).

Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

import ast
from dataclasses import replace
from math import prod
from typing import Final

from modelkeep.domains.inspection.domain.facts import FormatFacts, Span, Tensor, counted
from modelkeep.domains.inspection.domain.formats.dtypes import MOST_TENSORS, checked_shape, item_bytes, numpy_dtype
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window
from modelkeep.domains.inspection.domain.formats.zips import Archive

MAGIC: Final = b"\x93NUMPY"
SUFFIX: Final = ".npy"
MOST_HEADER: Final = 16 * 1024
_LENGTH_BYTES: Final = {1: 2, 2: 4, 3: 4}
_PREFIX: Final = len(MAGIC) + 2


def array_header(head: bytes, name: str) -> tuple[Tensor, int, bool]:
    """Return the array that begins so, where its elements begin, and whether they are pickled objects.

    Raises:
        UnreadableFileError: no array begins so.
    """
    width = _LENGTH_BYTES.get(head[len(MAGIC)]) if head.startswith(MAGIC) and len(head) > _PREFIX else None
    if width is None:
        raise UnreadableFileError(f"{name or 'it'} is no NumPy array, or of an unknown version")
    start = _PREFIX + width
    length = int.from_bytes(head[_PREFIX:start], "little")
    if length > MOST_HEADER - start or start + length > len(head):
        raise UnreadableFileError(f"{name or 'it'} has a header of {length} bytes, more than are there or are read")
    match _literal(head[start : start + length]):
        case {"descr": descr, "fortran_order": bool(), "shape": tuple(shape), **others} if not others:
            dtype = numpy_dtype(descr) if isinstance(descr, str) else "structured"
            return Tensor(name, dtype, checked_shape(shape)), start + length, dtype == "object"
    raise UnreadableFileError(f"{name or 'it'} has a header that NumPy does not write")


def read_array(window: Window) -> FormatFacts:
    """Read the header of one array."""
    tensor, start, pickled = array_header(window.head(MOST_HEADER), "")
    size = item_bytes(tensor.dtype)
    if size is not None and not pickled:
        length = prod(tensor.shape) * size
        if start + length != window.size:
            raise UnreadableFileError(f"its elements need {length} bytes, and {window.size - start} follow")
        tensor = replace(tensor, span=Span(start, length))
    return _facts("npy", (tensor,), pickled=pickled)


def read_arrays(archive: Archive) -> FormatFacts:
    """Read the header of each array of an archive."""
    tensors: list[Tensor] = []
    any_pickled = False
    for member in archive.members:
        if len(tensors) >= MOST_TENSORS:
            raise UnreadableFileError(f"it has more than {MOST_TENSORS} arrays")
        tensor, start, pickled = array_header(archive.head(member, MOST_HEADER), member.removesuffix(SUFFIX))
        any_pickled |= pickled
        tensors.append(_in_archive(archive, member, tensor, start))
    return _facts("npz", tuple(tensors), pickled=any_pickled)


def _in_archive(archive: Archive, member: str, tensor: Tensor, start: int) -> Tensor:
    size, place = item_bytes(tensor.dtype), archive.span(member)
    if size is None or place is None:
        return tensor
    length = prod(tensor.shape) * size
    if start + length != place.length:
        raise UnreadableFileError(f"{member} does not have as many bytes as its shape needs")
    return replace(tensor, span=Span(place.start + start, length))


def _facts(name: str, tensors: tuple[Tensor, ...], *, pickled: bool) -> FormatFacts:
    notes = ("holds pickled objects, which were not looked at",) if pickled else ()
    return FormatFacts(name, counted(tensors), tensors, libraries=("numpy",), notes=notes)


def _literal(text: bytes) -> object:
    try:
        return ast.literal_eval(text.decode("latin-1"))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise UnreadableFileError("it has a header that is no literal of Python") from None
