"""Archives: every file in them is scanned; none is unpacked to disk."""

import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from typing import BinaryIO, Final, cast

from modelkeep.domains.inspection.domain.formats.zips import END_RECORD, MOST_MEMBERS
from modelkeep.domains.inspection.domain.scanning.keras import scan_keras_config
from modelkeep.domains.inspection.domain.scanning.pieces import Counted, Piece, Scan
from modelkeep.domains.inspection.domain.scanning.reports import ScanReport, code_capable, unknown
from modelkeep.domains.inspection.domain.scanning.skops import scan_skops_schema
from modelkeep.domains.inspection.domain.verdicts import Finding, FormatPolicy, Verdict

_END_REACH: Final = 65_535 + 22
_TORCH_RAW: Final = re.compile(
    r"data/\d+|version|byteorder|\.format_version|\.storage_alignment|\.data/serialization_id"
)
_BROKEN: Final = (
    EOFError, KeyError, LookupError, NotImplementedError, OSError, OverflowError, RuntimeError, ValueError,
    lzma.LZMAError, struct.error, tarfile.TarError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def is_zip(file: BinaryIO) -> bool:
    """Say whether a loader of zip archives finds one at the end of a seekable file."""
    try:
        return zipfile.is_zipfile(file)
    except _BROKEN:
        return True  # it has an end record, and something is wrong with it


def scan_zip(scan: Scan, piece: Piece) -> ScanReport:
    """Scan the members of a seekable zip archive, and the archive as what its members make it."""
    try:
        with zipfile.ZipFile(piece.file) as archive:
            return _Zip(scan, piece, archive).report()
    except _BROKEN as error:
        return unknown(piece.path, f"the archive is broken: {error}")


class _Zip:
    """One zip archive."""

    def __init__(self, scan: Scan, piece: Piece, archive: zipfile.ZipFile) -> None:
        self._scan, self._piece, self._archive = scan, piece, archive
        self._members = archive.infolist()
        self._names = {member.filename for member in self._members}
        self._findings: list[Finding] = []

    def report(self) -> ScanReport:
        self._look_at_the_archive()
        torch = tuple(name.removesuffix("data.pkl") for name in self._names if _last(name) == "data.pkl")
        policies = []
        for member in self._members[:MOST_MEMBERS]:
            if member.is_dir() or (torch and _is_raw(member.filename, torch)):
                continue
            found = self._member(member)
            policies.append(found.policy)
            self._findings += found.findings
        return ScanReport("zip", FormatPolicy.together(policies), tuple(self._findings))

    def _look_at_the_archive(self) -> None:
        if len(self._members) > MOST_MEMBERS:
            self._find(Verdict.INCONCLUSIVE, f"more than {MOST_MEMBERS} members")
        if len(self._names) < len(self._members):
            self._find(Verdict.SUSPICIOUS, "it names a member twice: who reads it may read another")
        file = self._piece.file
        size = file.seek(0, 2)
        file.seek(max(0, size - _END_REACH))
        if file.read(_END_REACH).count(END_RECORD) > 1:
            self._find(Verdict.SUSPICIOUS, "it may have two directories: who reads it may read another")
        if any("code" in name.split("/") or _last(name) == "constants.pkl" for name in self._names) and any(
            _last(name) == "data.pkl" for name in self._names
        ):
            self._find(Verdict.INCONCLUSIVE, "it is TorchScript: the code in it is not looked at")

    def _find(self, verdict: Verdict, message: str) -> None:
        self._findings.append(Finding.of("archive.zip", verdict, self._piece.path, message))

    def _member(self, member: zipfile.ZipInfo) -> ScanReport:
        path = f"{self._piece.path}!{member.filename}"
        try:
            with self._archive.open(member) as file:
                counted = cast("BinaryIO", Counted(cast("BinaryIO", file), self._scan, lambda: member.compress_size))
                inner = self._piece.within(member.filename, counted)
                special = self._special(member.filename)
                if special is not None:
                    return special(inner)
                found = self._scan.inner(self._scan, inner)
                while counted.read(2**20):  # to its end, and to the check that stands there
                    pass
                return found
        except _BROKEN as error:
            return unknown(path, f"the member cannot be read: {error}")

    def _special(self, name: str) -> Callable[[Piece], ScanReport] | None:
        if name == "config.json" and "metadata.json" in self._names:
            return scan_keras_config
        if name == "schema.json":
            return lambda inner: scan_skops_schema(inner, self._scan.allowed)
        if name == "model.weights.h5" and "config.json" in self._names:
            return lambda _: ScanReport("keras-weights", FormatPolicy.DATA_ONLY)
        return None


def _is_raw(name: str, prefixes: tuple[str, ...]) -> bool:
    """Say whether a member of a file of PyTorch is read as numbers."""
    return any(name.startswith(prefix) and _TORCH_RAW.fullmatch(name.removeprefix(prefix)) for prefix in prefixes)


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1]


def scan_tar(scan: Scan, piece: Piece) -> ScanReport:
    """Scan the files in a seekable tar archive."""
    findings: list[Finding] = []
    policies = []
    try:
        with tarfile.open(fileobj=piece.file, mode="r:") as archive:
            for number, member in enumerate(archive):
                if number >= MOST_MEMBERS:
                    return unknown(piece.path, f"more than {MOST_MEMBERS} members")
                found = _in_tar(scan, piece, archive, member)
                policies.append(found.policy)
                findings += found.findings
    except _BROKEN as error:
        return unknown(piece.path, f"the archive is broken: {error}")
    return ScanReport("tar", FormatPolicy.together(policies), tuple(findings))


def _in_tar(scan: Scan, piece: Piece, archive: tarfile.TarFile, member: tarfile.TarInfo) -> ScanReport:
    path = f"{piece.path}!{member.name}"
    if member.name.startswith("/") or ".." in member.name.split("/"):
        return code_capable(
            "tar", Finding.of("archive.path", Verdict.SUSPICIOUS, path, "it unpacks to a place outside of its folder")
        )
    if member.isdir():
        return ScanReport("folder", FormatPolicy.DATA_ONLY)
    file = archive.extractfile(member) if member.isreg() else None
    if file is None:
        return code_capable(
            "tar", Finding.of("archive.link", Verdict.SUSPICIOUS, path, "it is no file but a link or a device")
        )
    counted = Counted(cast("BinaryIO", file), scan, lambda: max(member.size, 1))
    return scan.inner(scan, piece.within(member.name, cast("BinaryIO", counted)))
