"""Universal Binary JSON, as far as XGBoost writes it: arrays of numbers are passed over.

Source: https://ubjson.org
"""

from collections.abc import Mapping
from typing import Any, Final

from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window

_SIZES: Final[Mapping[int, int]] = {
    ord("i"): 1,
    ord("U"): 1,
    ord("I"): 2,
    ord("l"): 4,
    ord("L"): 8,
    ord("d"): 4,
    ord("D"): 8,
    ord("C"): 1,
}
_CONSTANTS: Final[Mapping[int, bool | None]] = {ord("T"): True, ord("F"): False, ord("Z"): None, ord("N"): None}
_INTEGERS: Final = b"iUIlL"
_MOST_DEPTH: Final = 64
_MOST_TEXT: Final = 2**20
_MOST_KEPT: Final = 200_000


class _Walk:
    """A place in the file that moves on with what is read."""

    def __init__(self, window: Window) -> None:
        self.window, self.place, self.kept = window, 0, 0

    def byte(self) -> int:
        """Return the next byte."""
        value = self.window.u8(self.place)
        self.place += 1
        return value

    def number(self) -> int:
        """Return the next whole number, which says its own size."""
        kind = self.byte()
        if kind not in _INTEGERS:
            raise UnreadableFileError(f"there is no whole number at {self.place}")
        return self.integer(kind)

    def integer(self, kind: int) -> int:
        """Return a whole number of a kind."""
        size = _SIZES[kind]
        data = self.window.read(self.place, size)
        self.place += size
        return int.from_bytes(data, "big", signed=kind != ord("U"))

    def text(self) -> str:
        """Return a text, which begins with its length."""
        length = self.number()
        if length < 0:
            raise UnreadableFileError("a text has a negative length")
        value = self.window.text(self.place, length, _MOST_TEXT)
        self.place += length
        return value

    def skip(self, length: int) -> None:
        """Pass over bytes."""
        if not 0 <= length <= self.window.size - self.place:
            raise UnreadableFileError(f"{length} bytes at {self.place} are not in the file")
        self.place += length

    def keep(self) -> None:
        """Count a value that stays in memory."""
        self.kept += 1
        if self.kept > _MOST_KEPT:
            raise UnreadableFileError("it has more values than are read")


def read_ubjson(window: Window) -> dict[str, Any]:
    """Return the object that a file holds."""
    walk = _Walk(window)
    if walk.byte() != ord("{"):
        raise UnreadableFileError("it holds no object")
    return _object(walk, 1)


def _value(walk: _Walk, kind: int, depth: int) -> object:
    walk.keep()
    if depth > _MOST_DEPTH:
        raise UnreadableFileError("it is nested too deep")
    if kind == ord("{"):
        return _object(walk, depth + 1)
    if kind == ord("["):
        return _array(walk, depth + 1)
    if kind == ord("S"):
        return walk.text()
    if kind in _CONSTANTS:
        return _CONSTANTS[kind]
    return _scalar(walk, kind)


def _scalar(walk: _Walk, kind: int) -> int | None:
    if kind in _INTEGERS:
        return walk.integer(kind)
    if kind not in _SIZES:
        raise UnreadableFileError(f"there is a value of the unknown kind {kind} at {walk.place}")
    walk.skip(_SIZES[kind])
    return None


def _counted(walk: _Walk) -> tuple[int | None, int | None]:
    """Return the common kind of the items and their number, where they are announced."""
    kind = None
    if walk.window.u8(walk.place) == ord("$"):
        walk.place += 1
        kind = walk.byte()
    if walk.window.u8(walk.place) == ord("#"):
        walk.place += 1
        return kind, walk.number()
    if kind is not None:
        raise UnreadableFileError("items of one kind are announced without their number")
    return None, None


def _array(walk: _Walk, depth: int) -> list[object] | None:
    kind, count = _counted(walk)
    if kind is not None and kind in _SIZES and count is not None:
        walk.skip(count * _SIZES[kind])
        return None
    items: list[object] = []
    while count is None or len(items) < count:
        of = walk.byte() if kind is None else kind
        if count is None and of == ord("]"):
            break
        items.append(_value(walk, of, depth))
    return items


def _object(walk: _Walk, depth: int) -> dict[str, Any]:
    kind, count = _counted(walk)
    members: dict[str, Any] = {}
    seen = 0
    while count is None or seen < count:
        if count is None and walk.window.u8(walk.place) == ord("}"):
            walk.place += 1
            break
        name = walk.text()
        members[name] = _value(walk, walk.byte() if kind is None else kind, depth)
        seen += 1
    return members
