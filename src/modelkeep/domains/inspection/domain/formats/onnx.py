"""ONNX: a graph of operators with its weights, as one protocol buffer.

Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from modelkeep.domains.inspection.domain.facts import Dimension, Field, FormatFacts, Signature, Span, Tensor, counted
from modelkeep.domains.inspection.domain.formats.dtypes import MOST_TENSORS, checked_shape
from modelkeep.domains.inspection.domain.formats.protobuf import MOST_NESTING, WireField, entry_of, fields
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window

_DTYPES: Final[Mapping[int, str]] = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    8: "string",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    14: "complex64",
    15: "complex128",
    16: "bfloat16",
    17: "float8_e4m3fn",
    18: "float8_e4m3fnuz",
    19: "float8_e5m2",
    20: "float8_e5m2fnuz",
    21: "uint4",
    22: "int4",
    23: "float4_e2m1fn",
    24: "float8_e8m0fnu",
    25: "uint2",
    26: "int2",
}
_DATA_FIELDS: Final = frozenset({4, 5, 7, 9, 10, 11})
_MOST_OPERATORS: Final = 10_000


@dataclass(slots=True)
class _Model:
    """What has been seen so far."""

    tensors: list[Tensor] = field(default_factory=list)
    inputs: list[Field] = field(default_factory=list)
    outputs: list[Field] = field(default_factory=list)
    initialised: set[str] = field(default_factory=set)
    operators: set[str] = field(default_factory=set)
    opsets: dict[str, int] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    graphs: int = 0
    external: int = 0

    def add(self, tensor: Tensor) -> None:
        """Take a tensor that is not too many."""
        if len(self.tensors) >= MOST_TENSORS:
            raise UnreadableFileError(f"it has more than {MOST_TENSORS} tensors")
        self.tensors.append(tensor)


def read_onnx(window: Window) -> FormatFacts:
    """Walk through the model; the bytes of weights are not read."""
    model = _Model()
    for part in fields(window, 0, window.size):
        _model_field(model, part)
    if not model.graphs or not model.opsets:
        raise UnreadableFileError("it is no ONNX model: it has no graph, or no opset")
    tensors = tuple(model.tensors)
    notes = (f"{model.external} tensors lie in files beside it",) if model.external else ()
    return FormatFacts(
        format="onnx",
        parameter_count=counted(tensors),
        tensors=tensors,
        signature=Signature(
            tuple(item for item in model.inputs if item.name not in model.initialised), tuple(model.outputs)
        ),
        libraries=("onnxruntime",),
        licence=model.properties.get("license"),
        details={**model.details, **_listed(model), **model.properties},
        notes=notes,
    )


def _listed(model: _Model) -> dict[str, str]:
    opsets = ", ".join(f"{domain or 'ai.onnx'} {version}" for domain, version in sorted(model.opsets.items()))
    return {"opsets": opsets, "operators": ", ".join(sorted(model.operators))}


def _model_field(model: _Model, part: WireField) -> None:
    match part.number:
        case 1:
            model.details["ir_version"] = str(part.value)
        case 2 | 3:
            model.details["producer" if part.number == 2 else "producer_version"] = part.text  # noqa: PLR2004
        case 7:
            model.graphs += 1
            if model.graphs > 1:
                raise UnreadableFileError("it has more than one graph")
            _graph(model, part, "", 0)
        case 8:
            domain, version = _opset(part)
            model.opsets[domain] = version
        case 14:
            key, value = entry_of(part)
            model.properties[key] = value.text if value else ""
        case _:
            return


def _opset(part: WireField) -> tuple[str, int]:
    domain, version = "", 0
    for item in part.fields():
        if item.number == 1:
            domain = item.text
        elif item.number == 2:  # noqa: PLR2004 - onnx.proto
            version = item.signed
    return domain, version


def _graph(model: _Model, graph: WireField, prefix: str, depth: int) -> None:
    """Walk through a graph, and through those that its operators hold."""
    if depth > MOST_NESTING:
        raise UnreadableFileError("its graphs are nested too deep")
    for part in graph.fields():
        match part.number:
            case 1:
                _node(model, part, prefix, depth)
            case 5:
                _initializer(model, part, prefix)
            case 11 if not prefix:
                model.inputs.append(_field(part))
            case 12 if not prefix:
                model.outputs.append(_field(part))
            case 15:
                _sparse(model, part, prefix)
            case _:
                continue


def _initializer(model: _Model, part: WireField, prefix: str) -> None:
    tensor, external = _tensor(part)
    model.external += external
    if not prefix:
        model.initialised.add(tensor.name)
    model.add(Tensor(prefix + tensor.name, tensor.dtype, tensor.shape, tensor.span))


def _sparse(model: _Model, part: WireField, prefix: str) -> None:
    for item in part.fields():
        if item.number == 1:
            _initializer(model, item, prefix)


def _node(model: _Model, node: WireField, prefix: str, depth: int) -> None:
    texts, attributes = {2: "", 3: "", 4: "", 7: ""}, []
    for part in node.fields():
        if part.number in texts:
            texts[part.number] = part.text
        elif part.number == 5:  # noqa: PLR2004 - onnx.proto
            attributes.append(part)
    output, name, operator, domain = texts.values()
    if len(model.operators) < _MOST_OPERATORS:
        model.operators.add(f"{domain}.{operator}" if domain not in ("", "ai.onnx") else operator)
    if operator == "Constant":
        _constant(model, attributes, prefix + output)
    for attribute in attributes:
        for place, graph in enumerate(_graphs(attribute)):
            _graph(model, graph, f"{prefix}{name or operator}/{place or ''}{_name(attribute)}/", depth + 1)


def _constant(model: _Model, attributes: list[WireField], name: str) -> None:
    """Take the weights that some exporters write as constants: more than one number, with a fraction."""
    for attribute in attributes:
        for part in attribute.fields():
            if part.number == 5:  # noqa: PLR2004 - onnx.proto
                tensor, external = _tensor(part)
                if "float" in tensor.dtype and tensor.parameters > 1:
                    model.external += external
                    model.add(Tensor(name, tensor.dtype, tensor.shape, tensor.span))


def _graphs(attribute: WireField) -> Iterator[WireField]:
    return (part for part in attribute.fields() if part.number in (6, 11))


def _name(attribute: WireField) -> str:
    return next((part.text for part in attribute.fields() if part.number == 1), "")


def _tensor(part: WireField) -> tuple[Tensor, int]:
    """Return a tensor, and 1 if its bytes lie elsewhere."""
    name, kind, external = "", 0, 0
    extents: list[int] = []
    spans: list[Span] = []
    for item in part.fields():
        match item.number:
            case 1:
                extents.extend(item.numbers())
            case 2:
                kind = item.value
            case 8:
                name = item.text
            case 14:
                external = int(item.value == 1)
            case number if number in _DATA_FIELDS and item.is_bytes:
                spans.append(Span(item.start, item.end - item.start))
            case _:
                continue
    if kind not in _DTYPES:
        raise UnreadableFileError(f"the tensor {name[:200]} has the unknown type {kind}")
    span = spans[0] if len(spans) == 1 else None
    return Tensor(name, _DTYPES[kind], checked_shape(extents), span), external


def _field(part: WireField) -> Field:
    name, dtype, shape, optional = "", "", None, False
    for item in part.fields():
        if item.number == 1:
            name = item.text
        elif item.number == 2:  # noqa: PLR2004 - onnx.proto
            dtype, shape, optional = _type(item, 0)
    return Field(name, dtype, shape, optional)


def _type(part: WireField, depth: int) -> tuple[str, tuple[Dimension, ...] | None, bool]:
    """Return the name of a type, its shape, and whether a value may be missing."""
    if depth > MOST_NESTING:
        raise UnreadableFileError("its types are nested too deep")
    for item in part.fields():
        match item.number:
            case 1 | 8:
                return (*_tensor_type(item), False)
            case 4 | 9:
                inner = next((_type(of, depth + 1) for of in item.fields() if of.number == 1), ("", None, False))
                return (f"sequence({inner[0]})", None, False) if item.number == 4 else (*inner[:2], True)  # noqa: PLR2004
            case 5:
                return "map", None, False
            case _:
                continue
    return "", None, False


def _tensor_type(part: WireField) -> tuple[str, tuple[Dimension, ...] | None]:
    dtype, shape = "", None
    for item in part.fields():
        if item.number == 1:
            dtype = _DTYPES.get(item.value, f"type {item.value}")
        elif item.number == 2:  # noqa: PLR2004 - onnx.proto
            shape = tuple(_dimension(extent) for extent in item.fields() if extent.number == 1)
    return dtype, shape


def _dimension(part: WireField) -> Dimension:
    for item in part.fields():
        if item.number == 1:
            return item.signed if item.signed >= 0 else None
        if item.number == 2:  # noqa: PLR2004 - onnx.proto
            return item.text or None
    return None
