"""Keras: archives of version 3 (`.keras`), and HDF5 files with or without an architecture (`.h5`)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BufferedReader
from typing import Any, BinaryIO, Final, cast

from modelkeep.domains.inspection.domain.facts import (
    Dimension,
    Field,
    FormatFacts,
    Signature,
    Span,
    Tensor,
    counted,
)
from modelkeep.domains.inspection.domain.formats.documents import MOST_JSON, json_object
from modelkeep.domains.inspection.domain.formats.hdf5 import Contents, read_contents
from modelkeep.domains.inspection.domain.formats.pickle_facts import package_of
from modelkeep.domains.inspection.domain.formats.windows import Window, WindowFile
from modelkeep.domains.inspection.domain.formats.zips import Archive

CONFIG: Final = "config.json"
METADATA: Final = "metadata.json"
_WEIGHTS: Final = "model.weights.h5"
_MOST_NODES: Final = 500_000
_OPTIMIZER: Final = ("optimizer/", "optimizer_weights/")
"""Where the state of the optimizer is kept, which is no part of the model: in version 3, and before it."""

_DENSE_NOTE: Final = "has groups of many members, which are kept in a way that is not read: there are more tensors"


@dataclass(frozen=True, slots=True)
class _Architecture:
    """What the configuration of a model says."""

    signature: Signature
    packages: frozenset[str]
    name: str


def read_keras(archive: Archive) -> FormatFacts:
    """Read the configuration and the headers of the weights."""
    metadata = json_object(archive.read(METADATA, MOST_JSON))
    architecture = _architecture(json_object(archive.read(CONFIG, MOST_JSON)))
    tensors, optimizer, notes = _weights(archive)
    version = metadata.get("keras_version")
    return FormatFacts(
        format="keras",
        parameter_count=counted(tensors) if tensors else None,
        tensors=tensors,
        signature=architecture.signature,
        libraries=_libraries(architecture.packages, version),
        details={"class": architecture.name, **optimizer},
        notes=notes,
    )


def read_hdf5(window: Window) -> FormatFacts:
    """Read datasets, and what Keras or others have written beside them."""
    contents = read_contents(window)
    config = contents.attributes.get("model_config")
    version = contents.attributes.get("keras_version")
    architecture = None if config is None else _architecture(json_object(config.encode()))
    is_keras = config is not None or version is not None
    tensors, optimizer = _of_model(contents.datasets) if is_keras else (tuple(contents.datasets), {})
    backend = {"backend": contents.attributes["backend"][:100]} if "backend" in contents.attributes else {}
    return FormatFacts(
        format="keras-h5" if is_keras else "hdf5",
        parameter_count=None if contents.unread else counted(tensors),
        tensors=tensors,
        signature=Signature() if architecture is None else architecture.signature,
        libraries=("h5py",) if architecture is None else _libraries(architecture.packages | {"h5py"}, version),
        details={**backend, **optimizer},
        notes=_notes(contents),
    )


def _weights(archive: Archive) -> tuple[tuple[Tensor, ...], dict[str, str], tuple[str, ...]]:
    if _WEIGHTS not in archive.members:
        return (), {}, ("the archive holds no weights",)
    place = archive.span(_WEIGHTS)
    if place is None:
        return (), {}, ("its weights are packed: shapes were not read",)
    inside = WindowFile(archive.window, place.start, place.start + place.length)
    contents = read_contents(Window(cast("BinaryIO", BufferedReader(inside))))
    tensors, optimizer = _of_model(contents.datasets)
    return tuple(_moved(tensor, place.start) for tensor in tensors), optimizer, _notes(contents)


def _of_model(datasets: list[Tensor]) -> tuple[tuple[Tensor, ...], dict[str, str]]:
    """Return the weights, and how many tensors of an optimizer there are beside them."""
    weights = tuple(tensor for tensor in datasets if not tensor.name.startswith(_OPTIMIZER))
    others = len(datasets) - len(weights)
    return weights, {"training_tensors": str(others)} if others else {}


def _moved(tensor: Tensor, by: int) -> Tensor:
    span = tensor.span
    return tensor if span is None else replace(tensor, span=Span(span.start + by, span.length))


def _notes(contents: Contents) -> tuple[str, ...]:
    return (_DENSE_NOTE,) if contents.unread else ()


def _libraries(packages: frozenset[str], version: object) -> tuple[str, ...]:
    known = isinstance(version, str) and version
    named = {package for package in packages if package not in ("keras", "builtins")}
    return tuple(sorted({*named, f"keras=={version[:100]}" if known and isinstance(version, str) else "keras"}))


def _architecture(config: dict[str, Any]) -> _Architecture:
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else None
    described = [layer for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else []
    inputs = tuple(field for layer in described if (field := _input(layer)) is not None)
    return _Architecture(
        Signature(inputs or None, _outputs(inner, described) or None),
        frozenset(_packages(config)),
        f"{config.get('module', 'keras')}.{config.get('class_name', '')}"[:1000],
    )


def _input(layer: dict[str, Any]) -> Field | None:
    config = layer.get("config")
    if layer.get("class_name") != "InputLayer" or not isinstance(config, dict):
        return None
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    return Field(str(config.get("name", ""))[:1000], _dtype(config.get("dtype")), _shape(shape))


def _dtype(value: object) -> str:
    if isinstance(value, dict) and isinstance(value.get("config"), dict):
        value = value["config"].get("name")
    return value[:100] if isinstance(value, str) else ""


def _shape(value: object) -> tuple[Dimension, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(extent if type(extent) is int else None for extent in value[:64])


def _outputs(config: object, layers: list[dict[str, Any]]) -> tuple[Field, ...]:
    """Return the names of outputs: a functional model lists its layers of them, a sequential one ends in it."""
    named = config.get("output_layers") if isinstance(config, dict) else None
    if isinstance(named, list):
        return tuple(Field(name, "") for name in _layer_names(named))
    last = layers[-1].get("config") if layers else None
    return (Field(str(last.get("name", ""))[:1000], ""),) if isinstance(last, dict) else ()


def _layer_names(named: list[Any]) -> Iterator[str]:
    """Yield the names in `["a", 0, 0]`, or in a list of such."""
    if named and isinstance(named[0], str):
        yield named[0][:1000]
        return
    for item in named:
        if isinstance(item, list) and item and isinstance(item[0], str):
            yield item[0][:1000]


def _packages(config: dict[str, Any]) -> Iterator[str]:
    """Yield the packages of every class that the configuration names."""
    waiting: list[object] = [config]
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, dict):
            module = node.get("module")
            if isinstance(module, str) and (package := package_of(module)):
                yield package
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
