"""Keys on the curves that model-signing knows: P-256, P-384 and P-521, each with the hash of its size."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from modelkeep.kernel.errors import InvalidValueError

_HASHES: Final[Mapping[str, Callable[[], HashAlgorithm]]] = {
    "secp256r1": SHA256,
    "secp384r1": SHA384,
    "secp521r1": SHA512,
}
_BLOCK: Final = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)


class InvalidSigningKeyError(InvalidValueError):
    """A key or certificate cannot be read, needs another password, or is of a kind that bundles do not know."""

    code = "signing.invalid_key"


@dataclass(frozen=True)
class PublicKey:
    """A public key that verifies."""

    _key: EllipticCurvePublicKey = field(repr=False)

    @classmethod
    def from_pem(cls, text: bytes) -> Self:
        """Read a public key in PEM.

        Raises:
            InvalidSigningKeyError: it is none, or on another curve.
        """
        return cls.of(_read(load_pem_public_key, text))

    @classmethod
    def from_der(cls, der: bytes) -> Self:
        """Read a SubjectPublicKeyInfo.

        Raises:
            InvalidSigningKeyError: it is none, or on another curve.
        """
        return cls.of(_read(load_der_public_key, der))

    @classmethod
    def all_from_pem(cls, text: bytes) -> tuple[Self, ...]:
        """Read the public keys in a PEM file, whatever else is in it.

        Raises:
            InvalidSigningKeyError: one of them is malformed, or on another curve.
        """
        return tuple(map(cls.from_pem, _BLOCK.findall(text)))

    @classmethod
    def of(cls, key: object) -> Self:
        """Return a key that was read elsewhere, such as that of a certificate.

        Raises:
            InvalidSigningKeyError: it is of another kind.
        """
        if isinstance(key, EllipticCurvePublicKey) and key.curve.name in _HASHES:
            return cls(key)
        raise _refusal("a public key on the curve P-256, P-384 or P-521 is needed")

    @cached_property
    def pem(self) -> str:
        """The one PEM form of it."""
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @cached_property
    def hint(self) -> str:
        """How bundles name it: the SHA-256 of the PEM form, in hex."""
        return hashlib.sha256(self.pem.encode()).hexdigest()

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Say whether a signature, in DER, is that of this key over the message."""
        try:
            self._key.verify(signature, message, ECDSA(_HASHES[self._key.curve.name]()))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class PrivateKey:
    """A private key that signs."""

    _key: EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def from_pem(cls, text: bytes, password: str | None = None) -> Self:
        """Read a private key in PEM.

        Raises:
            InvalidSigningKeyError: it is none, on another curve, or encrypted with another password.
        """
        secret = password.encode() if password else None
        key = _read(lambda data: load_pem_private_key(data, secret), text)
        if isinstance(key, EllipticCurvePrivateKey) and key.curve.name in _HASHES:
            return cls(key)
        raise _refusal("a private key in PEM on the curve P-256, P-384 or P-521 is needed")

    @classmethod
    def generate(cls) -> Self:
        """Make a new one, on P-256."""
        return cls(generate_private_key(SECP256R1()))

    @cached_property
    def public(self) -> PublicKey:
        """The key that verifies what it signs."""
        return PublicKey(self._key.public_key())

    def to_pem(self, password: str | None = None) -> str:
        """Return the key, encrypted if there is a password: what a file that only its owner reads may hold."""
        encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, in DER."""
        return self._key.sign(message, ECDSA(_HASHES[self._key.curve.name]()))


def _read(load: Callable[[bytes], object], text: bytes) -> object:
    try:
        return load(text)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        reason = str(error).partition("\n")[0][:200].rstrip(".")
        raise _refusal(
            f"the key cannot be read ({reason}): give a key in PEM, and its password if it has one"
        ) from None


def _refusal(message: str) -> InvalidSigningKeyError:
    return InvalidSigningKeyError(message)
