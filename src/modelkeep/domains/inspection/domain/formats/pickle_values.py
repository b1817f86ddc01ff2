"""What a pickle would build, as plain values: names instead of what they name, calls instead of what they return."""

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from modelkeep.domains.inspection.domain.facts import Span, Tensor
from modelkeep.domains.inspection.domain.formats.dtypes import checked_shape, numpy_dtype
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError

Value: TypeAlias = Any
"""A number, text, bytes, None, tuple or list, or one of the classes below."""


@dataclass(frozen=True, slots=True)
class Global:
    """A name that loading would import."""

    module: str
    name: str

    def __str__(self) -> str:
        """Return the dotted name."""
        return f"{self.module}.{self.name}"


@dataclass(eq=False, slots=True)
class Pairs:
    """A dictionary, in order."""

    items: list[tuple[Value, Value]] = field(default_factory=list)

    def get(self, key: str) -> Value:
        """Return the last value of a key, or None."""
        return next((value for name, value in reversed(self.items) if type(name) is str and name == key), None)


@dataclass(eq=False, slots=True)
class Call:
    """A call that loading would make, what it would set on the result, and what it would put into it."""

    function: Value
    arguments: Value
    state: Value = None
    items: list[tuple[Value, Value]] = field(default_factory=list)
    elements: list[Value] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The dotted name of what is called, or nothing."""
        return str(self.function) if isinstance(self.function, Global) else ""

    def argument(self, place: int) -> Value:
        """Return an argument, or None."""
        there = isinstance(self.arguments, tuple) and place < len(self.arguments)
        return self.arguments[place] if there else None


@dataclass(frozen=True, slots=True)
class Persistent:
    """Something that is kept beside the pickle."""

    identity: Value


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that were left where they are."""

    span: Span


@dataclass(frozen=True, slots=True)
class Array:
    """An array whose bytes follow in the stream."""

    dtype: str
    shape: tuple[int, ...]
    span: Span | None = None


_TORCH_STORAGES: Final = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
    "UntypedStorage": "uint8",
    "QInt8Storage": "qint8",
    "QUInt8Storage": "quint8",
    "QInt32Storage": "qint32",
}
_TORCH_TENSORS: Final = (
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v3",
    "torch._utils._rebuild_qtensor",
)
_TORCH_PARAMETERS: Final = ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state")
_NUMPY_ARRAYS: Final = ("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct")
_NUMPY_BUFFERS: Final = ("numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer")
_STATE_OF_ARRAY: Final = 5
_MOST_WRAPPED: Final = 8


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor of PyTorch: which storage holds it, from which element on, and whether in one piece."""

    tensor: Tensor
    storage: str
    offset: int
    contiguous: bool


def tensor_of(value: Value, name: str) -> Tensor | StoredTensor | None:
    """Return the tensor that a value is, if it is one."""
    for _ in range(_MOST_WRAPPED):
        if not isinstance(value, Call) or value.name not in _TORCH_PARAMETERS:
            break
        value = value.argument(0)
    if isinstance(value, Array):
        return Tensor(name, value.dtype, value.shape, value.span)
    if not isinstance(value, Call):
        return None
    return _torch_tensor(value, name) if value.name in _TORCH_TENSORS else _numpy_array(value, name)


def _numpy_array(call: Call, name: str) -> Tensor | None:
    if call.name in _NUMPY_ARRAYS and isinstance(call.state, tuple) and len(call.state) == _STATE_OF_ARRAY:
        _, shape, dtype, _, data = call.state
    elif call.name in _NUMPY_BUFFERS:
        data, dtype, shape = (call.argument(place) for place in range(3))
    else:
        return None
    return Tensor(name, dtype_of(dtype), checked_shape(shape), data.span if isinstance(data, Blob) else None)


def dtype_of(value: Value) -> str:
    """Return the name of a pickled element type."""
    if isinstance(value, Call) and value.name == "numpy.dtype" and isinstance(value.argument(0), str):
        return numpy_dtype(value.argument(0))
    return str(value) if isinstance(value, Global) else "unknown"


def _torch_tensor(call: Call, name: str) -> StoredTensor | None:
    storage, offset, shape, strides = (call.argument(place) for place in range(4))
    if not isinstance(storage, Persistent) or not isinstance(storage.identity, tuple):
        return None
    match storage.identity:
        case ("storage", Global(_, kind), str(key), *_):
            dtype = _TORCH_STORAGES.get(kind, kind)
        case _:
            raise UnreadableFileError(f"{name[:200]} is kept in a storage of an unknown kind")
    if type(offset) is not int or offset < 0:
        raise UnreadableFileError(f"{name[:200]} begins at no place of its storage")
    extents = checked_shape(shape)
    return StoredTensor(Tensor(name, dtype, extents), key, offset, _is_packed(extents, strides))


def _is_packed(shape: tuple[int, ...], strides: Value) -> bool:
    """Whether elements lie one after the other; a step along an extent of one is never made, so it may be any."""
    if not isinstance(strides, tuple) or len(strides) != len(shape):
        return False
    step = 1
    for extent, stride in zip(reversed(shape), reversed(strides), strict=True):
        if extent != 1 and stride != step:
            return False
        step *= extent
    return True
