"""What is different between two versions, for people who have to judge it."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from modelkeep.domains.inspection.domain.changes import Change
from modelkeep.domains.inspection.domain.facts import Tensor

MOST_LISTED: Final = 1000
"""How many differences of one kind are listed; all are counted."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kind(StrEnum):
    """How something differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs; a side is None where it is not there."""

    name: str
    kind: Kind
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class TensorDifferences:
    """Tensors that differ, in what they are or in their bytes; those whose bytes were not compared are counted."""

    listed: tuple[Difference, ...] = ()
    added: int = 0
    removed: int = 0
    changed: int = 0
    same: int = 0
    uncompared: int = 0


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """What is different from one version to another; `step` is None where the files tell nothing of inputs or tensors.

    `card_sections` are those of the model card that differ.
    """

    before: str
    after: str
    step: Change | None
    metrics: tuple[Difference, ...]
    parameters: tuple[Difference, ...]
    files: tuple[Difference, ...]
    tensors: TensorDifferences
    card_sections: tuple[str, ...]


def differences(
    before: Mapping[K, V], after: Mapping[K, V], name: Callable[[K], str], show: Callable[[V], str]
) -> tuple[Difference, ...]:
    """Return what differs between two mappings, by name, up to as many as are listed."""
    found = sorted(_differences(before, after, name, show), key=lambda one: one.name)
    return tuple(found[:MOST_LISTED])


def _differences(
    before: Mapping[K, V], after: Mapping[K, V], name: Callable[[K], str], show: Callable[[V], str]
) -> Iterator[Difference]:
    for key in before.keys() | after.keys():
        if key not in after:
            yield Difference(name(key), Kind.REMOVED, show(before[key]), None)
        elif key not in before:
            yield Difference(name(key), Kind.ADDED, None, show(after[key]))
        elif before[key] != after[key]:
            yield Difference(name(key), Kind.CHANGED, show(before[key]), show(after[key]))


@dataclass(frozen=True, slots=True)
class DigestedTensor:
    """A tensor, and the digest of its bytes where it is known."""

    tensor: Tensor
    digest: str | None

    @property
    def shown(self) -> str:
        """Type, shape and digest, for people."""
        extents = ", ".join(map(str, self.tensor.shape))
        return f"{self.tensor.dtype}[{extents}]" + (f" {self.digest[:19]}" if self.digest else "")


def tensor_differences(before: Mapping[str, DigestedTensor], after: Mapping[str, DigestedTensor]) -> TensorDifferences:
    """Return how the tensors of two contents differ."""
    listed, changed, same, uncompared = [], 0, 0, 0
    for name in sorted(before.keys() & after.keys()):
        old, new = before[name], after[name]
        if (old.tensor.dtype, old.tensor.shape) == (new.tensor.dtype, new.tensor.shape):
            if None in (old.digest, new.digest):
                uncompared += 1
                continue
            if old.digest == new.digest:
                same += 1
                continue
        changed += 1
        listed.append(Difference(name, Kind.CHANGED, old.shown, new.shown))
    gone, fresh = before.keys() - after.keys(), after.keys() - before.keys()
    listed += [Difference(name, Kind.REMOVED, before[name].shown, None) for name in sorted(gone)]
    listed += [Difference(name, Kind.ADDED, None, after[name].shown) for name in sorted(fresh)]
    return TensorDifferences(tuple(listed[:MOST_LISTED]), len(fresh), len(gone), changed, same, uncompared)
