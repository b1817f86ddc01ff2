"""skops: scikit-learn objects as a JSON tree of states, and arrays beside it, in a zip archive.

Source: https://skops.readthedocs.io/en/stable/persistence.html
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from modelkeep.domains.inspection.domain.facts import Field, FormatFacts, Signature, Tensor, counted
from modelkeep.domains.inspection.domain.formats.documents import MOST_JSON, json_object
from modelkeep.domains.inspection.domain.formats.numpy_arrays import MOST_HEADER, array_header
from modelkeep.domains.inspection.domain.formats.pickle_facts import package_of
from modelkeep.domains.inspection.domain.formats.zips import Archive

SCHEMA: Final = "schema.json"
_UNNAMED: Final = frozenset({"content", "attrs"})
"""Steps of the tree that are skops' own."""


@dataclass(slots=True)
class _Tree:
    """What has been seen of the tree so far."""

    archive: Archive
    tensors: list[Tensor] = field(default_factory=list)
    packages: set[str] = field(default_factory=set)
    features: int | None = None


def read_skops(archive: Archive) -> FormatFacts:
    """Walk through the tree, and read the header of each array."""
    schema = json_object(archive.read(SCHEMA, MOST_JSON))
    tree = _Tree(archive)
    waiting: list[tuple[str, Any]] = [("", schema)]
    while waiting:
        name, node = waiting.pop()
        if isinstance(node, dict):
            _note(tree, name, node)
            waiting.extend(reversed(list(_children(name, node))))
        elif isinstance(node, list):
            waiting.extend(reversed([(_step(name, str(place)), item) for place, item in enumerate(node)]))
    tensors = tuple(tree.tensors)
    version = schema.get("_skops_version")
    inputs = None if tree.features is None else (Field("X", "", (None, tree.features)),)
    return FormatFacts(
        format="skops",
        parameter_count=counted(tensors),
        tensors=tensors,
        signature=Signature(inputs),
        libraries=tuple(sorted({*tree.packages, f"skops>={version}" if isinstance(version, str) else "skops"})),
        details={"class": f"{schema.get('__module__')}.{schema.get('__class__')}"[:1000]},
    )


def _children(name: str, node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if isinstance(value, dict | list):
            yield (name if key in _UNNAMED else _step(name, key)), value


def _step(name: str, step: str) -> str:
    return (f"{name}.{step}" if name else step)[:1000]


def _note(tree: _Tree, name: str, node: dict[str, Any]) -> None:
    module, file = node.get("__module__"), node.get("file")
    if isinstance(module, str) and (package := package_of(module)):
        tree.packages.add(package)
    if isinstance(file, str) and file.endswith(".npy"):
        tensor, _, _ = array_header(tree.archive.head(file, MOST_HEADER), name)
        tree.tensors.append(replace(tensor, span=None))
    attribute = node.get("n_features_in_")
    if isinstance(attribute, dict) and tree.features is None:
        tree.features = _number(attribute.get("content"))


def _number(text: object) -> int | None:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004
