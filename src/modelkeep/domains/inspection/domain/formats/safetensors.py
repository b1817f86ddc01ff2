"""safetensors: a JSON header of tensors, then their bytes, back to back.

Source: https://github.com/huggingface/safetensors#format
"""

from collections.abc import Mapping
from math import prod
from typing import Final

from modelkeep.domains.inspection.domain.facts import FormatFacts, Span, Tensor, counted
from modelkeep.domains.inspection.domain.formats.documents import json_object
from modelkeep.domains.inspection.domain.formats.dtypes import MOST_TENSORS, checked_shape
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window

_LENGTH: Final = 8
_MOST_HEADER: Final = 8 * 2**20
_DTYPES: Final[Mapping[str, tuple[str, int]]] = {
    "BOOL": ("bool", 8),
    "U8": ("uint8", 8),
    "I8": ("int8", 8),
    "F8_E5M2": ("float8_e5m2", 8),
    "F8_E4M3": ("float8_e4m3fn", 8),
    "F8_E8M0": ("float8_e8m0fnu", 8),
    "F4": ("float4_e2m1fn", 4),
    "F6_E2M3": ("float6_e2m3fn", 6),
    "F6_E3M2": ("float6_e3m2fn", 6),
    "I16": ("int16", 16),
    "U16": ("uint16", 16),
    "F16": ("float16", 16),
    "BF16": ("bfloat16", 16),
    "I32": ("int32", 32),
    "U32": ("uint32", 32),
    "F32": ("float32", 32),
    "C64": ("complex64", 64),
    "I64": ("int64", 64),
    "U64": ("uint64", 64),
    "F64": ("float64", 64),
}
"""Names of NumPy or ml_dtypes, and the bits of an element."""


def is_safetensors(head: bytes, size: int) -> bool:
    """Whether a file begins like one: a length, then JSON."""
    length = int.from_bytes(head[:_LENGTH], "little")
    return len(head) > _LENGTH and head[_LENGTH : _LENGTH + 1] == b"{" and length <= size - _LENGTH


def read_safetensors(window: Window) -> FormatFacts:
    """Read the header; the bytes of tensors are not touched."""
    length = window.u64(0)
    if length > min(_MOST_HEADER, window.size - _LENGTH):
        raise UnreadableFileError(f"its header has {length} bytes; {_MOST_HEADER} are read at most")
    header = json_object(window.read(_LENGTH, length))
    metadata = _metadata(header.pop("__metadata__", {}))
    if len(header) > MOST_TENSORS:
        raise UnreadableFileError(f"it has {len(header)} tensors; {MOST_TENSORS} are read at most")
    data = _LENGTH + length
    tensors = tuple(_tensor(name, entry, data) for name, entry in header.items())
    _check_layout(tensors, data, window.size)
    return FormatFacts(
        format="safetensors",
        parameter_count=counted(tensors),
        tensors=tensors,
        libraries=("safetensors",),
        licence=metadata.get("license"),
        details=metadata,
    )


def _metadata(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise UnreadableFileError("its __metadata__ is not a map of texts")
    return value


def _tensor(name: str, entry: object, data: int) -> Tensor:
    match entry:
        case {"dtype": str(code), "shape": list(shape), "data_offsets": [int(start), int(end)], **others} if not others:
            known = _DTYPES.get(code)
            if known is None:
                raise UnreadableFileError(f"{name} has the unknown type {code[:40]}")
            dtype, bits = known
            extents = checked_shape(shape)
            if start < 0 or (end - start) * 8 != prod(extents) * bits:
                raise UnreadableFileError(f"{name} has {end - start} bytes, which is not what its shape needs")
            return Tensor(name, dtype, extents, Span(data + start, end - start))
    raise UnreadableFileError(f"{name[:200]} is described otherwise than by dtype, shape and data_offsets")


def _check_layout(tensors: tuple[Tensor, ...], data: int, size: int) -> None:
    """The format allows no gaps and no overlaps: what nobody describes could hide anything."""
    place = data
    for span in sorted((tensor.span for tensor in tensors if tensor.span), key=lambda span: (span.start, span.length)):
        if span.start != place:
            raise UnreadableFileError(f"its tensors have a gap or overlap at byte {min(place, span.start)}")
        place += span.length
    if place != size:
        raise UnreadableFileError(f"its tensors end at byte {place}, the file at {size}")
