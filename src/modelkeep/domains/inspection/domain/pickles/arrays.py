"""The bytes of arrays that joblib writes between the opcodes of a pickle: how many they are.

`joblib.load` reads them where the state of a `NumpyArrayWrapper` is set; if we are wrong by one byte, what we walk is
not what is loaded. So only states are followed of which everything is known. Source: `joblib/numpy_pickle.py` and
NumPy's `arraydescr_setstate`.
"""

import re
from typing import Final

from modelkeep.domains.inspection.domain.pickles.sightings import UnclearPickleError
from modelkeep.domains.inspection.domain.pickles.values import DataType, Mapping, Unknown, Value

_NAME: Final = re.compile(r"[<>|=]?([?biufcSUVOmM])(\d{0,9})")
_STATE: Final = (8, 9)
_VERSIONS: Final = (3, 4)
_SUBTYPE, _FIELDS, _SIZE, _FLAGS = 2, 4, 5, 7
_HAS_OBJECTS: Final = 1
_FLEXIBLE: Final = "SUV"
_UCS4: Final = 4
_MOST_EXTENT: Final = 2**40
_MOST_BYTES: Final = 2**50
_MOST_NESTING: Final = 8


def raw_length(state: Mapping) -> int | None:
    """Return how many bytes of an array follow its padding, or None if a pickle follows.

    Raises:
        UnclearPickleError: that cannot be known.
    """
    members = state.members
    if members is None:
        raise UnclearPickleError("an array of which not everything is known")
    size = _item_size(members.get("dtype"))
    if size is None:
        return None
    count = 1
    for extent in _shape(members.get("shape")):
        count *= extent
    if count * size > _MOST_BYTES:
        raise UnclearPickleError("an array of more bytes than a file has")
    return count * size


def is_padded(state: Mapping) -> bool:
    """Say whether a byte with the length of a padding stands before the array."""
    alignment = (state.members or {}).get("numpy_array_alignment_bytes")
    if alignment is not None and not isinstance(alignment, int):
        raise UnclearPickleError("an array whose alignment is not known")
    return alignment is not None


def _shape(shape: Value) -> tuple[int, ...]:
    if not isinstance(shape, tuple):
        raise UnclearPickleError("an array whose shape is not known")
    extents = tuple(extent for extent in shape if isinstance(extent, int) and 0 <= extent < _MOST_EXTENT)
    if len(extents) < len(shape):
        raise UnclearPickleError("an array whose shape is not known")
    return extents


def _item_size(dtype: Value, depth: int = 0) -> int | None:
    """Return the length of an item, or None if items are objects."""
    match = _NAME.fullmatch(dtype.name) if isinstance(dtype, DataType) and dtype.name is not None else None
    if not isinstance(dtype, DataType) or match is None or depth > _MOST_NESTING:
        raise UnclearPickleError("an array whose dtype is not known")
    kind, digits = match.groups()
    size, has_objects = _state_of(dtype, depth)
    if has_objects or kind == "O":
        if not has_objects or kind not in "OV":
            raise UnclearPickleError("an array of objects, or not: its dtype contradicts itself")
        return None
    named = 1 if kind == "?" else int(digits or 0) * (_UCS4 if kind == "U" else 1)
    if size in {-1, named}:
        return named
    if kind in _FLEXIBLE and size > 0:
        return size
    raise UnclearPickleError("an array whose dtype contradicts itself")


def _state_of(dtype: DataType, depth: int) -> tuple[int, bool]:
    """Return the length of an item as the state says it (-1: as the name does), and whether it holds objects."""
    state = dtype.state
    if state is None or len(state) not in _STATE or state[0] not in _VERSIONS or state[_SUBTYPE] is not None:
        raise UnclearPickleError("an array whose dtype is not known")
    size, flags = state[_SIZE], state[_FLAGS]
    if not isinstance(size, int) or not isinstance(flags, int):
        raise UnclearPickleError("an array whose dtype is not known")
    has_objects = bool(flags & _HAS_OBJECTS)
    if _fields_have_objects(state[_FIELDS], depth) != has_objects and state[_FIELDS] is not None:
        raise UnclearPickleError("an array whose dtype contradicts its fields")
    return size, has_objects


def _fields_have_objects(fields: Value, depth: int) -> bool:
    if fields is None:
        return False
    if not isinstance(fields, Mapping) or fields.members is None:
        raise UnclearPickleError("an array whose fields are not known")
    found = False
    for entry in fields.members.values():
        if not isinstance(entry, tuple) or not entry or isinstance(entry[0], Unknown):
            raise UnclearPickleError("an array whose fields are not known")
        found = _item_size(entry[0], depth + 1) is None or found
    return found
