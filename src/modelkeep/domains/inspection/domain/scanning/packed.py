"""Files that are one packed file: what is in them is scanned as it comes out."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, Final, cast

from modelkeep.domains.inspection.domain.scanning.pieces import Counted, Piece, Scan
from modelkeep.domains.inspection.domain.scanning.reports import ScanReport, unknown

_ZLIB_METHOD: Final = 0x78
_UNSUPPORTED: Final = (
    b"\x04\x22\x4d\x18",  # LZ4
    b"\x28\xb5\x2f\xfd",  # Zstandard
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x1f\x9d",  # compress
    b"ZF0x",  # joblib before 0.10
)
_BROKEN: Final = (EOFError, OSError, ValueError, lzma.LZMAError, zlib.error)


def _is_zlib(head: bytes) -> bool:
    """A header of RFC 1950 whose check holds and which has no dictionary."""
    return (
        len(head) > 1 and head[0] == _ZLIB_METHOD and not head[1] & 0x20 and int.from_bytes(head[:2], "big") % 31 == 0
    )


def _opened_lzma(file: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", lzma.LZMAFile(file))


PACKINGS: Final[dict[Callable[[bytes], bool], Callable[[BinaryIO], BinaryIO]]] = {
    lambda head: head.startswith(b"\x1f\x8b"): lambda file: cast("BinaryIO", gzip.GzipFile(fileobj=file)),
    lambda head: head.startswith(b"BZh"): lambda file: cast("BinaryIO", bz2.BZ2File(file)),
    lambda head: head.startswith((b"\xfd7zXZ\x00", b"\x5d\x00\x00")): _opened_lzma,
    _is_zlib: lambda file: cast("BinaryIO", _Zlib(file)),
}


def unsupported_packing(head: bytes) -> bool:
    """Say whether it is packed in a way that is not unpacked here."""
    return head.startswith(_UNSUPPORTED)


def scan_packed(scan: Scan, piece: Piece, head: bytes) -> ScanReport:
    """Scan what is in the file."""
    opening = next(unpack for is_packed, unpack in PACKINGS.items() if is_packed(head))
    packed = _Metered(piece.file)
    try:
        inner = Counted(opening(cast("BinaryIO", packed)), scan, lambda: packed.taken)
        name = piece.path.replace("!", "/").rsplit("/", 1)[-1]
        found = scan.inner(scan, piece.within(_without_suffix(name), cast("BinaryIO", inner)))
        while inner.read(2**20):  # to its end, and to the check that stands there
            pass
    except _BROKEN as error:
        return unknown(piece.path, f"it cannot be unpacked: {error}")
    if packed.read(1):
        return found.with_findings(unknown(piece.path, "more follows after what is packed in it").findings)
    return found


def _without_suffix(name: str) -> str:
    stem, _, suffix = name.rpartition(".")
    return stem if stem and suffix.lower() in {"gz", "gzip", "bz2", "xz", "lzma", "z", "zlib"} else name


class _Metered:
    """A file of which is known how much was read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.taken += len(data)
        return data


class _Zlib:
    """One zlib stream."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._stream = zlib.decompressobj()
        self._packed = b""

    def read(self, size: int = -1) -> bytes:
        wanted = size if size > 0 else 2**20
        while not self._stream.eof:
            self._packed = self._packed or self._file.read(64 * 1024)
            if not self._packed:
                raise EOFError("it ends before its end")
            data = self._stream.decompress(self._packed, wanted)
            self._packed = self._stream.unconsumed_tail
            if data:
                return data
        if self._stream.unused_data:
            raise ValueError("more follows after its end")
        return b""
