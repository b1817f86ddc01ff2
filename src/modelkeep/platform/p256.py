"""ECDSA signatures (FIPS 186-5) on the curve P-256 with SHA-256."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

_BLOCK: Final = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class P256PublicKey:
    """A public key that verifies."""

    _key: EllipticCurvePublicKey

    @classmethod
    def from_der(cls, der: bytes) -> Self:
        """Read a SubjectPublicKeyInfo.

        Raises:
            ValueError: it is none, or holds a key of another kind.
        """
        return cls(_on_the_curve(load_der_public_key, der))

    @classmethod
    def all_from_pem(cls, text: bytes) -> tuple[Self, ...]:
        """Read the public keys in a PEM file.

        Raises:
            ValueError: one of them is malformed, or of another kind.
        """
        return tuple(cls(_on_the_curve(load_pem_public_key, block)) for block in _BLOCK.findall(text))

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Say whether a signature, in DER, is that of this key over the message."""
        try:
            self._key.verify(signature, message, ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True


def _on_the_curve(load: Callable[[bytes], object], data: bytes) -> EllipticCurvePublicKey:
    try:
        key = load(data)
    except UnsupportedAlgorithm as error:
        raise ValueError("a key of a kind that is not known") from error
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    raise ValueError("not a key on P-256")
