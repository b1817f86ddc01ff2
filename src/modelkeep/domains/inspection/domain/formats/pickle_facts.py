"""What a pickled model says of itself: its tensors by the paths that lead to them, its class, its libraries."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from modelkeep.domains.inspection.domain.facts import Field, Signature, Tensor
from modelkeep.domains.inspection.domain.formats.dtypes import MOST_TENSORS
from modelkeep.domains.inspection.domain.formats.pickle_values import (
    Array,
    Call,
    Global,
    Pairs,
    StoredTensor,
    Value,
    tensor_of,
)
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError

_MOST_VALUES: Final = 500_000
_MOST_NAME: Final = 1000
_UNNAMED: Final = frozenset({"_modules", "_parameters", "_buffers"})
"""Steps of a path that PyTorch's own names of parameters leave out."""

_PACKAGES: Final = {
    "sklearn": "scikit-learn",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "yaml": "PyYAML",
    "skimage": "scikit-image",
    "__torch__": "torch",
    "google": "protobuf",
    "attr": "attrs",
    "dateutil": "python-dateutil",
}
_NO_PACKAGE: Final = frozenset({"__builtin__", "copy_reg", "__main__", "exceptions", ""})
_OPTIMIZER: Final = frozenset({"state", "param_groups"})
"""The keys of what `Optimizer.state_dict()` of PyTorch returns, which checkpoints keep beside the model."""

_MAPPINGS: Final = frozenset({"collections.OrderedDict", "builtins.dict", "__builtin__.dict"})
_VERSIONS: Final = {"_sklearn_version": "scikit-learn", "_skops_version": "skops"}


@dataclass(slots=True)
class Findings:
    """What a walk through the values has found; `training_tensors` are those of optimizers, no part of the model."""

    tensors: list[Tensor | StoredTensor] = field(default_factory=list)
    training_tensors: int = 0
    versions: dict[str, str] = field(default_factory=dict)
    features: int | None = None


def look_through(root: Value) -> Findings:
    """Walk through the values, each once, and note tensors, versions of packages and the number of features."""
    found, seen, left = Findings(), set[int](), _MOST_VALUES
    waiting: list[tuple[str, Value, bool]] = [("", root, False)]
    while waiting:
        name, value, is_training = waiting.pop()
        if not isinstance(value, Call | Pairs | list | tuple | Array) or id(value) in seen:
            continue
        seen.add(id(value))
        left -= 1
        if left < 0 or len(found.tensors) > MOST_TENSORS:
            raise UnreadableFileError("it holds more values than are looked at")
        tensor = tensor_of(value, name)
        if tensor is not None:
            _count(found, tensor, is_training=is_training)
            continue
        children = list(_children(name, value))
        _note(found, children)
        inside = is_training or _is_optimizer(value)
        waiting.extend((*child, inside) for child in reversed(children))
    return found


def _count(found: Findings, tensor: Tensor | StoredTensor, *, is_training: bool) -> None:
    if is_training:
        found.training_tensors += 1
    else:
        found.tensors.append(tensor)


def _is_optimizer(value: Value) -> bool:
    return (
        isinstance(value, Pairs)
        and len(value.items) == len(_OPTIMIZER)
        and {key for key, _ in value.items if isinstance(key, str)} == _OPTIMIZER
    )


def _children(name: str, value: Value) -> Iterator[tuple[str, Value]]:
    if isinstance(value, Pairs):
        yield from _named(name, value.items)
    elif isinstance(value, list | tuple):
        yield from _named(name, enumerate(value))
    elif isinstance(value, Call):
        pairs = _pairs(value)
        if pairs is not None:
            yield from _named(name, pairs)
            return
        yield from _named(name, value.items)
        yield from _named(name, enumerate(value.elements))
        yield from ((name, part) for part in (value.state, value.arguments) if not isinstance(part, tuple))
        for group in (value.state, value.arguments):
            if isinstance(group, tuple):
                yield from ((name, part) for part in group)


def _pairs(call: Call) -> list[tuple[Value, Value]] | None:
    """Return what a mapping is called with, if that is a list of pairs: so Python 2 has written an OrderedDict."""
    given = call.argument(0)
    if call.name not in _MAPPINGS or not isinstance(given, list) or not given:
        return None
    pairs = [(pair[0], pair[1]) for pair in given if isinstance(pair, list | tuple) and len(pair) == 2]  # noqa: PLR2004
    return [*pairs, *call.items] if len(pairs) == len(given) else None


def _named(name: str, items: Iterable[tuple[Value, Value]]) -> Iterator[tuple[str, Value]]:
    for key, value in items:
        if key in _UNNAMED if isinstance(key, str) else False:
            yield name, value
        elif isinstance(key, str | int):
            step = str(key)[:_MOST_NAME] if isinstance(key, str) or -(10**18) < key < 10**18 else "?"
            yield (f"{name}.{step}" if name else step)[:_MOST_NAME], value
        else:
            yield name, value


def _note(found: Findings, children: list[tuple[str, Value]]) -> None:
    for name, value in children:
        attribute = name.rpartition(".")[2]
        if attribute in _VERSIONS and isinstance(value, str):
            found.versions.setdefault(_VERSIONS[attribute], value[:100])
        elif attribute == "n_features_in_" and type(value) is int and 0 <= value < 2**31 and found.features is None:
            found.features = value


def signature_of(found: Findings) -> Signature:
    """Return what is known of inputs: estimators of scikit-learn keep how many features they were fitted on."""
    if found.features is None:
        return Signature()
    return Signature(inputs=(Field("X", "", (None, found.features)),))


def requirements(names: Iterable[Global], versions: dict[str, str]) -> tuple[str, ...]:
    """Return the packages that the names come from, as requirements where a version is known."""
    packages = {package for name in names if (package := package_of(name.module))}
    return tuple(sorted(f"{package}=={versions[package]}" if package in versions else package for package in packages))


def package_of(module: str) -> str | None:
    """Return the package that has a module; None for the standard library and what is in no package."""
    top = module.partition(".")[0]
    if top in _NO_PACKAGE or top in sys.stdlib_module_names:
        return None
    return _PACKAGES.get(top, top)[:_MOST_NAME]


def details_of(root: Value, found: Findings) -> dict[str, str]:
    """Return the class of the object that a pickle holds, if it holds one, and what it holds of an optimizer."""
    called = _class_name(root)
    training = {"training_tensors": str(found.training_tensors)} if found.training_tensors else {}
    return {**({"class": called} if called else {}), **training}


def _class_name(root: Value) -> str | None:
    if not isinstance(root, Call):
        return None
    if root.name in ("copyreg._reconstructor", "copy_reg._reconstructor") and isinstance(root.argument(0), Global):
        return str(root.argument(0))
    return root.name or None


def notes_of(names: Iterable[Global]) -> tuple[str, ...]:
    """Return what people should know of the names."""
    lost = sorted({name.name for name in names if name.module == "__main__"})
    return (f"needs {', '.join(lost[:10])} of a script: no package has it",) if lost else ()
