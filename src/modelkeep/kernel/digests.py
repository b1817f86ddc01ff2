"""SHA-256 digests: the identity of every blob, manifest and audit leaf."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Self

from modelkeep.kernel.canonical_json import Json, canonical_json
from modelkeep.kernel.errors import InvalidValueError

_PREFIX: Final = "sha256:"
_HEX: Final = re.compile(r"[0-9a-f]{64}")


class InvalidDigestError(InvalidValueError):
    """The text is not a SHA-256 digest in its one accepted form."""

    code = "kernel.invalid_digest"


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A SHA-256 digest; as text `sha256:` and 64 lower-case hexadecimal digits.

    Raises:
        InvalidDigestError: `hex` is anything but 64 lower-case hexadecimal digits.
    """

    hex: str

    def __post_init__(self) -> None:
        """Refuse what is no digest, so that a `Digest` in hand may name a stored object."""
        if _HEX.fullmatch(self.hex) is None:
            raise _refusal(self.hex)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `sha256:<64 lower-case hexadecimal digits>`.

        Raises:
            InvalidDigestError: the text has another form; upper case and other algorithms count as such.
        """
        if not text.startswith(_PREFIX):
            raise _refusal(text)
        return cls(text[len(_PREFIX) :])

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return the digest of bytes in memory; use `Hasher` for streams."""
        return cls(hashlib.sha256(data).hexdigest())

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        return _PREFIX + self.hex


class Hasher:
    """The digest of a stream, fed in chunks."""

    def __init__(self) -> None:
        """Start with no bytes seen."""
        self._state = hashlib.sha256()

    def update(self, chunk: bytes | memoryview) -> None:
        """Take the next bytes; the interpreter lock is released for all but small chunks."""
        self._state.update(chunk)

    def digest(self) -> Digest:
        """Return the digest of all bytes so far; more may follow."""
        return Digest(self._state.hexdigest())


def digest_json(value: Json) -> Digest:
    """Return the digest of a value's canonical JSON.

    Raises:
        InvalidJsonError: the value has no canonical form.
    """
    return Digest.of(canonical_json(value))


def _refusal(text: str) -> InvalidDigestError:
    shown = text if len(text) <= len(_PREFIX) + 64 else f"{text[:64]}…"
    return InvalidDigestError(f"{shown!a} is not a digest; write sha256: and 64 lower-case hexadecimal digits.")
