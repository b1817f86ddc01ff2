"""The list of what an evidence pack holds: signed as a note, and what its verifier goes by."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from modelkeep.kernel.digests import Digest
from modelkeep.kernel.errors import InvalidValueError

EVIDENCE_HEADER: Final = "modelkeep.evidence/v1"
"""The first line; no checkpoint begins so, so that none can be taken for the other."""
MANIFEST_FILE: Final = "MANIFEST"
MAX_FILES: Final = 100_000

_LINE: Final = re.compile(r"(sha256:[0-9a-f]{64}) (0|[1-9][0-9]{0,15}) ([0-9A-Za-z][0-9A-Za-z._/@-]{0,254})")
_HEAD: Final = 4
_LOG: Final = re.compile(r"log (0|[1-9][0-9]{0,18})")


class InvalidEvidenceError(InvalidValueError):
    """The list of an evidence pack has another form."""

    code = "kernel.invalid_evidence"


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file of a pack: the digest of its bytes, and how many there are."""

    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class EvidenceManifest:
    """What a pack is about, when it was made, how long the audit log was, and each of its files by path."""

    reference: str
    made_at: str
    log_size: int
    files: Mapping[str, PackedFile]

    @property
    def text(self) -> str:
        """What is signed: lines, each with its newline, none of them empty."""
        listed = (f"{found.digest} {found.size} {path}" for path, found in sorted(self.files.items()))
        return "".join(
            f"{line}\n" for line in (EVIDENCE_HEADER, self.reference, self.made_at, f"log {self.log_size}", *listed)
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it.

        Raises:
            InvalidEvidenceError: it is none, or has a path twice.
        """
        lines = text.removesuffix("\n").split("\n")
        if len(lines) > _HEAD and lines[0] == EVIDENCE_HEADER:
            size, listed = _LOG.fullmatch(lines[3]), [_LINE.fullmatch(line) for line in lines[_HEAD:]]
            files = {found[3]: PackedFile(Digest.parse(found[1]), int(found[2])) for found in listed if found}
            if size is not None and len(files) == len(listed) <= MAX_FILES:
                return cls(lines[1], lines[2], int(size[1]), files)
        raise InvalidEvidenceError("the list of the pack is none: it was not made by this program, or changed")
