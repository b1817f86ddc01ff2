"""Pickles, plain, packed, or with joblib's arrays between their operations."""

from typing import Final

from modelkeep.domains.inspection.domain.facts import FormatFacts, Tensor, counted
from modelkeep.domains.inspection.domain.formats.inflating import Inflated, packing
from modelkeep.domains.inspection.domain.formats.pickle_facts import (
    details_of,
    look_through,
    notes_of,
    requirements,
    signature_of,
)
from modelkeep.domains.inspection.domain.formats.pickle_machine import PickleMachine
from modelkeep.domains.inspection.domain.formats.pickle_values import StoredTensor
from modelkeep.domains.inspection.domain.formats.windows import Window, WindowFile

_OLD_TORCH: Final = 0x1950A86A20F9469CFC6C
_OLD_TORCH_PREFIX: Final = 2


def read_pickle(window: Window) -> FormatFacts:
    """Follow the operations; nothing is loaded."""
    packed = packing(window.head(8))
    machine = PickleMachine(WindowFile(window) if packed is None else Inflated(window), in_place=packed is None)
    root = machine.load()
    old_torch = root == _OLD_TORCH if type(root) is int else False
    if old_torch:
        for _ in range(_OLD_TORCH_PREFIX):
            machine.load()
        root = machine.load()
    found = look_through(root)
    tensors = tuple(item.tensor if isinstance(item, StoredTensor) else item for item in found.tensors)
    libraries = requirements(machine.globals, found.versions)
    return FormatFacts(
        format=_format(libraries, old_torch=old_torch),
        parameter_count=counted(tensors) if tensors else None,
        tensors=_distinct(tensors),
        signature=signature_of(found),
        libraries=libraries,
        details={**details_of(root, found), **({"packed": packed} if packed else {})},
        notes=notes_of(machine.globals),
    )


def _format(libraries: tuple[str, ...], *, old_torch: bool) -> str:
    if old_torch:
        return "pytorch"
    return "joblib" if "joblib" in libraries else "pickle"


def _distinct(tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return the tensors, each under a name of its own."""
    seen: dict[str, int] = {}
    named = []
    for tensor in tensors:
        count = seen[tensor.name] = seen.get(tensor.name, 0) + 1
        name = tensor.name if count == 1 else f"{tensor.name}#{count}"
        named.append(Tensor(name, tensor.dtype, tensor.shape, tensor.span))
    return tuple(named)
