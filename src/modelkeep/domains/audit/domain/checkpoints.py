"""What the log states about itself: checkpoints, cosignatures of witnesses, and proofs as files."""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from modelkeep.domains.audit.domain.signed_notes import MalformedNoteError, SignedNote, decoded, encoded
from modelkeep.kernel.merkle import HASH_BYTES

PROOF_HEADER: Final = "c2sp.org/tlog-proof@v1"
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_STAMP: Final = struct.Struct(">Q")
_SIGNATURE_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The root of the tree over the first `size` entries of the log named `origin` (c2sp.org/tlog-checkpoint)."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a checkpoint's note.

        Raises:
            MalformedNoteError: it is none.
        """
        origin, size, root, *_ = [*text.split("\n"), "", ""]
        if not origin or _SIZE.fullmatch(size) is None or len(decoded(root)) != HASH_BYTES:
            raise MalformedNoteError("a checkpoint is a name, a size and a root of 32 bytes, each on its line")
        return cls(origin, int(size), decoded(root))

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{encoded(self.root)}\n"


def cosigned_message(time: int, text: str) -> bytes:
    """Return what a witness signs to say that it saw a checkpoint at a time, in seconds since 1970."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def cosignature_payload(time: int, signature: bytes) -> bytes:
    """Return what follows the key's id in the line of a cosignature."""
    return _STAMP.pack(time) + signature


def read_cosignature(payload: bytes) -> tuple[int, bytes]:
    """Return time and signature of a cosignature.

    Raises:
        MalformedNoteError: it has another length.
    """
    if len(payload) != _STAMP.size + _SIGNATURE_BYTES:
        raise MalformedNoteError("a cosignature is a time of 8 bytes and an Ed25519 signature of 64 bytes")
    (time,) = _STAMP.unpack_from(payload)
    return time, payload[_STAMP.size :]


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That an entry is at its place in the tree of a checkpoint: its siblings, from the leaf's own up."""

    seq: int
    leaf_hash: bytes
    leaf: bytes | None
    hashes: tuple[bytes, ...]
    size: int
    note: SignedNote

    @property
    def file(self) -> str:
        """The proof as a file (c2sp.org/tlog-proof); the leaf, if it has not been pruned, is its extra data."""
        extra = [] if self.leaf is None else [f"extra {encoded(self.leaf)}"]
        return "\n".join(
            [PROOF_HEADER, *extra, f"index {self.seq}", *map(encoded, self.hashes), "", str(self.note)],
        )


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the tree of one checkpoint continues that of another."""

    old_size: int
    new_size: int
    hashes: Sequence[bytes]
