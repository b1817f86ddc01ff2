"""The objects that TensorFlow 2 keeps in a SavedModel: they tell a model's variables from what training alone needs.

Field numbers are those of
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/saved_object_graph.proto
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from modelkeep.domains.inspection.domain.formats.protobuf import WireField, first
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError

_TRAINING: Final = frozenset({"optimizer", "experimentalOptimizer", "_tf_keras_metric"})
"""Objects of Keras whose variables no prediction uses."""

_MOST_OBJECTS: Final = 200_000


@dataclass(frozen=True, slots=True)
class SavedVariable:
    """A variable as it is described; its type and its shape are in the terms of TensorFlow."""

    name: str
    dtype: int
    shape: WireField | None


@dataclass(slots=True)
class _Objects:
    """What has been seen of the objects, by their numbers."""

    variables: dict[int, SavedVariable] = field(default_factory=dict)
    children: dict[int, list[int]] = field(default_factory=dict)
    training: set[int] = field(default_factory=set)


def variables_of(graph: WireField) -> tuple[list[SavedVariable], int]:
    """Return the variables of the model, and how many others belong to optimizers and metrics.

    Raises:
        UnreadableFileError: it is no graph of objects, or a larger one than is read.
    """
    found, links = _Objects(), 0
    nodes = (part for part in graph.fields() if part.number == 1)
    for number, node in enumerate(nodes):
        _object(found, number, node)
        links += len(found.children.get(number, ()))
        if number + links > _MOST_OBJECTS:
            raise UnreadableFileError(f"it has more than {_MOST_OBJECTS} objects")
    _follow(found)
    return [one for number, one in found.variables.items() if number not in found.training], len(
        found.training & found.variables.keys()
    )


def _object(found: _Objects, number: int, node: WireField) -> None:
    children: list[int] = []
    for part in node.fields():
        match part.number:
            case 1:
                children.extend(_number(part, 1))
            case 3:
                found.training.update(_number(part, 3))
            case 4:
                identifier = first(part.fields(), 1)
                if identifier is not None and identifier.text in _TRAINING:
                    found.training.add(number)
            case 7:
                found.variables[number] = _variable(part)
            case _:
                continue
    if children:
        found.children[number] = children


def _number(part: WireField, wanted: int) -> Iterator[int]:
    """Yield the number of the object that a reference leads to; one that is left out is the first."""
    stated = first(part.fields(), wanted)
    yield stated.value if stated is not None else 0


def _variable(part: WireField) -> SavedVariable:
    name, dtype, shape = "", 0, None
    for item in part.fields():
        match item.number:
            case 1:
                dtype = item.value
            case 2:
                shape = item
            case 6:
                name = item.text
            case _:
                continue
    return SavedVariable(name, dtype, shape)


def _follow(found: _Objects) -> None:
    """Mark all that hangs on an optimizer or a metric."""
    waiting = list(found.training)
    while waiting:
        for child in found.children.get(waiting.pop(), ()):
            if child not in found.training:
                found.training.add(child)
                waiting.append(child)
