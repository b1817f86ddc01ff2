"""TensorFlow's SavedModel: signatures, operators and variables of `saved_model.pb`.

Field numbers are those of https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/protobuf and
https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/framework
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from modelkeep.domains.inspection.domain.facts import Dimension, Field, FormatFacts, Signature, Tensor, counted
from modelkeep.domains.inspection.domain.formats.dtypes import MOST_TENSORS, checked_shape
from modelkeep.domains.inspection.domain.formats.protobuf import WireField, entry_of, fields, first
from modelkeep.domains.inspection.domain.formats.saved_objects import variables_of
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window

FILE_NAME: Final = "saved_model.pb"
_DTYPES: Final[Mapping[int, str]] = {
    1: "float32",
    2: "float64",
    3: "int32",
    4: "uint8",
    5: "int16",
    6: "int8",
    7: "string",
    8: "complex64",
    9: "int64",
    10: "bool",
    14: "bfloat16",
    17: "uint16",
    18: "complex128",
    19: "float16",
    20: "resource",
    21: "variant",
    22: "uint32",
    23: "uint64",
}
_VARIABLES: Final = frozenset({"VarHandleOp", "VariableV2", "Variable"})
_SERVING: Final = "serving_default"
_INTERNAL: Final = "__saved_model_init_op"
_MOST_OPERATORS: Final = 10_000


@dataclass(slots=True)
class _Graph:
    """What has been seen of a graph so far."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    operators: set[str] = field(default_factory=set)
    signatures: dict[str, Signature] = field(default_factory=dict)
    version: str = ""
    tags: list[str] = field(default_factory=list)
    objects: WireField | None = None


def read_saved_model(window: Window) -> FormatFacts:
    """Walk through the first of its graphs; checkpoints beside it are not read."""
    graphs = [part for part in fields(window, 0, window.size) if part.number == 2]  # noqa: PLR2004 - saved_model.proto
    if not graphs:
        raise UnreadableFileError("it holds no graph")
    graph = _Graph()
    for part in graphs[0].fields():
        _graph_field(graph, part)
    tensors, of_training = _tensors(graph)
    return FormatFacts(
        format="tensorflow-saved-model",
        parameter_count=counted(tensors) if tensors else None,
        tensors=tensors,
        signature=_chosen(graph.signatures),
        libraries=(f"tensorflow>={graph.version}" if graph.version else "tensorflow",),
        details={
            "signatures": ", ".join(sorted(graph.signatures))[:1000],
            "operators": ", ".join(sorted(graph.operators)),
            "tags": ", ".join(graph.tags)[:1000],
            **({"training_tensors": str(of_training)} if of_training else {}),
        },
        notes=(f"holds {len(graphs)} graphs, of which the first was read",) if len(graphs) > 1 else (),
    )


def _graph_field(graph: _Graph, part: WireField) -> None:
    match part.number:
        case 1:
            _meta(graph, part)
        case 2:
            _nodes(graph, part)
        case 5:
            name, value = entry_of(part)
            if value is not None:
                graph.signatures[name[:1000]] = _signature(value)
        case 7:
            graph.objects = part
        case _:
            return


def _nodes(graph: _Graph, part: WireField) -> None:
    for item in part.fields():
        if item.number == 1:
            _node(graph, item)
        elif item.number == 2:  # noqa: PLR2004 - graph.proto: the library of functions
            _functions(graph, item)


def _tensors(graph: _Graph) -> tuple[tuple[Tensor, ...], int]:
    """Return the variables of the model, and how many others there are: where no objects are kept, all are its own."""
    variables, of_training = ([], 0) if graph.objects is None else variables_of(graph.objects)
    if not variables and not of_training:
        return tuple(graph.tensors.values()), 0
    tensors: dict[str, Tensor] = {}
    for variable in variables:
        extents = None if variable.shape is None else _shape(variable.shape)
        if extents is not None and all(isinstance(extent, int) for extent in extents):
            name = variable.name if variable.name not in tensors else f"{variable.name}_{len(tensors)}"
            tensors[name] = Tensor(name, _dtype(variable.dtype), checked_shape(list(extents)))
    return tuple(tensors.values()), of_training


def _meta(graph: _Graph, part: WireField) -> None:
    for item in part.fields():
        if item.number == 4:  # noqa: PLR2004 - meta_graph.proto
            graph.tags.append(item.text[:100])
        elif item.number == 5:  # noqa: PLR2004 - meta_graph.proto
            graph.version = item.text[:100]


def _functions(graph: _Graph, library: WireField) -> None:
    for function in library.fields():
        if function.number == 1:
            for node in function.fields():
                if node.number == 3:  # noqa: PLR2004 - function.proto
                    _node(graph, node)


def _node(graph: _Graph, node: WireField) -> None:
    name, operator = "", ""
    attributes: dict[str, WireField] = {}
    for part in node.fields():
        match part.number:
            case 1:
                name = part.text
            case 2:
                operator = part.text
            case 5:
                key, value = entry_of(part)
                if value is not None:
                    attributes[key] = value
            case _:
                continue
    if len(graph.operators) < _MOST_OPERATORS:
        graph.operators.add(operator[:200])
    if operator in _VARIABLES:
        _variable(graph, name, attributes)


def _variable(graph: _Graph, node: str, attributes: Mapping[str, WireField]) -> None:
    dtype, shape, shared = attributes.get("dtype"), attributes.get("shape"), attributes.get("shared_name")
    kind = first(dtype.fields(), 6) if dtype else None
    place = first(shape.fields(), 7) if shape else None
    named = first(shared.fields(), 2) if shared else None
    extents = _shape(place) if place else None
    if kind is None or extents is None or not all(isinstance(extent, int) for extent in extents):
        return
    name = (named.text if named else "") or node
    graph.tensors[name] = Tensor(name, _dtype(kind.value), checked_shape(list(extents)))
    if len(graph.tensors) > MOST_TENSORS:
        raise UnreadableFileError(f"it has more than {MOST_TENSORS} variables")


def _signature(part: WireField) -> Signature:
    inputs: list[Field] = []
    outputs: list[Field] = []
    for item in part.fields():
        if item.number in (1, 2):
            name, value = entry_of(item)
            if value is not None:
                (inputs if item.number == 1 else outputs).append(_field(name, value))
    return Signature(tuple(sorted(inputs, key=_name)), tuple(sorted(outputs, key=_name)))


def _name(field: Field) -> str:
    return field.name


def _field(name: str, value: WireField) -> Field:
    dtype, shape = "", None
    for item in value.fields():
        if item.number == 2:  # noqa: PLR2004 - meta_graph.proto
            dtype = _dtype(item.value)
        elif item.number == 3:  # noqa: PLR2004 - meta_graph.proto
            shape = _shape(item)
    return Field(name, dtype, shape)


def _dtype(number: int) -> str:
    reference = 100
    return _DTYPES.get(number - reference if number > reference else number, f"type {number}")


def _shape(part: WireField) -> tuple[Dimension, ...] | None:
    """Return a shape; None if not even its rank is known."""
    extents: list[Dimension] = []
    for item in part.fields():
        if item.number == 3 and item.value:  # noqa: PLR2004 - tensor_shape.proto
            return None
        if item.number == 2:  # noqa: PLR2004 - tensor_shape.proto
            size = first(item.fields(), 1)
            extents.append(_extent(size.signed if size else 0))
    return tuple(extents)


def _extent(size: int) -> Dimension:
    return size if size >= 0 else None


def _chosen(signatures: Mapping[str, Signature]) -> Signature:
    """Return the signature that is served, or the only one there is."""
    if _SERVING in signatures:
        return signatures[_SERVING]
    others = [signature for name, signature in signatures.items() if name != _INTERNAL]
    return others[0] if len(others) == 1 else Signature()
