"""What changed from one document to another: place, what was there, what is there.

Items of lists are told apart by what names them, not by their place: one that is put in front changes no other.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from modelkeep.domains.cards.domain.paths import Path
from modelkeep.kernel.canonical_json import Json, canonical_json

ALIGNED: Final = 2_000
"""Lists of more items than this, and of more numbers than `ALIGNED_SCALARS`, are compared as a whole."""

ALIGNED_SCALARS: Final = 200

_NAMING: Final = ("name", "slice", "attribute", "group", "metric", "role", "title", "kind", "reference", "uri")
"""The members that name an item, where it has them."""


class Operation(StrEnum):
    """What happened to a part."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """A part that changed; its place is that in the new document, of a removed item that in the old list."""

    path: Path
    operation: Operation
    before: Json = None
    after: Json = None


def diff(before: Json, after: Json) -> tuple[Change, ...]:
    """Return what changed, in the order of names and places; nothing where both are the same JSON."""
    return tuple(_diff((), before, after))


def _diff(path: Path, before: Json, after: Json) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _members(path, before, after)
    elif _is_list(before) and _is_list(after):
        yield from _items(path, _items_of(before), _items_of(after))
    elif not same(before, after):
        yield Change(path, Operation.CHANGED, before, after)


def same(before: Json, after: Json) -> bool:
    """Say whether two values are the same JSON: true is not 1, and 1.0 is."""
    return canonical_json(before) == canonical_json(after)


def _members(path: Path, before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        place = (*path, name)
        if name not in after:
            yield Change(place, Operation.REMOVED, before=before[name])
        elif name not in before:
            yield Change(place, Operation.ADDED, after=after[name])
        else:
            yield from _diff(place, before[name], after[name])


def _items(path: Path, before: Sequence[Json], after: Sequence[Json]) -> Iterator[Change]:
    if _is_bulk(before) or _is_bulk(after):
        if not same(before, after):
            yield Change(path, Operation.CHANGED, before, after)
        return
    matcher = SequenceMatcher(None, _names(before), _names(after), autojunk=False)
    for tag, old, old_end, new, new_end in matcher.get_opcodes():
        paired = new_end - new if tag == "equal" else 0
        if tag == "replace" and old_end - old == new_end - new:
            paired = new_end - new
        for step in range(paired):
            yield from _diff((*path, new + step), before[old + step], after[new + step])
        if not paired:
            yield from (Change((*path, at), Operation.REMOVED, before=before[at]) for at in range(old, old_end))
            yield from (Change((*path, at), Operation.ADDED, after=after[at]) for at in range(new, new_end))


def _is_bulk(items: Sequence[Json]) -> bool:
    return len(items) > ALIGNED or (len(items) > ALIGNED_SCALARS and not isinstance(items[0], Mapping))


def _names(items: Sequence[Json]) -> list[tuple[bytes, int]]:
    """Return what tells each item from the others of its list; equal ones are counted."""
    seen: Counter[bytes] = Counter()
    names = []
    for item in items:
        name = _name(item)
        names.append((name, seen[name]))
        seen[name] += 1
    return names


def _name(item: Json) -> bytes:
    if isinstance(item, Mapping):
        naming: dict[str, Json] = {key: item[key] for key in _NAMING if key in item}
        if naming:
            return canonical_json(naming)
    return canonical_json(item)


def _is_list(value: Json) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _items_of(value: Json) -> Sequence[Json]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()
