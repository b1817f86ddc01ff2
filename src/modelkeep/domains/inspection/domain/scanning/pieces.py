"""Files, files within files, and how much of them is unpacked: nothing ever to disk."""

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO, Final

from modelkeep.domains.inspection.domain.pickles.allow_list import AllowList
from modelkeep.domains.inspection.domain.scanning.reports import ScanReport

MOST_UNPACKED: Final = 8 * 2**30
MOST_RATIO: Final = 100
MOST_IN_MEMORY: Final = 64 * 2**20
MOST_DEPTH: Final = 4
_FREE_BYTES: Final = 2**20


class UnpackingLimitError(Exception):
    """There is more in an archive, or packed more tightly, than is looked at."""


@dataclass(slots=True)
class Scan:
    """What one scan of a file, with all the files in it, shares.

    `inner` scans a file that is within another.
    """

    allowed: AllowList
    inner: Callable[["Scan", "Piece"], ScanReport]
    unpacked: int = 0

    def count(self, unpacked: int) -> None:
        """Count bytes that were unpacked."""
        self.unpacked += unpacked
        if self.unpacked > MOST_UNPACKED:
            raise UnpackingLimitError(f"more than {MOST_UNPACKED} bytes are packed in it")


@dataclass(slots=True)
class Piece:
    """A file, or a file within one. One within an archive can be read from front to back only."""

    path: str
    file: BinaryIO
    is_seekable: bool
    depth: int = 0

    @property
    def name(self) -> str:
        """The last part of its path, in small letters."""
        return self.path.replace("!", "/").rsplit("/", 1)[-1].lower()

    def within(self, name: str, file: BinaryIO, *, is_seekable: bool = False) -> "Piece":
        """Return a file in it.

        Raises:
            UnpackingLimitError: it is too deep in others.
        """
        if self.depth >= MOST_DEPTH:
            raise UnpackingLimitError(f"files within files, {MOST_DEPTH} deep")
        return Piece(f"{self.path}!{name}", file, is_seekable, self.depth + 1)


@dataclass(slots=True)
class Counted:
    """A file that is being unpacked: how much comes out of how much is bounded."""

    file: BinaryIO
    scan: Scan
    packed: Callable[[], int]
    taken: int = field(default=0, init=False)

    def read(self, size: int = -1) -> bytes:
        """Return bytes.

        Raises:
            UnpackingLimitError: it is too much, or out of too little.
        """
        data = self.file.read(size)
        self.taken += len(data)
        self.scan.count(len(data))
        if self.taken > _FREE_BYTES and self.taken > MOST_RATIO * max(self.packed(), 1):
            raise UnpackingLimitError(f"more than {MOST_RATIO} bytes are packed into one")
        return data


def in_memory(piece: Piece) -> Piece:
    """Return a file that can be read in any order; within an archive it is read whole.

    Raises:
        UnpackingLimitError: it is too long for that.
    """
    if piece.is_seekable:
        return piece
    parts, length = [], 0
    while data := piece.file.read(2**20):
        length += len(data)
        if length > MOST_IN_MEMORY:
            raise UnpackingLimitError(f"{piece.path} has more than {MOST_IN_MEMORY} bytes")
        parts.append(data)
    return Piece(piece.path, BytesIO(b"".join(parts)), is_seekable=True, depth=piece.depth)
