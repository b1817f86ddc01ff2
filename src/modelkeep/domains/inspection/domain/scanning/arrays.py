"""Arrays of NumPy (`.npy`): numbers, or a pickle behind the header. Source: `numpy/lib/format.py`."""

from ast import literal_eval
from typing import Final

from modelkeep.domains.inspection.domain.pickles.inspection import inspect_pickles
from modelkeep.domains.inspection.domain.pickles.streams import ByteStream, EndOfBytesError
from modelkeep.domains.inspection.domain.scanning.pieces import Piece, Scan
from modelkeep.domains.inspection.domain.scanning.reports import ScanReport, code_capable, data_only, unknown

_LENGTHS: Final = {1: 2, 2: 4, 3: 4}
_MOST_HEADER: Final = 64 * 1024
_FIELDS: Final = {"descr", "fortran_order", "shape"}


def scan_array(scan: Scan, piece: Piece) -> ScanReport:
    """Walk the pickle of an array of objects; any other array is numbers."""
    stream = ByteStream(piece.file)
    try:
        header = _header(stream)
    except (EndOfBytesError, KeyError, MemoryError, RecursionError, SyntaxError, TypeError, ValueError) as error:
        return unknown(piece.path, f"its header cannot be read ({type(error).__name__})")
    if not _has_objects(header["descr"]):
        return data_only("npy")
    report = inspect_pickles(stream, piece.path, scan.allowed)
    return code_capable("npy", *report.findings)


def _header(stream: ByteStream) -> dict[str, object]:
    magic = stream.take(8)
    length = int.from_bytes(stream.take(_LENGTHS[magic[6]]), "little")
    if length > _MOST_HEADER:
        raise ValueError("too long")
    header = literal_eval(stream.take(length).decode("latin-1").strip())
    if not isinstance(header, dict) or set(header) != _FIELDS:
        raise TypeError("no header")
    return header


def _has_objects(descr: object) -> bool:
    """Say whether a dtype may hold objects: so says a code, and a structure in any of its fields."""
    if isinstance(descr, str):
        return "O" in descr or not descr
    if isinstance(descr, list):
        return any(_has_objects(field[1]) if isinstance(field, tuple) and len(field) > 1 else True for field in descr)
    return not (isinstance(descr, tuple) and descr) or _has_objects(descr[0])
