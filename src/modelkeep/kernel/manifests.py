"""The manifest of an artifact: which files it holds, in one canonical form whose digest is the content's identity."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

from modelkeep.kernel.canonical_json import MAX_INTEGER, Json, canonical_json, parse_json
from modelkeep.kernel.digests import Digest, InvalidDigestError
from modelkeep.kernel.manifest_paths import (
    MAX_PATH_BYTES,
    MAX_SEGMENT_BYTES,
    InvalidManifestError,
    ManifestRule,
    check_path,
    check_together,
)

__all__ = [
    "FILE_MODES",
    "MANIFEST_MEDIA_TYPE",
    "SCHEMA_VERSION",
    "FileEntry",
    "InvalidManifestError",
    "Manifest",
    "ManifestLimits",
    "ManifestRule",
    "check_path",
]

SCHEMA_VERSION: Final = 1
MANIFEST_MEDIA_TYPE: Final = "application/vnd.modelkeep.manifest.v1+json"
FILE_MODES: Final = frozenset({0o644, 0o755})
"""Plain and executable: the two modes that mean the same on every system."""

_DOCUMENT_DEPTH: Final = 3
_FILE_FIELDS: Final = ("path", "size", "digest", "media_type", "mode")
_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")


@dataclass(frozen=True, slots=True)
class ManifestLimits:
    """How much one manifest may hold; sizes in bytes.

    The path limits can be lowered here, not raised: `FileEntry` holds every path to the defaults.
    """

    max_files: int = 100_000
    max_file_size: int = 10 * 2**40
    max_total_size: int = 100 * 2**40
    max_document_bytes: int = 32 * 2**20
    max_path_bytes: int = MAX_PATH_BYTES
    max_segment_bytes: int = MAX_SEGMENT_BYTES


DEFAULT_LIMITS: Final = ManifestLimits()


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of an artifact: where it lies, what it holds, and whether it is executable.

    `size` is in bytes; `media_type` is a bare `type/subtype` (RFC 6838); `mode` is 0o644 or 0o755.

    Raises:
        InvalidManifestError: the path is refused by `check_path`, or a field is out of its range.
    """

    path: str
    size: int
    digest: Digest
    media_type: str
    mode: int

    def __post_init__(self) -> None:
        """Hold each field to its rule."""
        check_path(self.path)
        if type(self.size) is not int or not 0 <= self.size <= MAX_INTEGER:
            raise InvalidManifestError(ManifestRule.SIZE, "give its size as a number of bytes", path=self.path)
        if _MEDIA_TYPE.fullmatch(self.media_type) is None:
            raise InvalidManifestError(
                ManifestRule.MEDIA_TYPE, "give a type and subtype such as application/octet-stream", path=self.path
            )
        if self.mode not in FILE_MODES:
            raise InvalidManifestError(ManifestRule.MODE, "give the mode 420 (0o644) or 493 (0o755)", path=self.path)

    def to_json(self) -> dict[str, Json]:
        """Return the object that stands for the file in the document."""
        return {
            "path": self.path,
            "size": self.size,
            "digest": str(self.digest),
            "media_type": self.media_type,
            "mode": self.mode,
        }


@dataclass(frozen=True)
class Manifest:
    """The files of one artifact, kept in the order of their paths as UTF-8 bytes.

    Two manifests with the same files are equal and have the same digest, whatever order they were given in.

    Raises:
        InvalidManifestError: the paths cannot lie in one folder on every system: see `check_together`.
    """

    files: tuple[FileEntry, ...]

    def __post_init__(self) -> None:
        """Sort the files and hold them to the rules on paths that lie side by side."""
        # Code points sort as their UTF-8 bytes do.
        object.__setattr__(self, "files", tuple(sorted(self.files, key=_path)))
        check_together(map(_path, self.files))

    @classmethod
    def parse(cls, source: bytes | Json, limits: ManifestLimits = DEFAULT_LIMITS) -> Self:
        """Read a manifest document, as bytes or as the JSON value it holds; members may come in any order.

        Raises:
            InvalidManifestError: a rule of the document, of a file or of the limits is broken.
            InvalidJsonError: the bytes are too many or not strict JSON.
        """
        value = source
        if isinstance(value, bytes):
            value = parse_json(value, max_bytes=limits.max_document_bytes, max_depth=_DOCUMENT_DEPTH)
        match value:
            case {"schema_version": version, "media_type": kind, "files": files, **others} if not others:
                # `True == 1`, hence the type as well.
                if type(version) is int and (version, kind) == (SCHEMA_VERSION, MANIFEST_MEDIA_TYPE):
                    return cls.parse_files(files, limits)
        advice = f"send just schema_version {SCHEMA_VERSION}, media_type {MANIFEST_MEDIA_TYPE!r} and files"
        raise InvalidManifestError(ManifestRule.SCHEMA, advice)

    @classmethod
    def parse_files(cls, files: Json, limits: ManifestLimits = DEFAULT_LIMITS) -> Self:
        """Read the array of files alone, as a request for an upload carries it.

        Raises:
            InvalidManifestError: a rule of a file or of the limits is broken.
        """
        if isinstance(files, str) or not isinstance(files, Sequence):
            raise InvalidManifestError(ManifestRule.SCHEMA, "send files as an array of objects")
        _check_count(len(files), limits)
        manifest = cls(tuple(_entry(item, index) for index, item in enumerate(files)))
        manifest.check_limits(limits)
        return manifest

    def check_limits(self, limits: ManifestLimits) -> None:
        """Hold the manifest to limits, such as those of a server before anything is sent to it.

        Raises:
            InvalidManifestError: there are too many files, or one is too great or its path too long.
        """
        _check_count(len(self.files), limits)
        strict = limits.max_path_bytes < MAX_PATH_BYTES or limits.max_segment_bytes < MAX_SEGMENT_BYTES
        for entry in self.files:
            if entry.size > limits.max_file_size:
                advice = f"split the file, {limits.max_file_size} bytes is the most"
                raise InvalidManifestError(ManifestRule.SIZE, advice, path=entry.path)
            if strict:
                check_path(entry.path, max_path_bytes=limits.max_path_bytes, max_segment_bytes=limits.max_segment_bytes)
        if self.total_size > limits.max_total_size:
            advice = f"it adds up to {self.total_size} bytes; {limits.max_total_size} is the most"
            raise InvalidManifestError(ManifestRule.TOTAL_SIZE, advice)

    def document(self) -> bytes:
        """Return the canonical JSON that is stored, sent and digested."""
        return canonical_json(
            {
                "schema_version": SCHEMA_VERSION,
                "media_type": MANIFEST_MEDIA_TYPE,
                "files": [entry.to_json() for entry in self.files],
            }
        )

    @cached_property
    def digest(self) -> Digest:
        """The digest of the document: the identity of the content."""
        return Digest.of(self.document())

    @cached_property
    def total_size(self) -> int:
        """The sizes of all files added up, in bytes; equal files count each."""
        return sum(entry.size for entry in self.files)


def _entry(item: Json, index: int) -> FileEntry:
    match item:
        case {
            "path": str(path),
            "size": int(size),
            "digest": str(digest),
            "media_type": str(media_type),
            "mode": int(mode),
            **others,
        } if not others:
            return FileEntry(path, size, _digest(digest, path), media_type, mode)
    advice = f"file {index} is not an object of {', '.join(_FILE_FIELDS)}, with numbers as size and mode, and no more"
    raise InvalidManifestError(ManifestRule.SCHEMA, advice)


def _digest(text: str, path: str) -> Digest:
    try:
        return Digest.parse(text)
    except InvalidDigestError:
        advice = "give its digest as sha256: and 64 lower-case hexadecimal digits"
        raise InvalidManifestError(ManifestRule.DIGEST, advice, path=path) from None


def _check_count(count: int, limits: ManifestLimits) -> None:
    if count > limits.max_files:
        advice = f"it lists {count} files; pack them into fewer, at most {limits.max_files}"
        raise InvalidManifestError(ManifestRule.TOO_MANY_FILES, advice)


def _path(entry: FileEntry) -> str:
    return entry.path
