"""The memo of a pickle: what it remembers to use again."""

from dataclasses import dataclass, field
from typing import Final

from modelkeep.domains.inspection.domain.pickles.sightings import LimitReachedError, MalformedPickleError
from modelkeep.domains.inspection.domain.pickles.values import OPAQUE, THING, Unknown, Value

_MOST_REMEMBERED: Final = 500_000
_MOST_SPARSE: Final = 100_000
_MOST_THINGS: Final = 50_000_000


@dataclass(slots=True)
class Memo:
    """Values that something may depend on are kept; of the others, that they are there.

    `MEMOIZE` takes the number of entries as its key, so entries are counted as an unpickler counts them, whatever order
    the keys come in. `forgetful` says that some value was not kept, since there are too many.
    """

    values: dict[int, Value] = field(default_factory=dict)
    forgetful: bool = False
    _contiguous: int = 0
    _sparse: set[int] = field(default_factory=set)
    _things: bytearray = field(default_factory=bytearray)

    def put(self, key: int, value: Value) -> None:
        """Remember a value under a key."""
        if key < 0:
            raise MalformedPickleError("a negative key")
        self._count(key)
        self._note_thing(key, is_thing=value is THING)
        if isinstance(value, Unknown):
            self.values.pop(key, None)
        elif len(self.values) < _MOST_REMEMBERED or key in self.values:
            self.values[key] = value
        else:
            self.forgetful = True

    def append(self, value: Value) -> None:
        """Remember a value under the number of entries."""
        self.put(self._contiguous + len(self._sparse), value)

    def get(self, key: int) -> Value:
        """Return what is known of a value."""
        if not 0 <= key < self._contiguous and key not in self._sparse:
            raise MalformedPickleError("a key that was never put")
        if key < len(self._things) and self._things[key]:
            return THING
        return self.values.get(key, OPAQUE)

    def copy(self) -> "Memo":
        """Return one that changes apart from this."""
        return Memo(dict(self.values), self.forgetful, self._contiguous, set(self._sparse), bytearray(self._things))

    def _note_thing(self, key: int, *, is_thing: bool) -> None:
        if key < len(self._things):
            self._things[key] = is_thing
        elif is_thing and key < _MOST_THINGS:
            self._things.extend(bytes(key + 1 - len(self._things)))
            self._things[key] = True

    def _count(self, key: int) -> None:
        if key == self._contiguous:
            self._contiguous += 1
            while self._contiguous in self._sparse:
                self._sparse.remove(self._contiguous)
                self._contiguous += 1
        elif key > self._contiguous:
            self._sparse.add(key)
            if len(self._sparse) > _MOST_SPARSE:
                raise LimitReachedError(f"more than {_MOST_SPARSE} keys out of order")
