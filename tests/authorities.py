"""Authorities and certificates of tests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurve,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CURVES: tuple[type[EllipticCurve], ...] = (SECP256R1, SECP384R1, SECP521R1)
ISSUED = datetime(2026, 11, 1, tzinfo=UTC)
AN_IDENTITY = x509.RFC822Name("ci@example.org")


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return pem_of(self.key)


def a_key(curve: type[EllipticCurve] = SECP256R1) -> EllipticCurvePrivateKey:
    return generate_private_key(curve())


def pem_of(key: EllipticCurvePrivateKey, password: bytes | None = None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def public_pem_of(key: EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def an_authority(name: str = "authority", issuer: Issued | None = None, **facts: Any) -> Issued:  # noqa: ANN401 - those of _issue
    """Return an authority that issued itself, or one below another."""
    return _issue(name, issuer, ca=True, usage=(), names=(), **facts)


def a_signer(issuer: Issued, *names: x509.GeneralName, **facts: Any) -> Issued:  # noqa: ANN401 - those of _issue
    """Return a certificate for code signing."""
    usage = facts.pop("usage", (ExtendedKeyUsageOID.CODE_SIGNING,))
    return _issue("signer", issuer, ca=False, usage=usage, names=names or (AN_IDENTITY,), **facts)


def _issue(  # noqa: PLR0913 - a certificate has that many parts
    name: str,
    issuer: Issued | None,
    *,
    ca: bool,
    usage: tuple[x509.ObjectIdentifier, ...],
    names: tuple[x509.GeneralName, ...],
    curve: type[EllipticCurve] = SECP256R1,
    begins: datetime = ISSUED,
    days: int = 365,
) -> Issued:
    key = a_key(curve)
    above = issuer.key if issuer else key
    subject = _name(name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key()), critical=False)
        .add_extension(_may(issue=ca), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
    return Issued(builder.sign(above, hashes.SHA256()), key)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _may(*, issue: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not issue,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issue,
        crl_sign=issue,
        encipher_only=False,
        decipher_only=False,
    )
