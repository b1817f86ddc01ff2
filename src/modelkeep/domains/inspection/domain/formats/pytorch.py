"""PyTorch files as `torch.save` and TorchScript write them: a zip archive with a pickle and its storages."""

from dataclasses import replace
from io import BytesIO
from typing import Final

from modelkeep.domains.inspection.domain.facts import FormatFacts, Span, Tensor, counted
from modelkeep.domains.inspection.domain.formats.dtypes import ITEM_BYTES
from modelkeep.domains.inspection.domain.formats.pickle_facts import details_of, look_through, notes_of, requirements
from modelkeep.domains.inspection.domain.formats.pickle_machine import PickleMachine
from modelkeep.domains.inspection.domain.formats.pickle_values import StoredTensor
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window, WindowFile
from modelkeep.domains.inspection.domain.formats.zips import Archive

_PICKLE: Final = "data.pkl"
_MOST_PICKLE: Final = 16 * 2**20


def pickle_member(archive: Archive) -> str | None:
    """Return the name of the pickle that makes an archive one of PyTorch."""
    return next((name for name in archive.members if name.rpartition("/")[2] == _PICKLE), None)


def read_pytorch(archive: Archive) -> FormatFacts:
    """Follow the pickle; storages are located, and not read."""
    name = pickle_member(archive)
    if name is None:
        raise UnreadableFileError("the archive has no data.pkl")
    folder = name.removesuffix(_PICKLE)
    machine = _machine(archive, name)
    root = machine.load()
    found = look_through(root)
    tensors = tuple(
        _located(archive, folder, item) if isinstance(item, StoredTensor) else replace(item, span=None)
        for item in found.tensors
    )
    script = any(member.startswith(f"{folder}code/") for member in archive.members)
    packages = {*requirements(machine.globals, found.versions), "torch"}
    return FormatFacts(
        format="torchscript" if script else "pytorch",
        parameter_count=counted(tensors),
        tensors=tensors,
        libraries=tuple(sorted(packages)),
        details=details_of(root, found),
        notes=notes_of(machine.globals),
    )


def _machine(archive: Archive, name: str) -> PickleMachine:
    data = archive.read(name, _MOST_PICKLE)
    return PickleMachine(WindowFile(Window(BytesIO(data))), in_place=False)


def _located(archive: Archive, folder: str, stored: StoredTensor) -> Tensor:
    """Return the tensor with the place of its bytes, where they are in one piece of a member that is not packed."""
    tensor, member = stored.tensor, f"{folder}data/{stored.storage}"
    size = ITEM_BYTES.get(tensor.dtype)
    if member not in archive.members or size is None:
        return tensor
    place = archive.span(member)
    if place is None or not stored.contiguous:
        return tensor
    start, length = stored.offset * size, tensor.parameters * size
    if start + length > place.length:
        raise UnreadableFileError(f"{tensor.name} reaches beyond its storage")
    return replace(tensor, span=Span(place.start + start, length))
