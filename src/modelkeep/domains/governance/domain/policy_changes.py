"""What differs between two policy documents, in terms of stages, moves, gates and steps rather than lines."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from modelkeep.kernel.canonical_json import Json


class ChangeKind(StrEnum):
    """Whether something is new, gone, or another."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One difference: where, such as `moves[Staging to Production].gates[scan].severity`, and what was and is there."""

    kind: ChangeKind
    where: str
    before: Json
    after: Json


_NOTHING: Final = object()


def policy_changes(before: Json, after: Json) -> tuple[PolicyChange, ...]:
    """Return what differs; a list whose entries have names is compared by those, its order as one more thing."""
    return tuple(_differences("", before, after))


def _differences(where: str, before: Any, after: Any) -> Iterator[PolicyChange]:  # noqa: ANN401 - JSON
    if before is _NOTHING:
        yield PolicyChange(ChangeKind.ADDED, where, None, after)
    elif after is _NOTHING:
        yield PolicyChange(ChangeKind.REMOVED, where, before, None)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            inner = f"{where}.{name}" if where else str(name)
            yield from _differences(inner, before.get(name, _NOTHING), after.get(name, _NOTHING))
    elif _is_named(before) and _is_named(after):
        yield from _of_lists(where, before, after)
    elif before != after:
        yield PolicyChange(ChangeKind.CHANGED, where, before, after)


def _of_lists(where: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[PolicyChange]:
    old, new = ({_name(item): item for item in items} for items in (before, after))
    for name in dict.fromkeys((*old, *new)):
        yield from _differences(f"{where}[{name}]", old.get(name, _NOTHING), new.get(name, _NOTHING))
    orders = [[name for name in items if name in other] for items, other in ((old, new), (new, old))]
    if orders[0] != orders[1]:
        yield PolicyChange(ChangeKind.CHANGED, f"{where} (order)", orders[0], orders[1])


def _is_named(value: object) -> bool:
    """Say whether it is a list whose entries can be told apart by name."""
    if not isinstance(value, list) or not all(isinstance(item, Mapping) and _name(item) for item in value):
        return False
    return len({_name(item) for item in value}) == len(value)


def _name(item: Mapping[str, Any]) -> str:
    if "from" in item and "to" in item:
        return f"{item['from']} to {item['to']}"
    return str(item.get("name") or item.get("id") or item.get("role") or "")
