"""What changed from one version's content to the next, and how large a step of its number that is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from modelkeep.domains.inspection.domain.contents import UNKNOWN, ContentFacts
from modelkeep.domains.inspection.domain.facts import Field, Tensor
from modelkeep.kernel.semver import Bump

MOST_REASONS: Final = 20
_MOST_NAMED: Final = 5
_ORDER: Final = (Bump.PATCH, Bump.MINOR, Bump.MAJOR)


@dataclass(frozen=True, slots=True)
class Reason:
    """One change that somebody who uses the model may notice, and the step it asks for."""

    level: Bump
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """The step that content asks for, and why."""

    level: Bump
    reasons: tuple[str, ...]


def compare(before: ContentFacts, after: ContentFacts) -> Change | None:
    """Return how large a step content takes; None where one of the two is of no known format.

    Major: an input or output is gone or another one, an input is required anew, or the architecture is another one,
    which is the format and the names and shapes of tensors. Minor: an input may be given, or an output is, that there
    was not. Else patch.
    """
    if UNKNOWN in (before.whole.format, after.whole.format):
        return None
    reasons = sorted(_reasons(before, after), key=lambda reason: -_ORDER.index(reason.level))
    if not reasons:
        return Change(Bump.PATCH, ("inputs, outputs and architecture are the same",))
    return Change(reasons[0].level, tuple(f"{reason.level.value}: {reason.text}" for reason in reasons[:MOST_REASONS]))


def larger(first: Bump, second: Bump) -> bool:
    """Whether a step is larger than another."""
    return _ORDER.index(first) > _ORDER.index(second)


def _reasons(before: ContentFacts, after: ContentFacts) -> Iterator[Reason]:
    old, new = before.whole, after.whole
    if old.format != new.format:
        yield Reason(Bump.MAJOR, f"the format is {new.format}, and was {old.format}")
    if old.signature.inputs is not None and new.signature.inputs is not None:
        yield from _inputs(_by_name(old.signature.inputs), _by_name(new.signature.inputs))
    if old.signature.outputs is not None and new.signature.outputs is not None:
        yield from _outputs(_by_name(old.signature.outputs), _by_name(new.signature.outputs))
    if old.format == new.format:
        yield from _architecture(before.tensors(), after.tensors())


def _by_name(fields: Sequence[Field]) -> dict[str, Field]:
    return {field.name: field for field in fields}


def _inputs(old: Mapping[str, Field], new: Mapping[str, Field]) -> Iterator[Reason]:
    yield from _changed("input", old, new)
    for name in new.keys() - old.keys():
        if new[name].optional:
            yield Reason(Bump.MINOR, f"the input {name} may be given now")
        else:
            yield Reason(Bump.MAJOR, f"the input {name} must be given now")
    for name in old.keys() & new.keys():
        if old[name].optional and not new[name].optional:
            yield Reason(Bump.MAJOR, f"the input {name} must be given now")


def _outputs(old: Mapping[str, Field], new: Mapping[str, Field]) -> Iterator[Reason]:
    yield from _changed("output", old, new)
    for name in new.keys() - old.keys():
        yield Reason(Bump.MINOR, f"the output {name} is new")


def _changed(kind: str, old: Mapping[str, Field], new: Mapping[str, Field]) -> Iterator[Reason]:
    for name in old.keys() - new.keys():
        yield Reason(Bump.MAJOR, f"the {kind} {name} is gone")
    for name in old.keys() & new.keys():
        if (old[name].dtype, old[name].shape) != (new[name].dtype, new[name].shape):
            yield Reason(Bump.MAJOR, f"the {kind} {name} is {shown(new[name])}, and was {shown(old[name])}")


def _architecture(old: Mapping[str, Tensor], new: Mapping[str, Tensor]) -> Iterator[Reason]:
    common = old.keys() & new.keys()
    for verb, names in (("gone", old.keys() - new.keys()), ("new", new.keys() - old.keys())):
        if names:
            yield Reason(Bump.MAJOR, f"{_count(names)} {verb}: {_named(names)}")
    reshaped = {name for name in common if old[name].shape != new[name].shape}
    if reshaped:
        yield Reason(Bump.MAJOR, f"{_count(reshaped)} of another shape: {_named(reshaped)}")
    retyped = {name for name in common if old[name].dtype != new[name].dtype}
    if retyped:
        yield Reason(Bump.PATCH, f"{_count(retyped)} of another type: {_named(retyped)}")


def shown(field: Field) -> str:
    """Return the type and the shape of a field, for people."""
    if field.shape is None:
        return field.dtype or "of no known type"
    extents = ", ".join("?" if extent is None else str(extent) for extent in field.shape)
    return f"{field.dtype or 'any'}[{extents}]"


def _count(names: set[str]) -> str:
    return f"{len(names)} tensor is" if len(names) == 1 else f"{len(names)} tensors are"


def _named(names: set[str]) -> str:
    listed = sorted(names)[:_MOST_NAMED]
    return ", ".join(name[:100] for name in listed) + (", …" if len(names) > _MOST_NAMED else "")
