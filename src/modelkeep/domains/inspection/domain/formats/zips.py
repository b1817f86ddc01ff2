"""Zip archives, read in place: nothing is unpacked to disk, and no member or directory is read without a limit."""

import lzma
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, cast
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from modelkeep.domains.inspection.domain.facts import Span
from modelkeep.domains.inspection.domain.formats.windows import UnreadableFileError, Window, WindowFile

END_RECORD: Final = b"PK\x05\x06"
MAGICS: Final = (b"PK\x03\x04", END_RECORD)
MOST_MEMBERS: Final = 100_000
_MOST_RATIO: Final = 200
_SMALL: Final = 2**20
_LOCAL_HEADER: Final = 30
_BROKEN: Final = (
    BadZipFile,
    EOFError,
    KeyError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)


class Archive:
    """The members of a zip archive."""

    def __init__(self, window: Window) -> None:
        """Read the directory.

        Raises:
            UnreadableFileError: there is none, or it names a member twice or too many.
        """
        self.window = window
        with _translated():
            self._zip = ZipFile(cast("BinaryIO", WindowFile(window)))
        infos = self._zip.infolist()
        self.members = {info.filename: info for info in infos}
        if len(infos) > MOST_MEMBERS or len(self.members) < len(infos):
            raise UnreadableFileError(f"the archive names a member twice, or has more than {MOST_MEMBERS}")

    def read(self, name: str, most: int) -> bytes:
        """Return a member whole.

        Raises:
            UnreadableFileError: it is not there, broken, or longer than `most` bytes.
        """
        info = self._info(name)
        _check_ratio(info)
        if info.file_size > most:
            raise UnreadableFileError(f"{name} has {info.file_size} bytes; {most} are read at most")
        with _translated(), self._zip.open(info) as member:
            data = member.read(most + 1)
            if len(data) > most:
                raise UnreadableFileError(f"{name} has more than the {most} bytes that are read")
            return data

    def head(self, name: str, most: int) -> bytes:
        """Return the beginning of a member."""
        info = self._info(name)
        _check_ratio(info)
        with _translated(), self._zip.open(info) as member:
            return member.read(most)

    def span(self, name: str) -> Span | None:
        """Return where the bytes of a member lie; None if they are packed."""
        info = self._info(name)
        if info.compress_type != ZIP_STORED or info.flag_bits & 1:
            return None
        header = info.header_offset
        names = self.window.u16(header + 26) + self.window.u16(header + 28)
        span = Span(header + _LOCAL_HEADER + names, info.file_size)
        if span.start + span.length > self.window.size:
            raise UnreadableFileError(f"the bytes of {name} are not all in the archive")
        return span

    def _info(self, name: str) -> ZipInfo:
        info = self.members.get(name)
        if info is None:
            raise UnreadableFileError(f"the archive has no {name}")
        return info


def _check_ratio(info: ZipInfo) -> None:
    if info.file_size > _SMALL and info.file_size > _MOST_RATIO * max(info.compress_size, 1):
        raise UnreadableFileError(f"{info.filename} is packed more tightly than any model")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise UnreadableFileError(f"the archive is broken: {str(error)[:200] or type(error).__name__}") from None
