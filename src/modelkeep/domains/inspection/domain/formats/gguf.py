"""GGUF, versions 2 and 3: key-value pairs, tensor descriptions, then aligned data.

Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from collections.abc import Mapping
from math import prod
from struct import unpack
from typing import Final

from modelkeep.domains.inspection.domain.facts import FormatFacts, Span, Tensor, counted
from modelkeep.domains.inspection.domain.formats.dtypes import MOST_TENSORS, checked_shape
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window

MAGIC: Final = b"GGUF"
_VERSIONS: Final = (2, 3)
_MOST_PAIRS: Final = 10_000
_MOST_NAME: Final = 65_535
_MOST_TEXT: Final = 4 * 2**20
_MOST_DIMENSIONS: Final = 4
_MOST_NESTING: Final = 4
_STRING: Final = 8
_ARRAY: Final = 9
_SCALARS: Final[Mapping[int, str]] = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_SIZES: Final = {"B": 1, "b": 1, "?": 1, "H": 2, "h": 2, "I": 4, "i": 4, "f": 4, "Q": 8, "q": 8, "d": 8}
_TYPES: Final[Mapping[int, tuple[str, int, int]]] = {
    0: ("float32", 1, 4),
    1: ("float16", 1, 2),
    2: ("q4_0", 32, 18),
    3: ("q4_1", 32, 20),
    6: ("q5_0", 32, 22),
    7: ("q5_1", 32, 24),
    8: ("q8_0", 32, 34),
    9: ("q8_1", 32, 40),
    10: ("q2_k", 256, 84),
    11: ("q3_k", 256, 110),
    12: ("q4_k", 256, 144),
    13: ("q5_k", 256, 176),
    14: ("q6_k", 256, 210),
    15: ("q8_k", 256, 292),
    16: ("iq2_xxs", 256, 66),
    17: ("iq2_xs", 256, 74),
    18: ("iq3_xxs", 256, 98),
    19: ("iq1_s", 256, 50),
    20: ("iq4_nl", 32, 18),
    21: ("iq3_s", 256, 110),
    22: ("iq2_s", 256, 82),
    23: ("iq4_xs", 256, 136),
    24: ("int8", 1, 1),
    25: ("int16", 1, 2),
    26: ("int32", 1, 4),
    27: ("int64", 1, 8),
    28: ("float64", 1, 8),
    29: ("iq1_m", 256, 56),
    30: ("bfloat16", 1, 2),
    34: ("tq1_0", 256, 54),
    35: ("tq2_0", 256, 66),
    39: ("mxfp4", 32, 17),
}
"""Names of element types, elements a block, and bytes a block."""

_SHOWN: Final = ("general.architecture", "general.name", "general.size_label", "general.file_type", "general.version")


class _Walk:
    """A place in the file that moves on with what is read."""

    def __init__(self, window: Window) -> None:
        self.window, self.place = window, 0

    def number(self, code: str) -> int:
        """Return a whole number."""
        return int(self.scalar(code))

    def scalar(self, code: str) -> float:
        size = _SIZES[code]
        value: float = unpack("<" + code, self.window.read(self.place, size))[0]
        self.place += size
        return value

    def text(self, most: int = _MOST_TEXT) -> str:
        length = self.number("Q")
        value = self.window.text(self.place, length, most)
        self.place += length
        return value

    def skip(self, length: int) -> None:
        if length > self.window.size - self.place:
            raise UnreadableFileError(f"{length} bytes at {self.place} are not in the file")
        self.place += length


def read_gguf(window: Window) -> FormatFacts:
    """Read the pairs and the descriptions of tensors."""
    walk = _Walk(window)
    version, tensor_count, pairs = _announced(walk)
    described = [_described(walk) for _ in range(tensor_count)]
    tensors = _placed(described, _aligned(walk.place, pairs), window.size)
    return FormatFacts(
        format="gguf",
        parameter_count=counted(tensors),
        tensors=tensors,
        libraries=("llama.cpp",),
        licence=_text(pairs.get("general.license")),
        details=_details(version, pairs),
    )


def read_texts(window: Window) -> Mapping[str, str]:
    """Return the pairs whose values are texts, such as chat templates.

    Raises:
        UnreadableFileError: it is no such file, or a broken one.
    """
    _, _, pairs = _announced(_Walk(window))
    return {key: value for key, value in pairs.items() if isinstance(value, str)}


def _announced(walk: _Walk) -> tuple[int, int, dict[str, object]]:
    """Return the version, the number of tensors, and the pairs."""
    walk.skip(len(MAGIC))
    version = walk.number("I")
    if version not in _VERSIONS:
        raise UnreadableFileError(f"it has version {version} of GGUF; 2 and 3 are read")
    tensor_count, pair_count = walk.number("Q"), walk.number("Q")
    if tensor_count > MOST_TENSORS or pair_count > _MOST_PAIRS:
        raise UnreadableFileError(f"it announces {tensor_count} tensors and {pair_count} facts, more than are read")
    pairs: dict[str, object] = {}
    for _ in range(pair_count):
        key = walk.text(_MOST_NAME)
        if key in pairs:
            raise UnreadableFileError(f"it says {key} twice")
        pairs[key] = _value(walk, walk.number("I"))
    return version, tensor_count, pairs


def _value(walk: _Walk, kind: int, depth: int = 0) -> object:
    """Return a text or number, or for an array how many items it has."""
    if kind == _STRING:
        return walk.text()
    if kind == _ARRAY:
        return _array(walk, depth + 1)
    code = _SCALARS.get(kind)
    if code is None:
        raise UnreadableFileError(f"a fact is of the unknown kind {kind}")
    return walk.scalar(code)


def _array(walk: _Walk, depth: int) -> int:
    kind, count = walk.number("I"), walk.number("Q")
    if depth > _MOST_NESTING:
        raise UnreadableFileError("its arrays are nested too deep")
    code = _SCALARS.get(kind)
    if code is not None:
        walk.skip(count * _SIZES[code])
    else:
        for _ in range(count):
            if kind == _STRING:
                walk.skip(walk.number("Q"))
            else:
                _value(walk, kind, depth)
    return count


def _described(walk: _Walk) -> tuple[str, tuple[int, ...], int, int]:
    """Return the name, the shape as NumPy has it, the type and the offset of a tensor."""
    name, dimensions = walk.text(_MOST_NAME), walk.number("I")
    if dimensions > _MOST_DIMENSIONS:
        raise UnreadableFileError(f"{name} has {dimensions} dimensions; there are at most {_MOST_DIMENSIONS}")
    extents = [walk.number("Q") for _ in range(dimensions)]
    return name, checked_shape(extents[::-1]), walk.number("I"), walk.number("Q")


def _aligned(place: int, pairs: Mapping[str, object]) -> int:
    alignment = pairs.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment <= 0 or alignment % 8:
        raise UnreadableFileError(f"its data cannot be aligned to {alignment!r:.40}")
    return -(-place // alignment) * alignment


def _placed(described: list[tuple[str, tuple[int, ...], int, int]], data: int, size: int) -> tuple[Tensor, ...]:
    tensors, names = [], set()
    for name, shape, kind, offset in described:
        if name in names or kind not in _TYPES:
            raise UnreadableFileError(f"{name} is there twice, or has the unknown type {kind}")
        names.add(name)
        dtype, block, block_bytes = _TYPES[kind]
        if shape and shape[-1] % block:
            raise UnreadableFileError(f"{name} has rows that are no whole blocks of {dtype}")
        length = prod(shape) // block * block_bytes
        if data + offset + length > size:
            raise UnreadableFileError(f"the bytes of {name} are not all in the file")
        tensors.append(Tensor(name, dtype, shape, Span(data + offset, length)))
    return tuple(tensors)


def _details(version: int, pairs: Mapping[str, object]) -> dict[str, str]:
    architecture = pairs.get("general.architecture")
    shown = {"gguf.version": str(version)}
    for key in (*_SHOWN, f"{architecture}.context_length", f"{architecture}.block_count"):
        if key in pairs:
            shown[key] = str(pairs[key])[:1000]
    shown["chat_template"] = "yes" if "tokenizer.chat_template" in pairs else "no"
    return shown


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
