"""TensorFlow Lite (LiteRT): one FlatBuffer with graphs, tensors and their buffers.

Field numbers are those of https://github.com/google-ai-edge/LiteRT/blob/main/tflite/schema/schema.fbs
"""

from collections.abc import Mapping
from typing import Final

from modelkeep.domains.inspection.domain.facts import Field, FormatFacts, Signature, Span, Tensor, counted
from modelkeep.domains.inspection.domain.formats.dtypes import MOST_TENSORS, checked_shape
from modelkeep.domains.inspection.domain.formats.flatbuffers import Table
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window

MAGIC: Final = b"TFL3"
MAGIC_AT: Final = 4
_DTYPES: Final[Mapping[int, str]] = {
    0: "float32",
    1: "float16",
    2: "int32",
    3: "uint8",
    4: "int64",
    5: "string",
    6: "bool",
    7: "int16",
    8: "complex64",
    9: "int8",
    10: "float64",
    11: "complex128",
    12: "uint64",
    13: "resource",
    14: "variant",
    15: "uint32",
    16: "uint16",
    17: "int4",
    18: "bfloat16",
    19: "int2",
}
_CUSTOM: Final = 32
_SERVING: Final = "serving_default"


def read_tflite(window: Window) -> FormatFacts:
    """Walk through the graphs; buffers are located, and not read."""
    model = Table.root(window)
    graphs, buffers = model.tables(2), model.tables(4)
    if not graphs:
        raise UnreadableFileError("it holds no graph")
    tensors: list[Tensor] = []
    for place, graph in enumerate(graphs):
        for tensor in graph.tables(0):
            found = _stored(tensor, buffers, f"{place}/" if place else "")
            if found is not None:
                tensors.append(found)
        if len(tensors) > MOST_TENSORS:
            raise UnreadableFileError(f"it has more than {MOST_TENSORS} tensors")
    custom = sorted({name for code in model.tables(1) if (name := code.text(1)) and _builtin(code) == _CUSTOM})
    return FormatFacts(
        format="tflite",
        parameter_count=counted(tuple(tensors)),
        tensors=tuple(tensors),
        signature=_signature(model, graphs),
        libraries=("ai-edge-litert",),
        details={
            "schema": str(model.number(0, 4)),
            "description": model.text(3)[:1000],
            "custom_operators": ", ".join(custom)[:1000],
        },
    )


def _builtin(code: Table) -> int:
    return max(code.number(0, 1), code.number(3, 4))


def _stored(tensor: Table, buffers: list[Table], prefix: str) -> Tensor | None:
    """Return a tensor whose elements are in the file; the others are made when the model runs."""
    number = tensor.number(2, 4)
    if number == 0:
        return None
    if number not in range(len(buffers)):
        raise UnreadableFileError(f"a tensor is in the buffer {number}, which is not there")
    start, length = buffers[number].vector(0)
    if length == 0:
        return None
    return Tensor(prefix + tensor.text(3), _dtype(tensor), checked_shape(tensor.numbers(0)), Span(start, length))


def _signature(model: Table, graphs: list[Table]) -> Signature:
    """Return the signature that callers use, by its own names; else inputs and outputs of the first graph."""
    named = {one.text(2): one for one in model.tables(7) if one.number(4, 4) in range(len(graphs))}
    chosen = named.get(_SERVING) or (next(iter(named.values())) if len(named) == 1 else None)
    if chosen is None:
        tensors = graphs[0].tables(0)
        inputs, outputs = ([("", number) for number in graphs[0].numbers(place)] for place in (1, 2))
    else:
        tensors = graphs[chosen.number(4, 4)].tables(0)
        inputs, outputs = ([(item.text(0), item.number(1, 4)) for item in chosen.tables(place)] for place in (0, 1))
    return Signature(_fields(tensors, inputs), _fields(tensors, outputs))


def _fields(tensors: list[Table], numbered: list[tuple[str, int]]) -> tuple[Field, ...]:
    fields = []
    for name, number in numbered:
        if number not in range(len(tensors)):
            raise UnreadableFileError(f"the tensor {number} is not there")
        tensor = tensors[number]
        shape = tuple(extent if extent >= 0 else None for extent in tensor.numbers(7) or tensor.numbers(0))
        fields.append(Field(name or tensor.text(3), _dtype(tensor), shape))
    return tuple(fields)


def _dtype(tensor: Table) -> str:
    kind = tensor.number(1, 1)
    return _DTYPES.get(kind, f"type {kind}")
