"""Secrets that the server must be able to read again, encrypted at rest.

AES-256-GCM under keys derived from the server's secret key by HKDF-SHA256, one for each purpose (RFC 5869). What a
sealed text belongs to is authenticated along with it, so that it cannot be moved to another row.
"""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from modelkeep.kernel.errors import Kind, RegistryError

_FORMAT: Final = b"\x01"
_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32


class SealBrokenError(RegistryError):
    """A stored secret cannot be read: it was sealed under another secret key, or was changed."""

    kind = Kind.CORRUPT
    code = "sealing.broken"


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals and opens texts for one purpose, such as `webhooks`.

    The first key seals; what was sealed under one of the others still opens.
    """

    secret_keys: tuple[bytes, ...] = field(repr=False)
    purpose: str

    def seal(self, text: str, *, belongs_to: str) -> bytes:
        """Return a text encrypted; it opens only for the same purpose and the same `belongs_to`."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher(self.secret_keys[0]).encrypt(nonce, text.encode(), belongs_to.encode())

    def open(self, sealed: bytes, *, belongs_to: str) -> str:
        """Return the text.

        Raises:
            SealBrokenError: it was sealed otherwise, or under another key.
        """
        nonce, encrypted = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        for key in self.secret_keys:
            with suppress(InvalidTag, ValueError):
                return self._cipher(key).decrypt(nonce, encrypted, belongs_to.encode()).decode()
        raise SealBrokenError(
            f"a secret of {belongs_to} cannot be read: it was stored under another secret key; name that one in "
            "MODELKEEP_PREVIOUS_SECRET_KEYS"
        )

    def _cipher(self, secret_key: bytes) -> AESGCM:
        derivation = HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"modelkeep sealing {self.purpose}".encode())
        return AESGCM(derivation.derive(secret_key))
