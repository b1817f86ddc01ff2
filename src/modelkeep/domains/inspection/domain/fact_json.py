"""Facts as JSON: how they leave the process that reads files, and how they are stored."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from modelkeep.domains.inspection.domain.facts import Field, FormatFacts, Signature, Span, Tensor
from modelkeep.kernel.events import Json

Document: TypeAlias = Mapping[str, Any]


def facts_json(facts: FormatFacts) -> dict[str, Json]:
    """Return facts without tensors."""
    return {
        "format": facts.format,
        "parameter_count": facts.parameter_count,
        "inputs": _fields_json(facts.signature.inputs),
        "outputs": _fields_json(facts.signature.outputs),
        "libraries": list(facts.libraries),
        "licence": facts.licence,
        "details": dict(facts.details),
        "notes": list(facts.notes),
    }


def read_facts_json(document: Document, tensors: tuple[Tensor, ...] = ()) -> FormatFacts:
    """Return facts that were written."""
    return FormatFacts(
        format=document["format"],
        parameter_count=document["parameter_count"],
        tensors=tensors,
        signature=Signature(_fields(document["inputs"]), _fields(document["outputs"])),
        libraries=tuple(document["libraries"]),
        licence=document["licence"],
        details=dict(document["details"]),
        notes=tuple(document["notes"]),
    )


def tensors_json(tensors: Sequence[Tensor]) -> list[Json]:
    """Return tensors as short lists: there may be many."""
    return [
        [
            tensor.name,
            tensor.dtype,
            list(tensor.shape),
            *([tensor.span.start, tensor.span.length] if tensor.span else ()),
        ]
        for tensor in tensors
    ]


def read_tensors_json(items: Sequence[Sequence[Any]]) -> tuple[Tensor, ...]:
    """Return tensors that were written."""
    return tuple(
        Tensor(name, dtype, tuple(shape), Span(*place) if place else None) for name, dtype, shape, *place in items
    )


def _fields_json(fields: tuple[Field, ...] | None) -> Json:
    if fields is None:
        return None
    return [
        {
            "name": field.name,
            "dtype": field.dtype,
            "shape": None if field.shape is None else list(field.shape),
            "optional": field.optional,
        }
        for field in fields
    ]


def _fields(items: Sequence[Document] | None) -> tuple[Field, ...] | None:
    if items is None:
        return None
    return tuple(
        Field(item["name"], item["dtype"], None if item["shape"] is None else tuple(item["shape"]), item["optional"])
        for item in items
    )
