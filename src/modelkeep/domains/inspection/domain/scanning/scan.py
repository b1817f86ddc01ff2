"""Scans one file: whatever its bytes could be taken for is looked at, and the worst counts."""

from collections.abc import Callable
from io import BytesIO
from typing import BinaryIO, Final, cast

from modelkeep.domains.inspection.domain.formats import numpy_arrays, zips
from modelkeep.domains.inspection.domain.pickles.allow_list import AllowList
from modelkeep.domains.inspection.domain.pickles.inspection import inspect_pickles, looks_like_pickle
from modelkeep.domains.inspection.domain.pickles.streams import ByteStream
from modelkeep.domains.inspection.domain.scanning.archives import is_zip, scan_tar, scan_zip
from modelkeep.domains.inspection.domain.scanning.arrays import scan_array
from modelkeep.domains.inspection.domain.scanning.known import KNOWN_MAGIC, KNOWN_SUFFIXES, scan_known
from modelkeep.domains.inspection.domain.scanning.packed import PACKINGS, scan_packed, unsupported_packing
from modelkeep.domains.inspection.domain.scanning.pieces import Piece, Scan, UnpackingLimitError, in_memory
from modelkeep.domains.inspection.domain.scanning.plain import DATA_MAGIC, DATA_NAMES, scan_data, scan_text
from modelkeep.domains.inspection.domain.scanning.reports import ScanReport, code_capable, unknown
from modelkeep.domains.inspection.domain.verdicts import Finding, FormatPolicy, Verdict

_HEAD: Final = 512
_TAR_MAGIC_AT: Final = 257
_PICKLE_SUFFIXES: Final = (
    ".bin", ".ckpt", ".cloudpickle", ".dill", ".jbl", ".joblib", ".p", ".pickle", ".pk", ".pkl", ".pt", ".pt2",
    ".pth", ".sav", ".th",
)  # fmt: skip

Scanner = Callable[[Scan, Piece, bytes], ScanReport]


def scan(file: BinaryIO, path: str, allowed: AllowList) -> ScanReport:
    """Say what is harmful in a seekable file.

    Args:
        file: it, at any place.
        path: its path in the model, from which its format may follow.
        allowed: names that pickles may use.
    """
    piece = Piece(path, file, is_seekable=True)
    started = Scan(allowed, _scan_piece)
    try:
        file.seek(0)
        report = _scan_piece(started, piece)
        if report.kind != "zip" and is_zip(file):  # an archive may follow after anything; loaders of zip read it
            file.seek(0)
            hidden = scan_zip(started, piece)
            finding = Finding.of(
                "file.two_formats", Verdict.SUSPICIOUS, path, f"it is {report.kind}, and a zip archive"
            )
            report = ScanReport(report.kind, FormatPolicy.CODE_CAPABLE, (*report.findings, *hidden.findings, finding))
    except UnpackingLimitError as error:
        return unknown(path, str(error))
    except (MemoryError, RecursionError) as error:
        return unknown(path, f"it is too large or nested too deep to be looked at ({type(error).__name__})")
    return report


def _scan_piece(started: Scan, piece: Piece) -> ScanReport:
    head, piece = _with_head(piece)
    scanner = _scanner_of(head, piece.name)
    if scanner is _scan_pickle:
        return _scan_pickle(started, piece, head)
    report = scanner(started, piece, head)
    return report.with_findings(_as_pickle(started, piece, head))


def _with_head(piece: Piece) -> tuple[bytes, Piece]:
    """Return the first bytes, and the file with them still to be read."""
    head = piece.file.read(_HEAD)
    if piece.is_seekable:
        piece.file.seek(0)
        return head, piece
    return head, Piece(piece.path, cast("BinaryIO", _Rejoined(head, piece.file)), is_seekable=False, depth=piece.depth)


class _Rejoined:
    """A file of which the first bytes were read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def read(self, size: int = -1) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            if 0 <= size < len(head):
                head, self._head = head[:size], head[size:]
            return head
        return self._rest.read(size)


def _scanner_of(head: bytes, name: str) -> Scanner:
    """Choose by magic bytes, then by name."""
    if unsupported_packing(head):
        return lambda _started, piece, _head: unknown(piece.path, "it is packed in a way that is not unpacked here")
    by_magic = (scanner for has_magic, scanner in _BY_MAGIC if has_magic(head))
    by_name = (scanner for suffixes, scanner in _BY_NAME if name.endswith(suffixes))
    named = scan_data if DATA_NAMES.fullmatch(name) else scan_text
    return next(by_magic, None) or next(by_name, named)


def _scan_zip(started: Scan, piece: Piece, head: bytes) -> ScanReport:
    del head
    return scan_zip(started, in_memory(piece))


def _scan_tar(started: Scan, piece: Piece, head: bytes) -> ScanReport:
    del head
    return scan_tar(started, in_memory(piece))


def _scan_array(started: Scan, piece: Piece, head: bytes) -> ScanReport:
    del head
    return scan_array(started, piece)


def _scan_pickle(started: Scan, piece: Piece, head: bytes) -> ScanReport:
    del head
    report = inspect_pickles(ByteStream(piece.file, is_seekable=piece.is_seekable), piece.path, started.allowed)
    return code_capable("pickle", *report.findings)


def _as_pickle(started: Scan, piece: Piece, head: bytes) -> tuple[Finding, ...]:
    """Look at another format as `pickle.load` would, which takes no notice of formats."""
    if piece.is_seekable:
        piece.file.seek(0)
        stream = ByteStream(piece.file, is_seekable=True)
    else:
        stream = ByteStream(BytesIO(head))
    return inspect_pickles(stream, piece.path, started.allowed).called_findings


def _begins(place: int, magic: bytes) -> Callable[[bytes], bool]:
    return lambda head: head[place : place + len(magic)] == magic


_BY_MAGIC: Final[tuple[tuple[Callable[[bytes], bool], Scanner], ...]] = (
    (lambda head: head.startswith(zips.MAGICS), _scan_zip),
    (_begins(0, numpy_arrays.MAGIC), _scan_array),
    *((is_packed, scan_packed) for is_packed in PACKINGS),
    (_begins(_TAR_MAGIC_AT, b"ustar"), _scan_tar),
    (looks_like_pickle, _scan_pickle),
    *((_begins(place, magic), scan_known(look)) for place, magic, look in KNOWN_MAGIC),
    (lambda head: head.startswith(DATA_MAGIC), scan_data),
)
_BY_NAME: Final[tuple[tuple[str | tuple[str, ...], Scanner], ...]] = (
    *((suffix, scan_known(look)) for suffix, look in KNOWN_SUFFIXES.items()),
    (_PICKLE_SUFFIXES, _scan_pickle),
)
