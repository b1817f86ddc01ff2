"""Certificates of signers: whether an authority that is trusted has issued them, for signing, at a time (RFC 5280)."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from modelkeep.kernel.errors import InvalidValueError
from modelkeep.signing.keys import InvalidSigningKeyError, PublicKey

_MAX_AUTHORITIES: Final = 8
_MALFORMED: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What `cryptography` raises for certificates that are none."""


class UntrustedCertificateError(InvalidValueError):
    """No trusted authority vouches for the signer's certificate, at that time and for signing."""

    code = "signing.untrusted_certificate"


@dataclass(frozen=True, slots=True)
class Signer:
    """Whom a certificate was issued to: a key, and names as `email:…`, `uri:…` and `dns:…`."""

    key: PublicKey
    identities: tuple[str, ...]


def read_certificates(text: bytes) -> tuple[x509.Certificate, ...]:
    """Read the certificates in a PEM file.

    Raises:
        InvalidSigningKeyError: there is none, or one is malformed.
    """
    try:
        return tuple(x509.load_pem_x509_certificates(text))
    except _MALFORMED as error:
        raise InvalidSigningKeyError(f"no certificate in PEM can be read there ({error})") from None


def signer_of(certificate: x509.Certificate) -> Signer:
    """Return whom a certificate says it was issued to; whether that is true is for an `Authority` to say.

    Raises:
        InvalidSigningKeyError: its key is of a kind that bundles do not know, or a part of it is malformed.
    """
    try:
        return Signer(PublicKey.of(certificate.public_key()), tuple(_identities(certificate)))
    except _MALFORMED as error:
        raise InvalidSigningKeyError(f"the certificate cannot be read ({error})") from None


@dataclass(frozen=True)
class Authority:
    """Certificates that are trusted to issue others."""

    certificates: tuple[x509.Certificate, ...] = field(repr=False)

    @classmethod
    def from_pem(cls, text: bytes) -> Self:
        """Read one authority, or a few, in PEM.

        Raises:
            InvalidSigningKeyError: there is no certificate, too many, or one may not issue others.
        """
        found = read_certificates(text)
        if len(found) > _MAX_AUTHORITIES or not all(map(_may_issue, found)):
            raise InvalidSigningKeyError(
                f"an authority is 1 to {_MAX_AUTHORITIES} certificates that may issue others (basicConstraints CA:TRUE)"
            )
        return cls(found)

    @cached_property
    def pem(self) -> str:
        """The one PEM form of it."""
        return "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in self.certificates)

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of the PEM form, in hex."""
        return hashlib.sha256(self.pem.encode()).hexdigest()

    def signer(self, chain: Sequence[bytes], at: datetime) -> Signer:
        """Return whom a chain of certificates (DER, the signer's first) leads to, if it is good at that time.

        Each certificate must be valid then, the signer's must be for code signing, and none may be there that is not
        needed: it would be in the bundle unverified.

        Raises:
            UntrustedCertificateError: the chain does not lead to this authority, or not then, or not for signing.
        """
        try:
            leaf, *between = (x509.load_der_x509_certificate(der) for der in chain)
            builder = PolicyBuilder().store(Store(list(self.certificates))).time(at)
            verifier = builder.extension_policies(ca_policy=_ISSUERS, ee_policy=_SIGNERS).build_client_verifier()
            found = verifier.verify(leaf, between).chain
        except (*_MALFORMED, VerificationError) as error:
            raise UntrustedCertificateError(f"the signer's certificate is not trusted: {error}") from None
        if not set(between) <= set(found):
            raise UntrustedCertificateError("the bundle holds certificates that do not lead to the trusted authority")
        return signer_of(leaf)


def _for_signing(_policy: Policy, _certificate: x509.Certificate, usage: x509.ExtendedKeyUsage) -> None:
    if ExtendedKeyUsageOID.CODE_SIGNING not in usage:
        raise ValueError("it is not for code signing (extendedKeyUsage)")


_ISSUERS: Final = ExtensionPolicy.webpki_defaults_ca()
_SIGNERS: Final = ExtensionPolicy.permit_all().require_present(
    x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _for_signing
)


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (*_MALFORMED, x509.ExtensionNotFound):
        return False


def _identities(certificate: x509.Certificate) -> Iterator[str]:
    try:
        names: Iterable[x509.GeneralName] = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value
    except x509.ExtensionNotFound:
        return
    for name in names:
        if isinstance(name, x509.RFC822Name):
            yield f"email:{name.value}"
        elif isinstance(name, x509.UniformResourceIdentifier):
            yield f"uri:{name.value}"
        elif isinstance(name, x509.DNSName):
            yield f"dns:{name.value}"
