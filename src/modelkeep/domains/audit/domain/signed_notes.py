"""Signed notes: text with signatures of named keys below it (c2sp.org/signed-note).

Only the form is here; who signs and verifies brings the cryptography.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass, replace
from typing import Final, Self

from modelkeep.kernel.errors import InvalidValueError

ED25519: Final = 0x01
"""Ed25519 over the text (c2sp.org/signed-note)."""

COSIGNATURE: Final = 0x04
"""A witness's Ed25519 signature over a time and the text (c2sp.org/tlog-cosignature)."""

MAX_SIGNATURES: Final = 64
_PUBLIC_BYTES: Final = 32
_ID_BYTES: Final = 4
_DASH: Final = "— "


class MalformedNoteError(InvalidValueError):
    """A text is no signed note, checkpoint or key in the form of C2SP."""

    code = "audit.malformed_note"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Who signs notes under a name, and with which public key; as text a `vkey`.

    Raises:
        MalformedNoteError: the name is empty, or holds a space or a plus; or the key has another length than 32 bytes.
    """

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        """Refuse what would make no signature line."""
        if not self.name or "+" in self.name or any(char.isspace() or ord(char) < ord(" ") for char in self.name):
            raise MalformedNoteError(f"{self.name[:80]!r} is no name of a key: it has no space and no plus")
        if self.kind not in (ED25519, COSIGNATURE) or len(self.public) != _PUBLIC_BYTES:
            raise MalformedNoteError(f"the key of {self.name[:80]} is not Ed25519, the one kind that is known here")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `NAME+ID+BASE64`.

        Raises:
            MalformedNoteError: it has another form, or its id is not that of the key.
        """
        name, _, rest = text.strip().partition("+")
        identity, _, encoded = rest.partition("+")
        data = decoded(encoded)
        key = cls(name, data[0] if data else 0, data[1:])
        if key.id.hex() != identity:
            raise MalformedNoteError(
                f"the key of {name[:80]} is damaged: its id is {key.id.hex()}, not {identity[:20]}"
            )
        return key

    @property
    def id(self) -> bytes:
        """The four bytes that signatures name the key by."""
        identity = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(identity).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        return f"{self.name}+{self.id.hex()}+{encoded(bytes([self.kind]) + self.public)}"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: the key by name and id, and what it signed with."""

    name: str
    key_id: bytes
    payload: bytes

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a line, without its newline.

        Raises:
            MalformedNoteError: it is no signature line.
        """
        name, _, signature = line.removeprefix(_DASH).partition(" ")
        data = decoded(signature)
        if not line.startswith(_DASH) or not name or len(data) <= _ID_BYTES:
            raise MalformedNoteError(f"{line[:80]!r} is no signature line")
        return cls(name, data[:_ID_BYTES], data[_ID_BYTES:])

    def by(self, key: VerifierKey) -> bool:
        """Say whether the line claims to be of a key."""
        return (self.name, self.key_id) == (key.name, key.id)

    def __str__(self) -> str:
        """Return the line, without its newline."""
        return f"{_DASH}{self.name} {encoded(self.key_id + self.payload)}"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text, which ends with a newline, and its signatures."""

    text: str
    signatures: tuple[NoteSignature, ...] = ()

    @classmethod
    def parse(cls, note: str) -> Self:
        """Read a note.

        Raises:
            MalformedNoteError: there is no signature below a blank line, or a line is malformed.
        """
        text, blank, lines = note.rpartition("\n\n")
        if not blank or not lines.endswith("\n"):
            raise MalformedNoteError("a signed note is a text, a blank line, and signature lines")
        return cls(text + "\n", parse_signatures(lines))

    def signed(self, *signatures: NoteSignature) -> Self:
        """Return the note with further signatures; one of the same key takes the place of the older."""
        new = {(line.name, line.key_id) for line in signatures}
        kept = tuple(line for line in self.signatures if (line.name, line.key_id) not in new)
        return replace(self, signatures=(*kept, *signatures))

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        return self.text + "\n" + "".join(f"{line}\n" for line in self.signatures)


def parse_signatures(lines: str) -> tuple[NoteSignature, ...]:
    """Read signature lines, each with its newline.

    Raises:
        MalformedNoteError: a line is none, or there are too many.
    """
    found = lines.removesuffix("\n").split("\n")
    if len(found) > MAX_SIGNATURES:
        raise MalformedNoteError(f"a note has at most {MAX_SIGNATURES} signatures here")
    return tuple(NoteSignature.parse(line) for line in found)


def encoded(data: bytes) -> str:
    """Return bytes as base64 (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def decoded(text: str) -> bytes:
    """Read base64.

    Raises:
        MalformedNoteError: it is none.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedNoteError(f"{text[:80]!r} is not base64") from error
